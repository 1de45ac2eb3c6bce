"""Addresses that put letters off again and again: written to no more by choice, until one arrives or they write.

A full mailbox heals; one that is full for weeks is nobody's. As senders do, days count and not letters, so that one
bad day is one; and a delivery between starts the count anew.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Protocol

from common.settings import Settings
from customers.consent import Suppressions

# The reason of what repeated soft bounces suppressed.
SOFT_BOUNCES = "soft_bounces"
# What belongs to an order still goes out, so that a delivery can show that the address lives.
SUPPRESSED = ("marketing", "service")


class Days(Protocol):
    """On which days letters to an address were put off, as it is kept."""

    def add(self, channel: str, address: str, day: date, since: date) -> int:
        """Note a day, unless a delivery is known since; on how many days from `since` on letters were put off."""
        ...

    def clear(self, channel: str, arrived: Mapping[str, datetime]) -> list[str]:
        """Something arrived at these addresses then: forget the days until then; those where any had been noted."""
        ...


class SoftBounces:
    """Suppresses after `soft_bounces` such days within `soft_bounce_days` without a delivery, and ends that."""

    def __init__(self, days: Days, suppressions: Suppressions, settings: Settings) -> None:
        self._days = days
        self._suppressions = suppressions
        self._settings = settings

    def bounced(self, channel: str, address: str, at: datetime) -> None:
        """A letter to this address was put off, or given up for a reason that may pass."""
        if not self._settings.soft_bounces:
            return
        since = at.date() - timedelta(days=self._settings.soft_bounce_days - 1)
        if self._days.add(channel, address, at.date(), since) >= self._settings.soft_bounces:
            for purpose in SUPPRESSED:
                self._suppressions.add(channel, address, purpose, SOFT_BOUNCES, at)

    def arrived(self, channel: str, arrived: Mapping[str, datetime]) -> None:
        """Letters arrived at these addresses, or somebody wrote from them: they live."""
        for address in self._days.clear(channel, arrived):
            since = self._suppressions.since(channel, [address], SOFT_BOUNCES).get(address, {})
            if since and max(since.values()) <= arrived[address]:
                self._suppressions.lift(channel, address, SOFT_BOUNCES)


def latest(times: Sequence[tuple[str, datetime]]) -> dict[str, datetime]:
    """The latest time of each address."""
    found: dict[str, datetime] = {}
    for address, at in times:
        if address:
            found[address] = max(at, found.get(address, at))
    return found
