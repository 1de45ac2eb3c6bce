"""The data directory: what Encore keeps on this machine, and the lock that gives it to one of us at a time."""

import fcntl
import os
import secrets
import shutil
import time
from io import TextIOWrapper
from pathlib import Path
from types import TracebackType
from typing import Self

from cli.processes import StartFailed

# The embedded servers keep logs of changes that they write before anything else.
LEAST_FREE = 200 * 1024 * 1024
# A supervisor that was killed has its children killed, and lets go of the lock when they are gone.
PATIENCE = 6.0


class DataDir:
    """A directory that is ours alone from `with` to its end; raises StartFailed where it cannot be."""

    def __init__(self, path: Path, least_free: int = LEAST_FREE) -> None:
        """`least_free` bytes must be left on its disk."""
        self.path = path.absolute()
        self._least_free = least_free
        self._lock: TextIOWrapper | None = None

    def __enter__(self) -> Self:
        self._make()
        self._take()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._lock is not None:
            self._lock.close()

    @property
    def lock(self) -> int:
        """The open file that is the lock; a process that inherits it holds the directory too."""
        if self._lock is None:
            raise StartFailed(f"The data directory {self.path} is not ours yet.")
        return self._lock.fileno()

    def secret_key(self) -> str:
        """The key that signs links: made at the first start, and readable by its owner only."""
        place = self.path / "secret_key"
        if not place.exists():
            fresh = place.with_suffix(".new")
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                file.write(secrets.token_urlsafe(48))
            fresh.replace(place)
        return place.read_text().strip()

    def _make(self) -> None:
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._need_room()
            probe = self.path / f".probe-{os.getpid()}"
            probe.write_bytes(b"\0" * 4096)
            probe.unlink()
        except OSError as error:
            raise StartFailed(
                f"Cannot write to the data directory {self.path}: {error.strerror}. "
                "Make it writable, or set ENCORE_DATA_DIR to one that is."
            ) from None

    def _need_room(self) -> None:
        free = shutil.disk_usage(self.path).free
        if free < self._least_free:
            raise StartFailed(
                f"The disk of the data directory {self.path} is nearly full: {free // 2**20} MB free, "
                f"{self._least_free // 2**20} MB needed. Make room, or set ENCORE_DATA_DIR to another disk."
            )

    def _take(self) -> None:
        lock = (self.path / "lock").open("a+")
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() < deadline and not alive(holder := _holder(lock)):
                    time.sleep(0.05)
                    continue
                holder = _holder(lock)
                lock.close()
                raise StartFailed(
                    f"Another Encore (process {holder}) is using the data directory {self.path}. "
                    "Stop it first, or set ENCORE_DATA_DIR to another directory."
                ) from None
        lock.seek(0)
        lock.truncate()
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        self._lock = lock


def _holder(lock: TextIOWrapper) -> str:
    lock.seek(0)
    return lock.read().strip() or "?"


def alive(pid: str) -> bool:
    """Whether a process runs; an unknown one is said to."""
    if not pid.isdecimal():
        return True
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
