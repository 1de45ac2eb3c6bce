"""Processes that die or sleep at one of their writes, crowds that begin together, and processes killed with -9."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from common.errors import Conflict
from common.settings import Settings
from tests.support.servers import REPOSITORY

FULL = os.environ.get("ENCORE_FAULTS") == "full"
# Dying right after a write is dying right before the next one, and only what is read in between differs.
MOMENTS = [False, True] if FULL else [False]
# What the stores of redemptions and of points call their writes.
WRITES = frozenset(
    {"take", "intend", "give_back", "close", "put", "move", "add", "paid", "write", "posted", "show", "issue"}
)


class Died(Exception):
    """The process is no more."""


def die() -> None:
    """Be no more."""
    raise Died


class Interrupted:
    """The real storage, where something happens right before or after one of its writes, counted over several."""

    def __init__(self, real: Any, count: list[int], at: int, after: bool, happening: Callable[[], None]) -> None:
        self._real, self._count, self._at, self._after, self._happening = real, count, at, after, happening

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._real, name)
        return self.watched(real) if name in WRITES else real

    def watched(self, real: Callable[..., Any]) -> Callable[..., Any]:
        """A write that counts, and at which it happens when it is its turn."""

        def call(*args: Any, **kwargs: Any) -> Any:
            now = self._count[0] == self._at
            self._count[0] += 1
            if now and not self._after:
                self._happening()
            answer = real(*args, **kwargs)
            if now and self._after:
                self._happening()
            return answer

        return call


def unless_refused(use: Callable[[], Any]) -> bool:
    """Whether it was not refused."""
    try:
        use()
    except Conflict:
        return False
    return True


def at_once(uses: Sequence[Callable[[], Any]]) -> int:
    """Let all begin together; how many were not refused."""
    barrier, done = threading.Barrier(len(uses)), []

    def run(use: Callable[[], Any]) -> None:
        barrier.wait()
        done.append(unless_refused(use))

    threads = [threading.Thread(target=run, args=(use,)) for use in uses]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == len(uses), "somebody got an error that is no refusal"
    return sum(done)


def killed_in_turn(
    module: str, commands: Sequence[Sequence[str]], settings: Settings, pause: tuple[float, float]
) -> None:
    """Run a module with each of these arguments, and kill it with -9 so many seconds after it says that it is busy."""
    chance = random.Random(5)
    environment: Mapping[str, str] = {
        **os.environ,
        "ENCORE_MONGODB_URL": settings.mongodb_url,
        "ENCORE_MONGODB_DATABASE": settings.mongodb_database,
        "ENCORE_REDIS_URL": settings.redis_url,
        "ENCORE_SECRET_KEYS": settings.secret_keys,
    }
    for arguments in commands:
        command = [sys.executable, "-m", module, *arguments]
        with subprocess.Popen(command, cwd=REPOSITORY, env=environment, stdout=subprocess.PIPE) as child:
            assert child.stdout is not None
            assert child.stdout.readline() == b"busy\n"
            time.sleep(chance.uniform(*pause))
            child.send_signal(signal.SIGKILL)
