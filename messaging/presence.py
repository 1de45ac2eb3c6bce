"""Who is there on a chat: when an address was last heard from, and who blocked the shop and came back."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from customers.consent import Suppressions

# The reason of what a block suppressed; it ends when the customer comes back.
BLOCKED = "blocked"


class Presence(Protocol):
    """When addresses were last heard from, as it is kept."""

    def note(self, channel: str, times: Mapping[str, datetime], *, wrote: bool) -> None:
        """Note when addresses were there, and whether they wrote; an earlier time than is known changes nothing."""
        ...

    def last(self, channel: str, addresses: Sequence[str]) -> Mapping[str, datetime]:
        """When these addresses last wrote, in one read; those that never did are left out."""
        ...

    def there(self, channel: str, addresses: Sequence[str]) -> Mapping[str, datetime]:
        """When these addresses last gave a sign that they are there: wrote, or took a block back."""
        ...


class Comings:
    """Keeps account of who came and went, in whatever order it is told."""

    def __init__(self, presence: Presence, suppressions: Suppressions) -> None:
        self._presence = presence
        self._suppressions = suppressions

    def wrote(self, channel: str, address: str, at: datetime) -> None:
        """Somebody wrote: the window is open, and a block before that is over."""
        self._presence.note(channel, {address: at}, wrote=True)
        self._end_block(channel, address, at)

    def came(self, channel: str, address: str, at: datetime) -> None:
        """Somebody took a block back, or followed again."""
        self._presence.note(channel, {address: at}, wrote=False)
        self._end_block(channel, address, at)

    def went(self, channel: str, address: str, at: datetime) -> None:
        """Somebody blocked the shop: nothing more to that address, unless they came back since."""
        there = self._presence.there(channel, [address]).get(address)
        if there is None or there < at:
            self._suppressions.add(channel, address, "all", BLOCKED, at)

    def _end_block(self, channel: str, address: str, at: datetime) -> None:
        since = self._suppressions.since(channel, [address], BLOCKED).get(address, {})
        if since and max(since.values()) <= at:
            self._suppressions.lift(channel, address, BLOCKED)
