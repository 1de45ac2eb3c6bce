"""Finds the processes of a test by a mark in their environment, which children inherit; and waits for things."""

import os
import time
from collections.abc import Callable
from pathlib import Path

MARK = "TEST_FAMILY"


def family(mark: str) -> dict[int, str]:
    """The processes that run with this mark: process id -> command. Linux only."""
    found = {}
    for place in Path("/proc").iterdir():
        if not place.name.isdecimal() or int(place.name) == os.getpid():
            continue
        try:
            marked = f"{MARK}={mark}".encode() in (place / "environ").read_bytes().split(b"\0")
            dead = "\nState:\tZ" in (place / "status").read_text()
            command = (place / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue  # it ended while we looked
        if marked and not dead:
            found[int(place.name)] = command.strip()
    return found


def eventually(what: Callable[[], bool], within: float = 20.0) -> bool:
    """Whether it comes true in time; returns as soon as it does."""
    deadline = time.monotonic() + within
    while not what():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
