"""A database and API processes of a test's own, to be killed, and callers at them who ask until they are answered."""

import http.client
import json
import os
import random
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import msgspec

from cli.embedded import HOST, free_port, mongodb
from cli.processes import Child, Process
from cli.servers import answers_http, granian
from cli.supervisor import Supervisor
from common.clock import SystemClock
from common.settings import Settings
from storage.indexes import ensure
from tests.api.cuttable import Relay
from tests.support.fleet import environment_of
from tests.support.servers import ENGINE, engine_child, engine_url
from wiring import Services

PATIENCE = 120.0


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a caller was told in the end, when, and after how long; the tries before it that got no answer."""

    status: int
    body: Any
    at: float
    seconds: float
    tries: int


class KilledDatabase:
    """A MongoDB that can be killed with -9 and comes up again on the same data, behind one address."""

    def __init__(self, supervisor: Supervisor, directory: Path) -> None:
        self._supervisor = supervisor
        self._directory = directory
        self._numbers = iter(range(1_000))
        self._process = self._start()
        self.relay = Relay(self._target)

    @property
    def url(self) -> str:
        """Where it is, whatever happens to it."""
        return f"mongodb://{HOST}:{self.relay.port}/?directConnection=true"

    def kill(self) -> None:
        """kill -9, and start it again."""
        self._process.kill_group()
        self._process.end(5)
        self._process = self._start()
        self.relay.target = self._target

    def _start(self) -> Process:
        number = next(self._numbers)
        if os.environ.get(ENGINE) != "engine":
            port = free_port()
            self._target: tuple[str, int] | str = (HOST, port)
            return self._supervisor.start(_named(mongodb(self._directory, port, cache="256M"), f"mongodb-{number}"))
        output = self._supervisor.log_of(f"engine-{number}")
        process = self._supervisor.start(_named(engine_child(output, self._directory), output.stem))
        address = engine_url(output).removeprefix("mongodb://").partition("/")[0]
        host, _, port_text = address.partition(":")
        self._target = unquote(address) if address.startswith("%2F") else (host, int(port_text))
        return process


class Tills:
    """API processes on ports of their own."""

    def __init__(self, supervisor: Supervisor, settings: Settings, count: int, key: str) -> None:
        self._supervisor = supervisor
        self._environment = {**environment_of(settings), "ENCORE_RATE_LIMIT": "100000000 per minute"}
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        self._ports = [free_port() for _ in range(count)]
        self._numbers = iter(range(1_000))
        self._own = threading.local()
        self._connections: list[http.client.HTTPConnection] = []
        self._processes = [self._start(port) for port in self._ports]
        self.killed_at: list[float] = []

    def kill(self, chance: random.Random) -> None:
        """kill -9 one of them, and start it again."""
        which = chance.randrange(len(self._ports))
        self.killed_at.append(time.monotonic())
        self._processes[which].kill_group()
        self._processes[which].end(5)
        self._processes[which] = self._start(self._ports[which])

    def post(self, path: str, body: Any = None, key: str = "") -> Answer:
        """Post until there is an answer that is none of "not now": a cut connection, 503, or 409 "in_progress"."""
        data = b"" if body is None else json.dumps(body).encode()
        return self.send(path, data, {**self._headers, "Idempotency-Key": key} if key else self._headers)

    def send(self, path: str, data: bytes, headers: dict[str, str]) -> Answer:
        """The same with a body and headers as they are."""
        begun = time.monotonic()
        tries = 0
        while time.monotonic() - begun < PATIENCE:
            tries += 1
            try:
                status, told = self._asked(path, data, headers)
            except (OSError, http.client.HTTPException, ValueError):
                self._own.connection.close()
                self._own.connection = None
                time.sleep(0.05)
                continue
            if status == 503 or (status == 409 and told.get("reason") in ("in_progress", "busy")):
                time.sleep(0.1)
                continue
            now = time.monotonic()
            return Answer(status=status, body=told, at=now, seconds=now - begun, tries=tries)
        raise AssertionError(f"Nobody answered {path} for {PATIENCE} s.")

    def close(self) -> None:
        """Let go of all connections."""
        for connection in self._connections:
            connection.close()

    def _asked(self, path: str, data: bytes, headers: dict[str, str]) -> tuple[int, Any]:
        connection = getattr(self._own, "connection", None)
        if connection is None:
            port = random.choice(self._ports)
            connection = self._own.connection = http.client.HTTPConnection(HOST, port, timeout=20)
            self._connections.append(connection)
        connection.request("POST", path, data, headers)
        answer = connection.getresponse()
        told = answer.read()
        return answer.status, json.loads(told) if told else {}

    def _start(self, port: int) -> Process:
        child = Child(
            name=f"api-{next(self._numbers)}",
            command=granian(HOST, port, threads=8),
            environment=self._environment,
            ready=lambda: answers_http(HOST, port),
            ready_within=60,
            stop_within=0,
        )
        return self._supervisor.start(child)


class Scene(msgspec.Struct, kw_only=True):
    """The tills, the database that they are on, and services beside them."""

    tills: Tills
    database: KilledDatabase
    services: Services


@contextmanager
def scene(directory: Path, settings: Settings, count: int) -> Iterator[Scene]:
    """So many tills on a database of their own, until the end of the block."""
    with Supervisor(directory / "logs") as supervisor:
        database = KilledDatabase(supervisor, directory / "data")
        own = msgspec.structs.replace(settings, mongodb_url=database.url, claim_lease=2.0)
        services = Services(own, SystemClock())
        try:
            ensure(services.database)
            _, key = services.keys.create("tills", ["checkout"])
            with closing(Tills(supervisor, own, count, key)) as tills:
                yield Scene(tills=tills, database=database, services=services)
        finally:
            services.close()
            database.relay.close()


def all_at_once(work: Sequence[Callable[[], None]], callers: int = 64) -> Counter[str]:
    """Do all of it, so many at a time; what went wrong, in words, and how often."""
    left, wrong = deque(work), Counter[str]()

    def call() -> None:
        while left:
            try:
                piece = left.popleft()
            except IndexError:
                return
            try:
                piece()
            except Exception as error:  # noqa: BLE001  # the test tells it
                wrong[f"{type(error).__name__}: {error}"] += 1

    threads = [threading.Thread(target=call) for _ in range(min(callers, len(work)))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return wrong


def _named(child: Child, name: str) -> Child:
    return msgspec.structs.replace(child, name=name, stop_within=0, ready_within=120)
