"""A Redis server of a test's own, without anything on disk: killed, emptied, and started again at the same port."""

from pathlib import Path

from redis import Redis

from cli.embedded import HOST, answers_ping, free_port, valkey_binary
from cli.processes import Child
from cli.supervisor import Supervisor
from tests.support.processes import eventually


class BreakableRedis:
    """Runs while the supervisor does."""

    def __init__(self, supervisor: Supervisor, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._supervisor = supervisor
        self._directory = directory
        self._port = free_port()
        self._process = self._supervisor.start(self._child())

    @property
    def url(self) -> str:
        """Where it is, when it is."""
        return f"redis://{HOST}:{self._port}/0"

    def kill(self) -> None:
        """kill -9; what it knew is gone."""
        self._process.kill_group()
        assert eventually(lambda: self._process.status is not None)

    def start(self) -> None:
        """Start it again, knowing nothing."""
        self._process = self._supervisor.start(self._child())

    def empty(self) -> None:
        """FLUSHALL."""
        with Redis.from_url(self.url) as client:
            client.flushall()

    def _child(self) -> Child:
        place = ["--bind", HOST, "--port", str(self._port), "--dir", str(self._directory)]
        command = [str(valkey_binary()), *place, "--appendonly", "no", "--save", "", "--set-proc-title", "no"]
        return Child(name="forgetful", command=command, ready=lambda: answers_ping(self._port), stop_within=0)
