"""A fleet of real workers and a scheduler, each a process, against a provider of its own process; to be killed."""

import json
import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from campaigns.campaign import Campaign
from campaigns.run import Run, RunState
from cli.processes import Child, Process
from cli.supervisor import Supervisor
from common.settings import PREFIX, Settings
from content.templates import Template
from customers.consent import Consent
from customers.customer import Customer
from segments.segment import Segment
from tests.support.processes import eventually
from tests.support.sandbox import ProviderSandbox
from wiring import Services

# Leases, deadlines and waits of seconds, so that a crash costs seconds.
HASTE: dict[str, Any] = {
    "claim_lease": 2.0,
    "http_timeout": 3.0,
    "uncertain_grace": 0.5,
    "sweep_every": 0.5,
    "ring_again_after": 1.0,
}


def environment_of(settings: Settings) -> dict[str, str]:
    """The environment that gives a process these settings."""
    own = {
        PREFIX + field.name.upper(): str(getattr(settings, field.name))
        for field in msgspec.structs.fields(Settings)
        if field.name != "environment"
    }
    return {**settings.environment, **own}


class Fleet:
    """Workers and a scheduler; a worker that is killed is followed by another."""

    def __init__(self, supervisor: Supervisor, environment: Mapping[str, str]) -> None:
        self._supervisor = supervisor
        self._environment = environment
        self._numbers = count(1)
        self.workers: list[Process] = []

    def man(self, workers: int) -> None:
        """See that so many workers run."""
        self.workers = [worker for worker in self.workers if worker.status is None]
        while len(self.workers) < workers:
            self.workers.append(self.start("worker", "main"))

    def start(self, name: str, function: str) -> Process:
        """Start a process that runs a function of worker.py."""
        child = Child(
            name=f"{name}-{next(self._numbers)}",
            command=[sys.executable, "-c", f"import worker; worker.{function}()"],
            environment=self._environment,
            stop_within=0,
        )
        return self._supervisor.start(child)

    def in_requests(self, url: str) -> list[Process]:
        """The workers that have a connection to this address."""
        port = urlsplit(url).port
        assert port is not None
        sockets = _sockets_to(port)
        return [worker for worker in self.workers if worker.status is None and sockets & _sockets_of(worker.pid)]

    def kill(self, victim: Process) -> float:
        """kill -9 a worker; when."""
        at = time.time()
        os.kill(victim.pid, signal.SIGKILL)
        eventually(lambda: victim.status is not None)
        return at

    def complaints(self) -> str:
        """What the processes logged, for the report of a test that fails."""
        return "\n".join(
            line for log in sorted(self._supervisor.log_of("x").parent.glob("*.log")) for line in _errors(log)
        )


def _sockets_to(port: int) -> set[str]:
    """The inodes of this machine's established connections to a port of its own."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return {row[9] for row in rows if int(row[2].partition(":")[2], 16) == port and row[3] == "01"}


def _sockets_of(pid: int) -> set[str]:
    """The inodes of a process's sockets; none where it is gone."""
    try:
        links = [os.readlink(place) for place in Path(f"/proc/{pid}/fd").iterdir()]
    except OSError:
        return set()
    return {link[8:-1] for link in links if link.startswith("socket:[")}


def _errors(log: Path) -> Iterator[str]:
    for line in log.read_text(errors="replace").splitlines():
        if "rror" in line:
            yield f"{log.stem}: {line[:300]}"


@contextmanager
def fleet(directory: Path, settings: Settings) -> Iterator[Fleet]:
    """A scheduler, and whatever is started beside it, until the end of the block."""
    with Supervisor(directory) as supervisor:
        crew = Fleet(supervisor, environment_of(settings))
        crew.start("scheduler", "scheduler_main")
        yield crew


def launched(services: Services, messages: int, channel: str = "email") -> Run:
    """Launch a campaign to so many people, really; returns its run, which nobody has planned yet."""
    word = Consent(state="granted", at=services.clock.now(), source="import")
    for start in range(0, messages, 500):
        services.customers.upsert(
            [
                Customer(
                    id=f"c{number:05}",
                    first_name=f"Person {number}",
                    addresses={channel: [f"c{number:05}@example.com"]},
                    consents={channel: {"marketing": word}},
                )
                for number in range(start, min(start + 500, messages))
            ]
        )
    parts = {"text": "Hello {{ first_name }}"}
    if channel == "email":
        parts |= {"subject": "We miss you, {{ first_name }}", "html": "<p>Hello</p>"}
    services.templates.put(Template(id="hello", name="Hello", content={channel: {"en": parts}}))
    services.segments.add(Segment(id="all", name="Everybody", rules={"rule": "everyone"}))
    shop = services.shops
    shop.put(msgspec.structs.replace(shop.get(), postal_address="1 Test Street"))
    services.campaigns.save(Campaign(id="launch", name="Hello", template="hello", segment="all"))
    services.launcher.launch("launch")
    [run] = services.runs.of_campaigns(["launch"])
    return run


def is_planned(services: Services, run: str) -> bool:
    """Whether planning is over."""
    return services.runs.get(run).state is not RunState.PLANNING


class Oracle:
    """What the provider noted, read from its file as it grows, so that asking does not slow it down."""

    def __init__(self, sandbox: ProviderSandbox) -> None:
        self._path = sandbox.log
        self._read = 0
        self._lines: list[dict[str, Any]] = []

    def lines(self, type: str = "") -> list[dict[str, Any]]:
        """The lines that are whole, without the bodies, of one type or of all."""
        with self._path.open("rb") as file:
            file.seek(self._read)
            text = file.read()
        whole = text[: text.rfind(b"\n") + 1]
        self._read += len(whole)
        for line in map(json.loads, whole.splitlines()):
            self._lines.append({name: value for name, value in line.items() if name not in ("body", "text", "html")})
        return [line for line in self._lines if not type or line["type"] == type]

    def open_requests(self) -> list[dict[str, Any]]:
        """Requests that came in and are not answered yet."""
        lines = self.lines()
        closed = {line["request"] for line in lines if line["type"] == "close"}
        return [line for line in lines if line["type"] == "open" and line["request"] not in closed]

    def open_at(self, instant: float) -> set[str]:
        """The messages that were in a request open at an instant."""
        lines = self.lines()
        closed = {line["request"]: line["at"] for line in lines if line["type"] == "close"}
        return {
            message
            for line in lines
            if line["type"] == "open" and line["at"] <= instant <= closed.get(line["request"], instant)
            for message in line["messages"]
        }
