"""What tests of chats share."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from common.clock import Clock


class Heard:
    """Everybody last wrote so many hours ago."""

    def __init__(self, clock: Clock, hours: float) -> None:
        self._clock = clock
        self._ago = timedelta(hours=hours)

    def last(self, channel: str, addresses: Sequence[str]) -> dict[str, datetime]:
        """The same time for each."""
        return dict.fromkeys(addresses, self._clock.now() - self._ago)
