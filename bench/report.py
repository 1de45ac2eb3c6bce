"""A campaign's report: read as it is kept, and how long the count takes that makes it ready.

The campaign's messages are written as documents, as delivery leaves them: of ten one is held out, three have been
opened (one of these by a machine), one clicked; one in ten bought within the window, one in twenty before.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from time import perf_counter
from typing import Any

import click
from flask.testing import FlaskClient

from api.app import create_app
from bench._ground import ground, pick_engine
from bench._meter import measured, table
from campaigns.campaign import Campaign, CampaignState
from campaigns.experiments.variants import Variant
from common.ids import derive
from customers.learning import BY_MACHINE
from storage.mongo import Document, to_document
from wiring import Services

SIZES = {"engine": 20_000, "embedded": 2_000}
BULK = 2_000
READS = 30
# Of more than so many the report is kept.
FEW = 10
ID = "spring"
PLACE = f"/v1/campaigns/{ID}/report"


@click.command()
@click.option("--messages", type=click.IntRange(FEW + 1), help="How many; 20,000 on a real engine, else 2,000.")
def command(messages: int | None) -> None:
    """A campaign's report, kept ready and counted anew."""
    engine = pick_engine()
    size = messages or SIZES[engine]
    with ground(report_kept_above=str(FEW)) as services:
        _fill(services, size)
        web = create_app(services).test_client()
        web.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {services.keys.create('bench', ['admin'])[1]}"
        count = measured(services.keeping.keep)
        times: list[float] = []
        reads = measured(lambda: times.extend(_timed(lambda: _read(web)) for _ in range(READS)))
        times.sort()
        kept, fresh = _read(web), _read(web, "?fresh=true")
        _same(kept, fresh)
    table(
        f"report: {size:,} messages, on {engine}",
        [
            ("read as it is kept", f"{times[READS // 2] * 1e3:8.1f} ms, {times[-1] * 1e3:.1f} ms at most of {READS}"),
            ("  CPU of the API and MongoDB", f"{(reads.app + reads.servers) / READS * 1e3:8.1f} ms"),
            ("counted, campaign and shop", f"{count.wall:8.1f} s"),
            ("  CPU of the worker", f"{count.app / size * 1e6:8.1f} µs a message"),
            ("  CPU of MongoDB", f"{count.servers / size * 1e6:8.1f} µs a message"),
        ],
    )


def _read(web: FlaskClient, query: str = "") -> dict[str, Any]:
    answer = web.get(PLACE + query)
    if answer.status_code != 200:
        raise click.ClickException(answer.get_data(as_text=True))
    told: dict[str, Any] = answer.get_json()
    return told


def _same(kept: dict[str, Any], fresh: dict[str, Any]) -> None:
    """What is kept is what a recount says, but for the instant."""
    if {**kept, "as_of": ""} != {**fresh, "as_of": ""} or not kept["total"]["orders"]:
        raise click.ClickException("What is kept is not what a recount says, so the figures mean nothing.")


def _timed(work: Callable[[], object]) -> float:
    began = perf_counter()
    work()
    return perf_counter() - began


def _fill(services: Services, size: int) -> None:
    """A campaign of two variants that began ten days ago, its messages, what was done with them, and orders."""
    now = services.clock.now()
    tried = [Variant(id="a", share=50), Variant(id="b", share=50)]
    campaign = Campaign(
        id=ID, name="Spring", segment="all", template="t", holdout_percent=10, variants=tried, updated_at=now,
        state=CampaignState.RUNNING, created_at=now,
    )  # fmt: skip
    services.database["campaigns"].insert_one({**to_document(campaign), "state": campaign.state.value})
    for start in range(0, size, BULK):
        numbers = range(start, min(start + BULK, size))
        for name, documents in _documents(numbers, services):
            if documents:
                services.database[name].insert_many(documents, ordered=False)


def _documents(numbers: Sequence[int], services: Services) -> Iterator[tuple[str, list[Document]]]:
    at = services.clock.now() - timedelta(days=10)
    ids = {number: derive("bench", str(number)) for number in numbers}
    yield "messages", [_message(number, ids[number], at) for number in numbers]
    facts = [
        {
            "_id": f"f{number}", "type": "clicked" if number % 10 == 1 else "opened", "at": at + timedelta(hours=2),
            "campaign": ID, "message": ids[number], "customer": f"c{number}", "channel": "email",
            **({"detail": BY_MACHINE} if number % 10 == 2 else {}),
        }
        for number in numbers
        if number % 10 in (1, 2, 3)
    ]  # fmt: skip
    yield "facts", facts
    orders = [
        {
            "_id": f"o{number}", "customer_id": f"c{number}", "currency": "EUR", "total": 1_000 + number % 7_000,
            "placed_at": at + timedelta(days=2 if number % 20 < 2 else -2), "state": "placed",
        }
        for number in numbers
        if number % 20 < 3
    ]  # fmt: skip
    yield "orders", orders


def _message(number: int, id_: str, at: Any) -> Document:
    one = {
        "_id": id_, "campaign": ID, "run": "r", "customer": f"c{number}", "planned_at": at, "step": 0,
        "variant": "ab"[number % 2], "purpose": "marketing", "reason": "",
    }  # fmt: skip
    if number % 10 == 0:
        return {**one, "state": "held_out"}
    carried = {"provider": "outbox", "channel": "email", "token": "t", "outcome": "accepted"}
    return {**one, "state": "accepted", "channel": "email", "handed_at": at, "attempts": [carried]}
