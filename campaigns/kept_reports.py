"""Reports kept ready: what takes long to count is counted in the background and told with the instant of the count.

A campaign of few messages is counted whenever it is asked for. One of many is counted by a worker as long as anything
can change, the seldomer the longer that takes and the longer ago it ended; whoever asks gets the latest count, and may
ask for a fresh one (docs/decisions/0015-reports-are-kept-ready.md).
"""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

import msgspec

from campaigns.campaign import Campaign, Campaigns, CampaignState
from campaigns.report import Reporter, Whole
from campaigns.shop_report import Period, ShopReport, ShopReporter
from common.clock import Clock
from common.doorbell import Doorbell
from common.ids import new_id
from customers.shop import Shop

JOB = "keep_reports"
SHOP = "shop"
# Not more often than this, nor for more than a twentieth of the time, nor of what has rested for long.
LEAST = timedelta(seconds=60)
REST = 20
AGEING = 20
# The whole shop's time, where none is asked for.
USUAL = timedelta(days=30)
# A worker works at it for so long in one go, and holds its turn for a little longer than one count.
TURN, LEASE = 240.0, 120.0
PAGE = 250
# Raise it with whatever changes what is counted: what was kept before is counted again.
FORM = 4
NEVER_LAUNCHED = frozenset({CampaignState.DRAFT, CampaignState.SCHEDULED})
T = TypeVar("T")


class Head(msgspec.Struct, frozen=True, kw_only=True, rename={"id": "_id"}):
    """When a report was counted, how many seconds that took, and in which form; without its body it is not kept."""

    id: str
    as_of: datetime
    took: float
    form: int


class KeptReports(Protocol):
    """The reports that are kept, each under its name."""

    def heads(self) -> Mapping[str, Head]:
        """When each was counted, by name."""
        ...

    def body(self, id: str) -> bytes | None:
        """The latest count under a name, in one read by its id; None where it is counted when asked for."""
        ...

    def put(self, head: Head, body: bytes | None) -> None:
        """Keep a count, unless a later one is kept."""
        ...


class Sizes(Protocol):
    """How much there is to count."""

    def more_than(self, campaign: str, many: int) -> bool:
        """Whether a campaign has more messages than this."""
        ...


class Turns(Protocol):
    """Sees to it that one worker counts at a time; two would do no harm."""

    def hold(self, chore: str, owner: str, seconds: float) -> bool:
        """Take it, or keep it; False where somebody else has it."""
        ...

    def release(self, chore: str, owner: str) -> None:
        """Give it back."""
        ...


class Ready:
    """Answers with the latest count, or with a fresh one where there is none."""

    def __init__(self, kept: KeptReports, reporter: Reporter, shop_reporter: ShopReporter, clock: Clock) -> None:
        self._kept = kept
        self._reporter = reporter
        self._shop_reporter = shop_reporter
        self._clock = clock

    def whole(self, campaign: Campaign, shop: Shop, *, fresh: bool = False) -> Whole:
        """A campaign's report with its days and first weeks."""
        return self._latest(name_of(campaign), Whole, fresh) or self._reporter.whole(campaign, shop)

    def of_shop(self, shop: Shop, *, fresh: bool = False) -> ShopReport:
        """The report of the shop's last thirty days."""
        return self._latest(SHOP, ShopReport, fresh) or self._shop_reporter.report(lately(self._clock, shop), shop)

    def _latest(self, name: str, kind: type[T], fresh: bool) -> T | None:
        body = None if fresh else self._kept.body(name)
        return None if body is None else unpacked(body, kind)


