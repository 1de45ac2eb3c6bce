"""What goes out when: the next occurrences of all campaigns with a schedule, with how many people each may reach."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from heapq import merge
from itertools import islice, takewhile
from operator import attrgetter
from typing import Any, Literal, Protocol

import msgspec

from campaigns.campaign import Campaign, Campaigns, CampaignState
from campaigns.trigger import parse
from common.clock import Clock
from common.errors import NotFound
from segments.segment import Segments


class Counting(Protocol):
    """How many people rules hold for."""

    def count(self, rules: Mapping[str, Any]) -> int:
        """So many."""
        ...


class Sizes(Protocol):
    """How many people earlier runs were planned for."""

    def last_size(self, segment: str, campaign: str) -> int | None:
        """Of the latest run over a segment, the campaign's own before any other's; None where there was none."""
        ...


class Occurrence(msgspec.Struct, frozen=True, kw_only=True):
    """A campaign goes out, to about so `expected` many, as its last run or its segment's size now says."""

    campaign: str
    name: str
    trigger: str
    at: datetime
    expected: int
    expected_from: Literal["last_run", "segment"]


class Listening(msgspec.Struct, frozen=True, kw_only=True):
    """A running campaign without a time: it waits for an event, or looks for people itself."""

    campaign: str
    name: str
    trigger: str


class Calendar:
    """Looks ahead."""

    def __init__(
        self, *, campaigns: Campaigns, segments: Segments, audience: Counting, sizes: Sizes, clock: Clock
    ) -> None:
        self._campaigns = campaigns
        self._segments = segments
        self._audience = audience
        self._sizes = sizes
        self._clock = clock

    def ahead(self, until: datetime, limit: int) -> list[Occurrence]:
        """The next occurrences before an instant, the first first, at most so many."""
        sizes: dict[str, tuple[int, Literal["last_run", "segment"]]] = {}

        def sized(one: Occurrence, campaign: Campaign) -> Occurrence:
            if one.campaign not in sizes:
                sizes[one.campaign] = self._size(campaign)
            expected, source = sizes[one.campaign]
            return msgspec.structs.replace(one, expected=expected, expected_from=source)

        by_id = {campaign.id: campaign for campaign in self._going() if campaign.next_at}
        times = merge(*(_occurrences(campaign, until) for campaign in by_id.values()), key=attrgetter("at"))
        return [sized(one, by_id[one.campaign]) for one in islice(times, limit)]

    def listening(self) -> list[Listening]:
        """The running campaigns that wait for something else than a time."""
        running = self._campaigns.listening(CampaignState.RUNNING)
        return [
            Listening(campaign=one.id, name=one.name, trigger=one.trigger["kind"])
            for one in running
            if parse(one.trigger).brings_people
        ]

    def _going(self) -> Iterator[Campaign]:
        for state in (CampaignState.SCHEDULED, CampaignState.RUNNING):
            yield from self._campaigns.listening(state)

    def _size(self, campaign: Campaign) -> tuple[int, Literal["last_run", "segment"]]:
        last = self._sizes.last_size("", campaign.id)
        if last is not None:
            return last, "last_run"
        return self._now_in(campaign.segment), "segment"

    def _now_in(self, segment: str) -> int:
        """How many; none where the segment, or one that it refers to, is not there any more."""
        with suppress(NotFound):
            return self._audience.count(self._segments.get(segment).rules) if segment else 0
        return 0


def _occurrences(campaign: Campaign, until: datetime) -> Iterator[Occurrence]:
    """One after the other; what has been due for a while comes first."""

    def times() -> Iterator[datetime]:
        trigger, at = parse(campaign.trigger), campaign.next_at
        while at is not None:
            yield at
            at = None if trigger.once else trigger.next_at(at)

    for at in takewhile(lambda at: at < until, times()):
        yield Occurrence(
            campaign=campaign.id,
            name=campaign.name,
            trigger=campaign.trigger["kind"],
            at=at,
            expected=0,
            expected_from="segment",
        )
