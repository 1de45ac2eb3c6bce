"""Starts child processes, keeps them running, and leaves none behind, however it dies itself.

Three things see to that: `stop` ends every child's process group; where we are killed, the warden does
(cli/warden.py); and where both are killed, Linux kills the children (cli/launcher.py).
"""

import os
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from cli.processes import BARE_PYTHON, HERE, Child, Process, StartFailed

TEND_EVERY = 0.2
# A child that stayed up this long has started well: its earlier deaths are forgotten.
SETTLED_AFTER = 30.0
MOST_RESTARTS = 8
FIRST_PAUSE = 0.25
LONGEST_PAUSE = 10.0


class Patience(msgspec.Struct):
    """How often a child has died, and when it is started again."""

    deaths: int = 0
    again_at: float | None = None


class Supervisor:
    """Keeps children running from `start` until `stop`, and starts again those that die.

    Children must be started by a thread that outlives them, such as the main one: Linux takes the end of
    the starting thread for the end of the parent.
    """

    def __init__(
        self,
        log_dir: Path,
        say: Callable[[str], None] = lambda text: None,
        held: Sequence[int] = (),
        first_pause: float = FIRST_PAUSE,
    ) -> None:
        """Logs go to `log_dir`/NAME.log; `say` is told what happens, in a sentence each.

        `held` are open files, a lock say, that stay open until the last child is gone, even where we are killed.
        A child that died is started again in `first_pause` seconds, then in twice that, and so on.
        """
        self._first_pause = first_pause
        self.failure: StartFailed | None = None
        self._log_dir = log_dir
        self._say = say
        self._processes: dict[str, Process] = {}
        self._patience: dict[str, Patience] = {}
        self._lock = threading.RLock()
        self._ended = threading.Event()
        self._tender: threading.Thread | None = None
        log_dir.mkdir(parents=True, exist_ok=True)
        reading, self._register = os.pipe()
        self._warden = subprocess.Popen(  # noqa: S603  # our own script
            [*BARE_PYTHON, str(HERE / "warden.py")], stdin=reading, start_new_session=True, pass_fds=tuple(held)
        )
        os.close(reading)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def log_of(self, name: str) -> Path:
        """Where a child of that name writes what it says."""
        return self._log_dir / f"{name}.log"

    def start(self, child: Child) -> Process:
        """Start a child and return when it is ready; raises StartFailed, and the child is gone."""
        process = self._spawn(child)
        try:
            process.wait_until_ready()
        except StartFailed:
            with self._lock:
                del self._processes[child.name]
            process.end(0)
            self._tell_warden(process)
            raise
        return process

    def start_all(self, children: Sequence[Child]) -> None:
        """Start several at once and return when all are ready; raises StartFailed."""
        for process in [self._spawn(child) for child in children]:
            process.wait_until_ready()

    def pids(self) -> dict[str, int]:
        """The children that run, by name."""
        with self._lock:
            return {name: process.pid for name, process in self._processes.items() if process.status is None}

    def watch(self) -> None:
        """From now on start again, in a thread of its own, whatever dies; `failure` is set when that does not help."""
        self._tender = threading.Thread(target=self._tend, name="supervisor", daemon=True)
        self._tender.start()

    def wait(self) -> None:
        """Block until a child would not stay up, and raise why; a signal's exception ends it too."""
        while self.failure is None:
            self._ended.wait(TEND_EVERY)
        raise self.failure

    def stop(self) -> None:
        """End all children, stage by stage; those that do not end in time are killed. Twice is once."""
        with self._lock:
            processes = list(self._processes.values())
            self._processes.clear()
        try:
            for stage in sorted({process.child.stage for process in processes}, reverse=True):
                _end([process for process in processes if process.child.stage == stage])
        finally:  # somebody who presses Ctrl-C again wants no more patience
            for process in processes:
                process.kill_group()
            if self._warden.poll() is None:
                os.close(self._register)
                self._warden.wait()
            self._ended.set()  # not before: the thread's end would be the end of what it started

    def _spawn(self, child: Child) -> Process:
        with self._lock:
            process = Process(child, self.log_of(child.name), self._register)
            self._processes[child.name] = process
            return process

    def _tend(self) -> None:
        while not self._ended.wait(TEND_EVERY):
            with self._lock:
                for process in list(self._processes.values()):
                    self._look_after(process)

    def _look_after(self, process: Process) -> None:
        """Start a dead child again, later each time, and give up when it has died too often."""
        patience = self._patience.setdefault(process.child.name, Patience())
        if process.status is None:
            if time.monotonic() - process.started_at > SETTLED_AFTER:
                patience.deaths = 0
        elif patience.again_at is None:
            self._bury(process, patience)
        elif time.monotonic() >= patience.again_at:
            patience.again_at = None
            self._spawn(process.child)

    def _bury(self, process: Process, patience: Patience) -> None:
        process.kill_group()
        self._tell_warden(process)
        patience.deaths += 1
        if patience.deaths > MOST_RESTARTS:
            self.failure = StartFailed(process.obituary(f"for the {patience.deaths}th time in a row; giving up"))
            del self._processes[process.child.name]
            return
        pause = min(LONGEST_PAUSE, self._first_pause * 2 ** (patience.deaths - 1))
        patience.again_at = time.monotonic() + pause
        self._say(process.obituary(f"and is started again in {pause:g} s"))

    def _tell_warden(self, process: Process) -> None:
        """Its number may soon be somebody else's."""
        os.write(self._register, b"-%d\n" % process.pid)


def _end(processes: Sequence[Process]) -> None:
    for process in processes:
        process.ask_to_end()
    for process in processes:
        process.end(process.child.stop_within)
