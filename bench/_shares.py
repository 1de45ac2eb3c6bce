"""Which work a thread's CPU time goes into: functions that stand for a kind are timed, without what lies within.

Nothing else is slowed down, as it is under a profiler. What waits takes no CPU time, and so no share.
"""

import sys
import time
from collections import Counter
from collections.abc import Callable
from functools import wraps
from typing import Any


class Shares:
    """CPU seconds by kind, each without those of the kinds that it calls."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()
        self._within: list[str] = []
        self._since = time.thread_time()

    def of_method(self, kind: str, owner: type, name: str) -> None:
        """Time a method."""
        setattr(owner, name, self._timed(kind, getattr(owner, name)))

    def of_function(self, kind: str, function: Callable[..., Any]) -> None:
        """Time a function, wherever a module has imported it by its name."""
        timed = self._timed(kind, function)
        for module in list(sys.modules.values()):
            for name, value in list(vars(module).items()):
                if value is function:
                    setattr(module, name, timed)

    def begin(self) -> None:
        """Count from now on."""
        self.seconds.clear()
        self._since = time.thread_time()

    def _timed(self, kind: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def call(*args: Any, **named: Any) -> Any:
            self._close()
            self._within.append(kind)
            try:
                return function(*args, **named)
            finally:
                self._close()
                self._within.pop()

        return call

    def _close(self) -> None:
        now = time.thread_time()
        self.seconds[self._within[-1] if self._within else ""] += now - self._since
        self._since = now
