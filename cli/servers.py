"""The whole service on one machine: databases where none are given, the API, workers and the scheduler."""

import http.client
import os
import socket
import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import cached_property, partial
from pathlib import Path
from types import TracebackType
from typing import Self

from cli.datadir import DataDir
from cli.embedded import HOST, free_port, mongodb, redis
from cli.given import check
from cli.here import announced
from cli.processes import Child, StartFailed
from cli.reviving import Reviver
from cli.supervisor import Supervisor
from common.settings import PREFIX, Settings, load
from storage.indexes import ensure
from wiring import Services

API_PORT = 8000
# Another program may take a free port between our look and the server's.
TRIES = 3
FIRST_KEY = "first-admin-key"


class PortTaken(StartFailed):
    """Somebody else listens where the API should."""


class Stack:
    """Everything, running, from `with` to its end; what dies meanwhile is started again.

    `environment` is what settings are read from, ours and our children's.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        *,
        host: str = HOST,
        port: int = API_PORT,
        workers: int = 2,
        say: Callable[[str], None] = lambda text: None,
    ) -> None:
        """`port` 0 is any free one; `say` is told, in a sentence each, what happens."""
        self.host = host
        self.port = port or free_port()
        self.workers = workers
        self._say = say
        self._environment = dict(environment)
        self._exits = ExitStack()
        # Where embedded servers turned out to be, keys that were made: what our children need to know beside their own.
        self._found: dict[str, str] = {}

    @property
    def base_url(self) -> str:
        """Where the API is."""
        shown = HOST if self.host == "0.0.0.0" else self.host  # noqa: S104  # a comparison, not a door
        return f"http://{shown}:{self.port}"

    @cached_property
    def settings(self) -> Settings:
        """The settings that all of it runs with, once it does."""
        return load({**self._environment, **self._found})

    @cached_property
    def services(self) -> Services:
        """Services of our own beside those of the API and the workers."""
        return Services(self.settings)

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException as error:
            self.__exit__(type(error), error, None)
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if kind is KeyboardInterrupt:  # at once: the end of all of it may take seconds
            self._say("Stopping …")
        self._exits.close()

    def admin_key(self) -> str | None:
        """A key that may do everything, made where there is no key at all yet; else None, since keys are not kept."""
        if self.services.keys.page("", 1):
            return None
        _, secret = self.services.keys.create("first", ["admin"], id=FIRST_KEY)
        return secret

    def wait(self) -> None:
        """Block until something would not stay up, and raise why; a signal's exception ends it too."""
        self.supervisor.wait()

    def _start(self) -> None:
        must_be_free(self.host, self.port)
        given = load(self._environment)
        directory = self._exits.enter_context(DataDir(Path(given.data_dir)))
        logs = directory.path / "logs"
        self.supervisor = self._exits.enter_context(Supervisor(logs, self._say, held=[directory.lock]))
        self._found = {f"{PREFIX}DATA_DIR": str(directory.path)}
        if not given.secret_keys:
            self._found[f"{PREFIX}SECRET_KEYS"] = directory.secret_key()
        if f"{PREFIX}PUBLIC_URL" not in self._environment:
            self._found[f"{PREFIX}PUBLIC_URL"] = self.base_url
        if not given.redis_url:
            port = self._start_server(partial(redis, directory.path / "redis"))
            self._found[f"{PREFIX}REDIS_URL"] = f"redis://{HOST}:{port}/0"
        if not given.mongodb_url:
            port = self._start_server(partial(mongodb, directory.path / "mongodb"))
            self._found[f"{PREFIX}MONGODB_URL"] = f"mongodb://{HOST}:{port}"
        self._exits.callback(self._let_go)
        self._run(given)

    def _run(self, given: Settings) -> None:
        """Start what is ours on the servers there are."""
        check(given, lambda: self.services.health, self._say)
        ensure(self.services.database)
        self.supervisor.start_all(self._own())
        self.supervisor.watch()
        self._exits.enter_context(announced(self.settings, own_key=not given.secret_keys))
        if not given.mongodb_url:
            lost, pids = self.services.health.mongodb_is_lost, self.supervisor.pids
            self._exits.enter_context(Reviver(lost, lambda: pids().get("mongodb"), self._say))

    def _start_server(self, child_at: Callable[[int], Child]) -> int:
        """Start an embedded server on a port that nobody uses; returns which.

        Never on a fixed one: of two that start at once, one would take the other's server for its own.
        """
        for tries_left in reversed(range(TRIES)):
            port = free_port()
            try:
                self.supervisor.start(child_at(port))
                break
            except StartFailed:
                if not tries_left:
                    raise
        return port

    def _own(self) -> list[Child]:
        """The API, the workers and the scheduler."""
        workers = [self._program(f"worker-{number}", "worker") for number in range(1, self.workers + 1)]
        api = Child(
            name="api",
            command=granian(self.host, self.port),
            environment=self._for_children,
            ready=partial(answers_http, self.host, self.port),
        )
        urgent = self._program("worker-urgent", "worker", "--urgent")
        return [api, *workers, urgent, self._program("scheduler", "scheduler")]

    def _program(self, name: str, *command: str) -> Child:
        return Child(
            name=name, command=[sys.executable, "-m", "cli.main", *command], environment=self._for_children, stage=2
        )

    @property
    def _for_children(self) -> dict[str, str]:
        """The settings our children run with: those that we were given and found, and nothing of our own process's."""
        ours = dict.fromkeys((name for name in os.environ if name.startswith(PREFIX)), "")
        given = {name: text for name, text in self._environment.items() if name.startswith(PREFIX)}
        return {**ours, **given, **self._found}

    def _let_go(self) -> None:
        if "services" in self.__dict__:
            self.services.close()


def granian(host: str, port: int, processes: int = 1, threads: int = 4) -> list[str]:
    """The command that serves the API."""
    return [
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--factory", "api.server:app_factory"),
        *("--host", host, "--port", str(port), "--workers", str(processes), "--blocking-threads", str(threads)),
        *("--no-ws", "--http", "1", "--log-level", "warning", "--workers-kill-timeout", "8"),
    ]


def must_be_free(host: str, port: int) -> None:
    """Raise PortTaken where the API could not listen."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortTaken(
                f"Port {port} on {host} cannot be had ({os.strerror(error.errno or 0)}). "
                f"Stop what listens there (`ss -ltnp 'sport = :{port}'` tells what), or choose another port: "
                f"`encore up --port {port + 1}`."
            ) from None


def answers_http(host: str, port: int) -> bool:
    """Whether an API there says that it is up."""
    connection = http.client.HTTPConnection(HOST if host == "0.0.0.0" else host, port, timeout=2)  # noqa: S104
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
