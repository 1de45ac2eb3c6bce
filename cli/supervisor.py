"""Starts child processes, keeps them running, and leaves none behind, however it dies itself.

Three things see to that: `stop` ends every child's process group; where we are killed, the warden does
(cli/warden.py); and where both are killed, Linux kills the children (cli/launcher.py).
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

HERE = Path(__file__).parent
BARE_PYTHON = [sys.executable, "-I", "-S"]
POLL = 0.02
# A child that stayed up this long has started well: its earlier deaths are forgotten.
SETTLED_AFTER = 30.0
MOST_RESTARTS = 8
LONGEST_PAUSE = 10.0


class StartFailed(Exception):
    """A child did not come up, or would not stay up; the text says which, and how its log ends."""


class Child(msgspec.Struct, frozen=True, kw_only=True):
    """A process to run. `ready` is asked until it says yes, for at most `ready_within` seconds.

    TERM asks it to end; after `stop_within` seconds its whole group is killed. `environment` is added
    to our own.
    """

    name: str
    command: list[str]
    environment: Mapping[str, str] = {}
    ready: Callable[[], bool] | None = None
    ready_within: float = 30.0
    stop_within: float = 10.0


class Process:
    """A running child."""

    def __init__(self, child: Child, log: Path, register: int) -> None:
        self.child = child
        self.log = log
        self.started_at = time.monotonic()
        launcher = [*BARE_PYTHON, str(HERE / "launcher.py"), str(os.getpid()), str(register)]
        with log.open("ab") as output:
            self._popen = subprocess.Popen(  # noqa: S603  # our own commands
                [*launcher, *child.command],
                env={**os.environ, **child.environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=(register,),
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """Its process id, which is its process group's too."""
        return self._popen.pid

    @property
    def status(self) -> int | None:
        """Its exit status, negative for a signal; None while it runs."""
        return self._popen.poll()

    def wait_until_ready(self) -> None:
        """Return when it is; raises StartFailed where it ends first or takes too long."""
        deadline = time.monotonic() + self.child.ready_within
        while self.child.ready is not None:
            if self.status is not None:
                raise StartFailed(
                    f"{self.child.name} ended with status {self.status} as it started.\n{self.last_words()}"
                )
            if self.child.ready():
                return
            if time.monotonic() > deadline:
                raise StartFailed(
                    f"{self.child.name} was not ready in {self.child.ready_within:g} s.\n{self.last_words()}"
                )
            time.sleep(POLL)

    def _failed(self, what: str) -> StartFailed:
        return StartFailed(f"{self.child.name} {what}. Its log ends:\n{self.last_words()}")

    def ask_to_end(self) -> None:
        """Send TERM to the child alone: it tells its own children."""
        self._popen.terminate()

    def end(self, patience: float) -> None:
        """Wait for at most `patience` seconds, then kill what is left of its group."""
        try:
            self._popen.wait(timeout=patience)
        except subprocess.TimeoutExpired:
            self.kill_group()
            self._popen.wait()
        self.kill_group()

    def kill_group(self) -> None:
        """Kill every process of its group that is still there."""
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            return  # nobody left

    def last_words(self, lines: int = 8) -> str:
        """How its log ends, with the log's place."""
        tail = self.log.read_text(errors="replace").splitlines()[-lines:]
        return "\n".join([*tail, f"(from {self.log})"])


class Supervisor:
    """Keeps children running from `start` until `stop`, and starts again those that die.

    Children must be started by a thread that outlives them, such as the main one: Linux takes the end of
    the starting thread for the end of the parent.
    """

    def __init__(self, log_dir: Path, say: Callable[[str], None] = lambda text: None) -> None:
        """Logs go to `log_dir`/NAME.log; `say` is told what happens, in a sentence each."""
        self._log_dir = log_dir
        self._say = say
        self._processes: dict[str, Process] = {}
        self._restarts: dict[str, int] = {}
        self._lock = threading.Lock()
        log_dir.mkdir(parents=True, exist_ok=True)
        reading, self._register = os.pipe()
        self._warden = subprocess.Popen(  # noqa: S603  # our own script
            [*BARE_PYTHON, str(HERE / "warden.py")], stdin=reading, start_new_session=True
        )
        os.close(reading)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.stop()

    def log_of(self, name: str) -> Path:
        """Where a child of that name writes what it says."""
        return self._log_dir / f"{name}.log"

    def start(self, child: Child) -> Process:
        """Start a child and return when it is ready; raises StartFailed."""
        with self._lock:
            process = self._spawn(child)
        process.wait_until_ready()
        return process

    def _spawn(self, child: Child) -> Process:
        process = Process(child, self.log_of(child.name), self._register)
        self._processes[child.name] = process
        return process

    def stop(self) -> None:
        """End all children, the last started first; those that do not end in time are killed. Twice is once."""
        with self._lock:
            processes = list(reversed(self._processes.values()))
            self._processes.clear()
        for process in processes:
            process.ask_to_end()
            process.end(process.child.stop_within)
        if self._warden.poll() is None:
            os.close(self._register)
            self._warden.wait()
