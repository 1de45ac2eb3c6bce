"""The signals that ask a process to end, as the one exception that Ctrl-C makes of its own."""

import signal
from types import FrameType

# What a shell calls the end by Ctrl-C.
INTERRUPTED = 130


def interrupt_on_signals() -> None:
    """From now on TERM and a closed terminal end the main thread's work as Ctrl-C does."""
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, _interrupt)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
