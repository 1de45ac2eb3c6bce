"""A child process: what it is, and one that runs."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

HERE = Path(__file__).parent
BARE_PYTHON = [sys.executable, "-I", "-S"]
POLL = 0.02
LARGEST_LOG = 16 * 1024 * 1024


class StartFailed(Exception):
    """Something did not come up, or would not stay up; the text says what, why, and what to do."""


class Child(msgspec.Struct, frozen=True, kw_only=True):
    """A process to run. `ready` is asked until it says yes, for at most `ready_within` seconds.

    `stage` says when it ends: the highest first, 0 (what others need) last. TERM asks it to end; after
    `stop_within` seconds its whole group is killed. `environment` is added to our own.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = {}
    ready: Callable[[], bool] | None = None
    ready_within: float = 30.0
    stop_within: float = 10.0
    stage: int = 1


class Process:
    """A running child, the leader of a process group of its own."""

    def __init__(self, child: Child, log: Path, register: int) -> None:
        """`log` takes what it says; `register` is where its process id is written before it starts."""
        self.child = child
        self.log = log
        self.started_at = time.monotonic()
        launcher = [*BARE_PYTHON, str(HERE / "launcher.py"), str(os.getpid()), str(register)]
        if log.exists() and log.stat().st_size > LARGEST_LOG:
            log.replace(log.with_suffix(".log.1"))
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
                raise StartFailed(self.obituary("as it started"))
            if self.child.ready():
                return
            if time.monotonic() > deadline:
                raise StartFailed(
                    f"{self.child.name} was not ready in {self.child.ready_within:g} s. {self.last_words()}"
                )
            time.sleep(POLL)

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

    def obituary(self, when: str) -> str:
        """How it ended, in words."""
        status = self.status or 0
        how = f"was ended by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"
        return f"{self.child.name} {how} {when}. {self.last_words()}"

    def last_words(self, lines: int = 8) -> str:
        """How its log ends, and where that is."""
        tail = self.log.read_text(errors="replace").splitlines()[-lines:]
        return "\n  ".join([f"Its log ({self.log}) ends:", *tail]) if tail else f"It said nothing in {self.log}."
