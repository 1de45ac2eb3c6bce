"""Jobs for the tests of workers, and a worker of its own process: `python -m tests.support.jobs`."""

import os
from pathlib import Path

from common.settings import load
from storage.rq_worker import work
from wiring import Services


def leave_mark(place: str) -> None:
    """Show that the job was done."""
    Path(place).touch()


def fail(words: str) -> None:
    """Go wrong, with words that are nobody else's business."""
    raise ValueError(words)


def main() -> None:
    """Work off the queues of the environment's settings."""
    services = Services(load(os.environ))
    work(services.settings)


if __name__ == "__main__":
    main()
