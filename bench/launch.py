"""Launch -> accepted by a provider that only counts: a fully personal e-mail with a voucher to each customer.

Beside it, in the same run, a bare loop over the same customers that sends the very same requests: cursor -> Jinja2 ->
insert -> POST. It has no gate, no claims, no attempts written ahead, and nothing it could go on from after a crash.
"""

import http.client
import os
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from itertools import islice
from pathlib import Path
from urllib.parse import urlsplit

import click
import jinja2
import orjson

import worker
from bench._ground import ground, pick_engine
from bench._meter import Cost, measured, table
from bench._profile import Kinds, profiled
from bench._provider import Sink, sink
from bench._shop import HTML, SUBJECT, open_shop
from common.ids import derive
from storage.mongo import Document
from storage.rq_worker import EncoreWorker
from wiring import Services

SIZES = {"engine": 10_000, "embedded": 1_000}
KINDS: Kinds = {
    "gathering values and writing letters, in Python": [
        ("campaigns/builder.py", "_write"),
    ],
    "database: BSON, and waiting for it": [("pymongo/synchronous/mongo_client.py", "_retry_internal")],
    "finding what letters have in common": [
        ("channels/_skeleton.py", "size"),
        ("channels/_skeleton.py", "extract"),
    ],
    "encoding requests as JSON": [("json/__init__.py", "dumps")],
    "HTTP: sending, and waiting for the answer": [("urllib/request.py", "open")],
    "documents to values and back": [
        ("storage/mongo.py", "to_document"),
        ("storage/mongo.py", "from_document"),
        ("storage/mongo.py", "from_documents"),
    ],
}


@click.command()
@click.option("--messages", type=click.IntRange(1), help="How many; 10,000 on a real engine, else 1,000.")
@click.option("--batch", default=500, show_default=True, type=click.IntRange(1, 1_000), help="Messages in a request.")
@click.option("--profile", is_flag=True, help="Show where the time goes, instead of how much it is.")
def command(messages: int | None, batch: int, profile: bool) -> None:
    """A campaign, from launch to accepted by the provider."""
    engine = pick_engine()
    count = messages or SIZES[engine]
    with ExitStack() as exits:
        provider = exits.enter_context(sink(Path(exits.enter_context(tempfile.TemporaryDirectory()))))
        settings = {"sendgrid_api_key": "SG.bench", "sendgrid_url": provider.url, "batch_size": str(batch)}
        services = exits.enter_context(ground(**settings))
        campaign = open_shop(services, count)
        os.environ.update(services.settings.environment)  # what worker.py reads
        exits.callback(worker.services().close)
        work = partial(_launch, services, campaign)
        if profile:
            profiled(work, KINDS)
        else:
            _compare(services, provider, engine, count, measured(work, without=[provider.pid]))
        _check(services, campaign, count)


def _launch(services: Services, campaign: str) -> None:
    """Launch, then be the one worker until there is nothing left to do."""
    services.launcher.launch(campaign)
    EncoreWorker(services.redis, services.settings, threading.Event()).work(burst=True, logging_level="WARNING")


def _check(services: Services, campaign: str, count: int) -> None:
    report = services.reporter.report(services.campaigns.get(campaign), "EUR")
    if report.sent != {"email": count}:
        raise click.ClickException(f"Not all were accepted, so the figures mean nothing: {report.states}")


def _compare(services: Services, provider: Sink, engine: str, count: int, ours: Cost) -> None:
    bodies = provider.bodies()
    requests = [orjson.loads(body) for body in bodies]
    bare = measured(partial(_bare, services, provider.url, requests), without=[provider.pid])
    table(
        f"launch: {count:,} personal e-mails with a voucher each, on {engine}",
        [
            ("messages a second", f"{count / ours.wall:,.0f}   (bare loop: {count / bare.wall:,.0f})"),
            ("CPU s of the app per 10,000", f"{_each(ours.app, count)}   (bare loop: {_each(bare.app, count)})"),
            ("CPU s of MongoDB and Redis per 10,000", f"{_each(ours.servers, count)}   ({_each(bare.servers, count)})"),
            ("provider calls", f"{len(bodies):,}, {sum(map(len, bodies)) / count:,.0f} bytes a message"),
            ("ratio to the bare loop, wall", f"{ours.wall / bare.wall:.2f}"),
            ("ratio to the bare loop, CPU of app and servers", f"{_cpu(ours) / _cpu(bare):.2f}"),
        ],
    )


def _each(seconds: float, count: int) -> str:
    return f"{seconds * 10_000 / count:.2f}"


def _cpu(cost: Cost) -> float:
    return cost.app + cost.servers


def _bare(services: Services, url: str, requests: Sequence[Document]) -> None:
    """The least that could send the same requests."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc)
    words = jinja2.Environment(autoescape=True)
    subject, html = words.from_string(SUBJECT), words.from_string(HTML)
    people = _people(services)
    for request in requests:
        letters = []
        for person in islice(people, len(request["personalizations"])):
            code = derive("bare", person["_id"])[:10]
            values = _values(person, code)
            letter = {"subject": subject.render(values), "html": html.render(values)}
            letters.append({"_id": derive(person["_id"]), "customer": person["_id"], "code": code, "letter": letter})
        services.database["bare"].insert_many(letters, ordered=False)
        connection.request("POST", "/v3/mail/send", orjson.dumps(request))
        connection.getresponse().read()
    connection.close()


def _people(services: Services) -> Iterator[Document]:
    """Customers, each with the latest order, in one cursor."""
    join = {"from": "orders", "localField": "_id", "foreignField": "customer_id", "as": "orders"}
    return iter(services.database["customers"].aggregate([{"$sort": {"_id": 1}}, {"$lookup": join}]))


def _values(person: Document, code: str) -> Document:
    order = person["orders"][0]
    return {
        "first_name": person["first_name"],
        "profile": {"days_since": 60},
        "last_order": {
            "products": [f"Record number {line['product_id'][1:]}" for line in order["lines"]],
            "packed_by": order["packed_by"],
        },
        "offer": {"summary": "20% off"},
        "voucher": {"code": code},
        "shop": {"url": "https://shop.test"},
    }
