"""Kills what a supervisor that died by surprise would leave behind.

Run as a script with `python -I -S`. Its standard input is a pipe whose other end only the supervisor
holds. Process ids come in, one a line: `12` is a child that leads a process group, `-12` one whose group
has ended. When the pipe ends, the supervisor is gone, however it went, and every group that is still
there is killed, grandchildren and all. It then waits until they are gone, because it also holds the lock
on the data directory, and the next supervisor must not meet them there.
"""

import os
import signal
import sys
import time

PATIENCE = 5.0


def main() -> None:
    """Wait for the end of the pipe, then kill."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: set[int] = set()
    for line in sys.stdin.buffer:
        group = int(line)
        groups.add(group) if group > 0 else groups.discard(-group)
    deadline = time.monotonic() + PATIENCE
    while groups and time.monotonic() < deadline:
        groups = {group for group in groups if killed(group)}
        time.sleep(0.01)


def killed(group: int) -> bool:
    """Kill what is there of a process group; whether there was anything."""
    try:
        os.killpg(group, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return False
    return True


if __name__ == "__main__":
    main()
