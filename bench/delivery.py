"""Launch -> accepted by a provider that only counts: a fully personal e-mail with a voucher to each customer.

Beside it, in the same run, a bare loop over the same customers that sends the very same requests: cursor -> Jinja2 ->
insert -> POST. It has no gate, no claims, no attempts written ahead, and nothing it could go on from after a crash.
"""

import http.client
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from itertools import islice
from pathlib import Path
from urllib.parse import urlsplit

import click
import jinja2
import msgspec
import orjson

from bench._ground import ground, pick_engine
from bench._meter import cpu_of, measured, table
from bench._provider import REPOSITORY, Sink, sink
from bench._sender import Report
from bench._shop import HTML, SUBJECT, open_shop
from bench._urgent import compare_waits
from common.ids import derive
from storage.mongo import Document
from tests.support.fleet import environment_of
from wiring import Services

SIZES = {"engine": 10_000, "embedded": 1_000}


@click.command()
@click.option("--messages", type=click.IntRange(1), help="How many; 10,000 on a real engine, else 1,000.")
@click.option("--batch", default=500, show_default=True, type=click.IntRange(1, 1_000), help="Messages in a request.")
@click.option("--waits", default=0, type=click.IntRange(0), help="Instead: so many single messages beside a launch.")
def command(messages: int | None, batch: int, waits: int) -> None:
    """A campaign, from launch to accepted by the provider: speed, where the time goes, memory."""
    engine = pick_engine()
    count = messages or SIZES[engine]
    with ExitStack() as exits:
        provider = exits.enter_context(sink(Path(exits.enter_context(tempfile.TemporaryDirectory()))))
        settings = {"sendgrid_api_key": "SG.bench", "sendgrid_url": provider.url, "batch_size": str(batch)}
        services = exits.enter_context(ground(**settings))
        campaign = open_shop(services, count)
        if waits:
            compare_waits(services, campaign, count, waits)
            return
        redis, others = int(services.redis.info()["process_id"]), [provider.pid]
        before, reports = cpu_of(redis), list[Report]()
        cost = measured(lambda: reports.append(_launch(services, campaign, others)), without=others)
        _check(services, campaign, count)
        _tell(count, reports[0], cost.servers, cpu_of(redis) - before)
        _compare(services, provider, engine, count, reports[0], cost.servers)


def _launch(services: Services, campaign: str, others: list[int]) -> Report:
    """Launch, and have one worker do it all; `others` learns which process that is."""
    services.launcher.launch(campaign)
    command = [sys.executable, "-m", "bench._sender"]
    environment = environment_of(services.settings)
    with subprocess.Popen(command, cwd=REPOSITORY, env=environment, stdout=subprocess.PIPE) as process:
        others.append(process.pid)
        said, _ = process.communicate()
    return msgspec.json.decode(said, type=Report)


def _check(services: Services, campaign: str, count: int) -> None:
    report = services.reporter.report(services.campaigns.get(campaign), "EUR")
    if report.sent != {"email": count}:
        raise click.ClickException(f"Not all were accepted, so the figures mean nothing: {report.states}")


def _compare(services: Services, provider: Sink, engine: str, count: int, ours: Report, servers: float) -> None:
    bodies = provider.bodies()
    requests = [orjson.loads(body) for body in bodies]
    bare = measured(partial(_bare, services, provider.url, requests), without=[provider.pid])
    whole, least = ours.cpu + servers, bare.app + bare.servers
    table(
        f"delivery: {count:,} personal e-mails with a voucher each, on {engine}",
        [
            ("messages a second", f"{count / ours.wall:,.0f}   (bare loop: {count / bare.wall:,.0f})"),
            ("messages a CPU second of the app", f"{count / ours.cpu:,.0f}   ({count / bare.app:,.0f})"),
            ("messages a CPU second, servers included", f"{count / whole:,.0f}   ({count / least:,.0f})"),
            ("CPU s of the app per 10,000", f"{_each(ours.cpu, count)}   ({_each(bare.app, count)})"),
            (
                "CPU s of MongoDB and Redis per 10,000",
                f"{_each(servers, count)}   ({_each(bare.servers, count)})",
            ),
            ("provider calls", f"{len(bodies):,}, {sum(map(len, bodies)) / count:,.0f} bytes a message"),
            ("ratio to the bare loop, wall", f"{ours.wall / bare.wall:.2f}"),
            ("ratio to the bare loop, CPU of app and servers", f"{whole / least:.2f}"),
        ],
    )


def _tell(count: int, ours: Report, servers: float, redis: float) -> None:
    """Where the worker's time and the stores' went, and the worker's memory."""
    whole = ours.cpu + servers
    named = {kind: seconds for kind, seconds in ours.shares.items() if kind}
    rest = ours.cpu - sum(named.values())
    stores = {"MongoDB itself": servers - redis, "Redis itself": redis, "everything else, in Python": rest}
    shares = sorted((named | stores).items(), key=lambda one: -one[1])
    table(
        "where the CPU time goes, per 10,000 messages",
        [(kind, f"{_each(seconds, count)} s  {seconds / whole:4.0%}") for kind, seconds in shares],
    )
    table(
        "the worker's memory",
        [("before, MB", f"{ours.before:,.0f}"), ("more at its peak, MB", f"{ours.grown:,.0f}")],
    )


def _each(seconds: float, count: int) -> str:
    return f"{seconds * 10_000 / count:.2f}"


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
    stages = [{"$sort": {"_id": 1}}, {"$lookup": join}]
    return iter(services.database["customers"].aggregate(stages, batchSize=1_000))


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
