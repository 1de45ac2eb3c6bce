"""Kills what a supervisor that died by surprise would leave behind.

Run as a script with `python -I -S`. Its standard input is a pipe whose other end only the supervisor
holds. Process ids come in, one a line: `12` is a child that leads a process group, `-12` one whose group
has ended. When the pipe ends, the supervisor is gone, however it went, and every group that is still
there is killed, grandchildren and all.
"""

import os
import signal
import sys


def main() -> None:
    """Wait for the end of the pipe, then kill."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: set[int] = set()
    for line in sys.stdin.buffer:
        number = int(line)
        groups.add(number) if number > 0 else groups.discard(-number)
    for group in groups:
        try:
            os.killpg(group, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            continue  # it ended a moment ago


if __name__ == "__main__":
    main()
