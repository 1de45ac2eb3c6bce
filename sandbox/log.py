"""The oracle: a file of JSON lines that says what the sandbox accepted, written and synced before it answers."""

import json
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any


class Log:
    """Appends to one file; read by tests while it grows.

    Lines: `open` and `close` of every request with the ids of its messages, `accepted` for each letter taken.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("ab")
        self._lock = threading.Lock()

    def note(self, type: str, **fields: Any) -> None:
        """Append a line."""
        self._append([{"type": type, "at": time.time(), **fields}])

    def accepted(self, letters: list[dict[str, Any]]) -> None:
        """Append letters and wait until the disk has them."""
        now = time.time()
        self._append([{"type": "accepted", "at": now, **letter} for letter in letters])
        os.fsync(self._file.fileno())

    def read(self, type: str = "") -> Iterator[dict[str, Any]]:
        """The lines so far, of one type or of all."""
        with self._path.open("rb") as lines:
            for line in lines:
                if line.endswith(b"\n"):
                    entry: dict[str, Any] = json.loads(line)
                    if not type or entry["type"] == type:
                        yield entry

    def empty(self) -> None:
        """Start over."""
        with self._lock:
            self._file.truncate(0)

    def close(self) -> None:
        """Write no more."""
        self._file.close()

    def _append(self, entries: list[dict[str, Any]]) -> None:
        text = "".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in entries)
        with self._lock:
            self._file.write(text.encode())
            self._file.flush()