class Keeping:
    """Counts what is due, but for what is no more than `few`: that is counted whenever it is asked for.

    Every method may be called twice, by several processes, and die anywhere.
    """

    def __init__(
        self,
        *,
        kept: KeptReports,
        sizes: Sizes,
        campaigns: Campaigns,
        reporter: Reporter,
        shop_reporter: ShopReporter,
        shop: Callable[[], Shop],
        turns: Turns,
        doorbell: Doorbell,
        clock: Clock,
        few: int,
    ) -> None:
        self._few = few
        self._kept = kept
        self._sizes = sizes
        self._campaigns = campaigns
        self._reporter = reporter
        self._shop_reporter = shop_reporter
        self._shop = shop
        self._turns = turns
        self._doorbell = doorbell
        self._clock = clock

    def ring_if_due(self) -> bool:
        """Have a worker count, where something is due; whether it was told."""
        return bool(self._due()) and self._doorbell.ring(JOB)

    def keep(self, seconds: float = TURN) -> int:
        """Count what is due, the longest due first; how many. A worker is rung for the rest when `seconds` are over."""
        owner, began, done = new_id(), time.monotonic(), 0
        shop = self._shop()
        for campaign, head in self._due():
            if time.monotonic() - began > seconds:
                self._doorbell.ring(JOB)
                break
            if not self._turns.hold(JOB, owner, LEASE + 2 * (head.took if head else 0)):
                return done
            self._count(campaign, shop)
            done += 1
        self._turns.release(JOB, owner)
        return done

    def _count(self, campaign: Campaign | None, shop: Shop) -> None:
        """Count a campaign, or the whole shop where none is given, and keep it unless it is few."""
        began, now = time.monotonic(), self._clock.now()
        body: bytes | None = None
        if campaign is None:
            told = self._shop_reporter.report(lately(self._clock, shop), shop)
            body = packed(told) if told.orders + told.credited.counts["handed_over"] > self._few else None
        elif self._sizes.more_than(campaign.id, self._few):
            body = packed(self._reporter.whole(campaign, shop))
        took = time.monotonic() - began
        head = Head(id=SHOP if campaign is None else name_of(campaign), as_of=now, took=took, form=FORM)
        self._kept.put(head, body)

    def _due(self) -> list[tuple[Campaign | None, Head | None]]:
        """What is due, the longest due first."""
        heads, now = self._kept.heads(), self._clock.now()
        found: list[tuple[datetime, str, Campaign | None, Head | None]] = []
        for campaign in (None, *self._launched()):
            name = SHOP if campaign is None else name_of(campaign)
            head = heads.get(name)
            due = now if head is None else due_at(head, campaign)
            if due <= now:
                found.append((due, name, campaign, head))
        return [(campaign, head) for _, _, campaign, head in sorted(found, key=lambda one: one[:2])]

    def _launched(self) -> list[Campaign]:
        found: list[Campaign] = []
        page = self._campaigns.page("", PAGE)
        while page:
            found += [one for one in page if one.state not in NEVER_LAUNCHED]
            page = self._campaigns.page(page[-1].id, PAGE)
        return found


def due_at(head: Head, campaign: Campaign | None) -> datetime:
    """When to count again: later the longer it took, and the longer the campaign had been over when it was counted."""
    if head.form != FORM:
        return head.as_of
    over = timedelta(0) if campaign is None else head.as_of - (campaign.updated_at or head.as_of)
    live = campaign is None or campaign.state in (CampaignState.RUNNING, CampaignState.PAUSED)
    return head.as_of + max(LEAST, timedelta(seconds=REST * head.took), timedelta(0) if live else over / AGEING)


def name_of(campaign: Campaign) -> str:
    """The name under which a campaign's report is kept."""
    return f"campaign:{campaign.id}"


def lately(clock: Clock, shop: Shop) -> Period:
    """The time that the shop's report is about where none is asked for."""
    return Period(since=clock.now() - USUAL, until=clock.now(), currency=shop.currency)


def packed(told: msgspec.Struct) -> bytes:
    """A report as it is kept."""
    return msgspec.msgpack.encode(told)


def unpacked(body: bytes, kind: type[T]) -> T | None:
    """A kept report; None where an older version of this program has kept it in another form."""
    try:
        return msgspec.msgpack.decode(body, type=kind, dec_hook=_counter)
    except msgspec.ValidationError:
        return None


def _counter(kind: Any, value: Any) -> Counter[Any]:
    """What msgspec does not know by itself."""
    return Counter(value)
