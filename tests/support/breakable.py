"""A MongoDB server of a test's own, which it kills, freezes and starts again; always at the same address."""

import os
import signal
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import unquote

from cli.embedded import free_port, mongodb
from cli.processes import Process
from cli.supervisor import Supervisor
from tests.api.cuttable import Relay
from tests.support.processes import eventually
from tests.support.servers import ENGINE, engine_child, engine_url, quickly_gone


class Breakable:
    """The embedded server or, with ENCORE_TEST_MONGODB=engine, the real one, on data of its own."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._supervisor = Supervisor(directory / "logs")
        self._real = os.environ.get(ENGINE) == "engine"
        # It listens elsewhere each time it is started: a port that is let go may be in other hands when it comes back.
        self._relay = Relay("nowhere")
        self._process = self._started()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.thaw()
        self._relay.close()
        self._supervisor.stop()

    @property
    def url(self) -> str:
        """Where it is, when it is."""
        return f"mongodb://127.0.0.1:{self._relay.port}/?directConnection=true"

    def kill(self) -> None:
        """kill -9."""
        os.killpg(self._process.pid, signal.SIGKILL)
        assert eventually(lambda: self._process.status is not None)

    def start(self) -> None:
        """Start it again on its data."""
        self._process = self._started()

    def freeze(self) -> None:
        """SIGSTOP: it takes connections and says nothing."""
        os.killpg(self._process.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on, where it still is."""
        if self._process.status is None:
            os.killpg(self._process.pid, signal.SIGCONT)

    def _started(self) -> Process:
        if not self._real:
            port = free_port()
            self._relay.target = ("127.0.0.1", port)
            return self._supervisor.start(quickly_gone(mongodb(self._directory / "mongodb", port, cache="256M")))
        log = self._supervisor.log_of("engine")
        log.unlink(missing_ok=True)  # it tells there where it listens
        process = self._supervisor.start(engine_child(log, self._directory / "engine"))
        self._relay.target = unquote(engine_url(log).removeprefix("mongodb://").partition("/")[0])
        return process
