"""The doorbell: tells a worker that there is work. MongoDB holds the work itself."""

from typing import Protocol


class Doorbell(Protocol):
    """Rings for a job by its name in worker.py."""

    def ring(self, job: str, *ids: str, urgent: bool = False) -> bool:
        """Ask for `job(*ids)` to be run soon, maybe twice, maybe never; a sweeper rings again.

        Never raises: an unreachable doorbell loses no work. Returns whether it rang.
        """
        ...
