"""Ends an embedded MongoDB that answers nothing but errors, so that the supervisor starts it again.

Its storage gives up for good when a write fails, on a full disk say, while the process goes on and even answers a
ping. What it had confirmed is in its log of changes, and is there again after the new start.
"""

import os
import signal
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

LOOK_EVERY = 2.0


class Reviver:
    """Looks every few seconds, in a thread of its own, from `with` to its end."""

    def __init__(self, is_lost: Callable[[], bool], pid: Callable[[], int | None], say: Callable[[str], None]) -> None:
        """`is_lost` says whether only a new start helps, `pid` which process it is now; `say` is told."""
        self._is_lost = is_lost
        self._pid = pid
        self._say = say
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, name="reviver", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._ended.wait(LOOK_EVERY):
            pid = self._pid()
            if pid is not None and self._is_lost() and pid == self._pid():
                self._say("mongodb can write no more, so it is started again; is its disk full?")
                os.kill(pid, signal.SIGKILL)
