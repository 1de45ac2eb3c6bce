"""A template -> letters, and a campaign -> messages with their vouchers: each beside the least that could do it.

Letters: subject, HTML and text part of a win-back with a voucher and products, links signed. Beside it bare Jinja2,
compiled from the very same text, which checks nothing, bounds nothing and signs nothing. Messages: planned, with a code
for each, as a launch does it. Beside it the inserts of the very same documents into collections with the same indexes.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import click
import jinja2

from bench._ground import ground, pick_engine
from bench._meter import Cost, measured, table
from bench._shop import open_shop
from common.links import Links
from common.memory import look_for_rings_seldom
from content import email
from content.letters import letters_of
from content.vocabulary import sample
from storage.mongo import Document
from wiring import Services

SIZES = {"engine": 100_000, "embedded": 2_000}
ROUNDS = 5
PARTS = {
    "subject": "We miss you, {{ first_name }}",
    "preheader": "{{ offer.summary }}, and a code that is only yours.",
    "html": """\
<h1>We miss you, {{ first_name }}.</h1>
<p>It has been {{ profile.days_since }} days since {{ last_order.packed_by }} packed your last parcel:</p>
<ul>{% for line in last_order.lines %}<li>{{ line.quantity }} x {{ line.name }}</li>{% endfor %}</ul>
<p>New records have come in since, and these we would play to you first:</p>
<ul>{% for product in recommendations %}<li><a href="{{ product.link }}">{{ product.name }}</a></li>{% endfor %}</ul>
<p>So here is <strong>{{ offer.summary }}</strong>, with a code that belongs to you and nobody else:</p>
<p class="code">{{ voucher.code }}</p>
<p><a class="button" href="{{ shop.url }}">See what is new</a></p>
""",
}


@click.command()
@click.option("--letters", default=20_000, show_default=True, type=click.IntRange(100), help="How many are written.")
@click.option("--messages", type=click.IntRange(1), help="How many are planned; 100,000 on a real engine, else 2,000.")
def command(letters: int, messages: int | None) -> None:
    """Letters from a template, and messages with vouchers from a campaign."""
    look_for_rings_seldom()  # as a worker does
    _letters(letters)
    engine = pick_engine()
    with ground() as services:
        _planning(services, engine, messages or SIZES[engine])


def _letters(count: int) -> None:
    links = Links(["a key to sign with"], "https://shop.test")
    people = [_values(number, links) for number in range(1_000)]
    ours, bare = partial(_ours, people, links), _bare(people)
    ours(1_000)
    bare(1_000)
    seconds: dict[str, list[float]] = {"ours": [], "bare": []}
    for _ in range(ROUNDS):  # in turn: what else the machine does hits both
        for name, work in (("ours", ours), ("bare", bare)):
            begun = time.process_time()
            work(count // ROUNDS)
            seconds[name].append(time.process_time() - begun)
    best = {name: min(taken) / (count // ROUNDS) for name, taken in seconds.items()}
    table(
        f"letters: {count:,}, three paragraphs with a voucher and products, links signed",
        [
            ("letters a core second", f"{1 / best['ours']:,.0f}   (bare Jinja2: {1 / best['bare']:,.0f})"),
            ("ratio to bare Jinja2", f"{best['bare'] / best['ours']:.2f}"),
        ],
    )


def _values(number: int, links: Links) -> dict[str, Any]:
    ways = {page: links.url(page, f"m{number}") for page in ("unsubscribe", "preferences", "why", "open")}
    return {**sample("en"), "first_name": f"Ana {number}", "voucher": {"code": f"ANA-{number:05}"}, "links": ways}


def _ours(people: Sequence[dict[str, Any]], links: Links, count: int) -> None:
    letters = letters_of(PARTS, "email", "en", "marketing")
    for number in range(count):
        letters.write(people[number % len(people)], partial(_tracked, links, f"m{number}"))


def _tracked(links: Links, message: str, address: str) -> str:
    return address if address.startswith(links.public_url) else links.url("click", [message, address])


def _bare(people: Sequence[dict[str, Any]]) -> Callable[[int], None]:
    """The same three texts, whole, in plain Jinja2."""
    sources = email.written_out(PARTS, "en", "marketing")
    templates = []
    for name, source in sources.items():
        environment = jinja2.Environment(autoescape=name == "html")
        environment.filters |= {"ink": lambda _: "#ffffff", "money": lambda price: f"€{price.amount / 100:.2f}"}
        templates.append(environment.from_string(source))

    def render(count: int) -> None:
        for number in range(count):
            for template in templates:
                template.render(people[number % len(people)])

    return render


def _planning(services: Services, engine: str, count: int) -> None:
    campaign = open_shop(services, count)
    services.launcher.launch(campaign)
    [run] = services.database["runs"].find({}, {"_id": 1})
    ours = measured(partial(_plan, services, run["_id"], campaign))
    kept = {name: list(services.database[name].find()) for name in ("messages", "batches", "vouchers")}
    if len(kept["messages"]) != count or len(kept["vouchers"]) != count:
        raise click.ClickException("Not all were planned, so the figures mean nothing.")
    bare = measured(partial(_insert, services, _copied(services, kept)))
    table(
        f"planning: {count:,} messages with a voucher each, on {engine}",
        [
            ("messages a second", f"{count / ours.wall:,.0f}   (bare inserts: {count / bare.wall:,.0f})"),
            ("CPU s of the app per 10,000", f"{_each(ours.app, count)}   (bare inserts: {_each(bare.app, count)})"),
            ("CPU s of the servers per 10,000", f"{_each(ours.servers, count)}   ({_each(bare.servers, count)})"),
            ("ratio to bare inserts, wall", f"{bare.wall / ours.wall:.2f}"),
            ("ratio to bare inserts, CPU", f"{_cpu(bare) / _cpu(ours):.2f}"),
        ],
    )


def _plan(services: Services, run: str, campaign: str) -> None:
    services.planner.plan(run)
    offer = services.campaigns.get(campaign).offer
    for some in _chunks(list(services.database["messages"].find({}, {"customer": 1})), 500):
        services.vouchers.mint(offer, {one["_id"]: one["customer"] for one in some}, campaign)


def _copied(services: Services, kept: dict[str, list[Document]]) -> dict[str, list[Document]]:
    """Empty collections with the same indexes, and what is to stand in each."""
    for name in kept:
        for index in services.database[name].list_indexes():
            if index["name"] != "_id_":
                more = {key: index[key] for key in ("unique", "sparse", "partialFilterExpression") if key in index}
                services.database[f"bare_{name}"].create_index(list(index["key"].items()), **more)
    return {f"bare_{name}": documents for name, documents in kept.items()}


def _insert(services: Services, kept: dict[str, list[Document]]) -> None:
    for name, documents in kept.items():
        for some in _chunks(documents, 500):
            services.database[name].insert_many(some, ordered=False)


def _chunks(documents: list[Document], size: int) -> Iterator[list[Document]]:
    for start in range(0, len(documents), size):
        yield documents[start : start + size]


def _each(seconds: float, count: int) -> str:
    return f"{seconds * 10_000 / count:.2f}"


def _cpu(cost: Cost) -> float:
    return cost.app + cost.servers
