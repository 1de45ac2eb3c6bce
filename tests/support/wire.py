"""A wire to the database that is cut at any single command: an outage as a process meets it that dies there."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import unquote

from pymongo import MongoClient
from pymongo.errors import PyMongoError
from pymongo.monitoring import CommandListener, CommandStartedEvent

from common.clock import Clock
from common.settings import Settings
from storage.mongo import Mongo
from storage.outages import as_unavailable
from tests.api.cuttable import Relay
from wiring import Services


class Wire(CommandListener):
    """Names a client's commands, and cuts the wire as one is about to be sent, or `after` one has been answered."""

    def __init__(self, settings: Settings) -> None:
        address = settings.mongodb_url.removeprefix("mongodb://").partition("/")[0]
        host, _, port = address.partition(":")
        self.relay = Relay(unquote(address) if address.startswith("%2F") else (host, int(port)))
        self.names: list[str] = []
        self.cut_at: int | None = None
        self.after = False
        self._settings = settings
        self._ended = 0
        self._client: MongoClient[dict[str, Any]] = MongoClient(
            f"mongodb://127.0.0.1:{self.relay.port}/?directConnection=true",
            tz_aware=True,
            retryWrites=False,
            retryReads=False,
            serverSelectionTimeoutMS=200,
            event_listeners=[self],
        )

    @property
    def database(self) -> Mongo:
        """The database at the other end."""
        return self._client[self._settings.mongodb_database]

    def services(self, clock: Clock) -> Services:
        """A process that has nothing else."""
        made = Services(self._settings, clock)
        made.__dict__["database"] = self.database
        return made

    def until_cut(self, at: int | None, work: Callable[[], object]) -> list[str]:
        """Work until the wire is cut at this command, to the end for None; the commands that were begun."""
        self._answered()
        self.names.clear()
        self._ended, self.cut_at = 0, at
        try:
            work()
        except PyMongoError as error:
            if as_unavailable(error) is None:
                raise
        return list(self.names)

    def _answered(self) -> None:
        """Wait until the client has seen that the wire is whole: it looks again half a second after it was cut."""
        self.cut_at = None
        for _ in range(50):
            with suppress(PyMongoError):
                self.database.command("ping")
                return
            time.sleep(0.1)

    def started(self, event: CommandStartedEvent) -> None:
        """One more command."""
        self.names.append(event.command_name)
        if len(self.names) == self.cut_at and not self.after:
            self.relay.cut()

    def succeeded(self, event: Any) -> None:
        """It was answered."""
        self._ended += 1
        if self._ended == self.cut_at and self.after:
            self.relay.cut()

    def failed(self, event: Any) -> None:
        """Nothing to do."""

    def close(self) -> None:
        """Let go of the server."""
        self.relay.close()
        self._client.close()


@contextmanager
def wired(settings: Settings) -> Iterator[Wire]:
    """A wire to the test's database, whole until it is cut."""
    wire = Wire(settings)
    try:
        yield wire
    finally:
        wire.close()
