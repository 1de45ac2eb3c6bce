"""What a campaign did: planned, sent, read, redeemed, earned, and what would have happened anyway."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import msgspec

from campaigns.campaign import Campaign
from campaigns.experiments.arms import Arm, together
from campaigns.experiments.result import HOLDOUT, TREATED, Comparison, Method, Result, compare, result
from campaigns.over_time import USUAL_WEEKS, WEEK, Day, Days, Week, Weeks
from campaigns.run import Runs
from campaigns.tallies import Numbers, Pricing, Tallies, Tally
from campaigns.told import FAILED, OF, SENT, UNSURE, Tellers, Told, Window
from campaigns.trigger import parse
from campaigns.troubles import troubles
from common.clock import Clock
from customers.shop import Shop
from messaging.message import State


class Figures(Protocol):
    """What the database works out for a campaign."""

    def messages(self, campaign: str) -> list[dict[str, Any]]:
        """Rows of {state, channel, reason, count}."""
        ...

    def engagement(self, campaign: str) -> dict[str, int]:
        """How many messages were opened, clicked, complained about …, by people, by the fact's type."""
        ...

    def planned_until(self, campaign: str) -> datetime | None:
        """When the last of its messages was planned; None where none is."""
        ...


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """All figures of one campaign over its runs; money in minor units of `currency`.

    `total`, `by_channel` and `by_variant` are the numbers of messages, each the sum of those behind it. `engagement`
    counts messages by what was reported of them, but for what machines did. The arms' orders are those of
    `compared_days` after the plan.
    """

    campaign: str
    name: str
    state: str
    planned: int
    states: dict[str, int]
    sent: dict[str, int]
    delivered: dict[str, int]
    skipped: dict[str, int]
    failed: dict[str, int]
    uncertain: dict[str, int]
    waiting: dict[str, int]
    troubles: list[str]
    engagement: dict[str, int]
    redemptions: dict[str, Any]
    attribution_days: int
    compared_days: float
    currency: str
    treated: Arm
    holdout: Arm
    uplift: Comparison | None
    method: Method
    variants: dict[str, Arm]
    experiment: Result | None
    total: Numbers
    by_channel: dict[str, Numbers]
    by_variant: dict[str, Numbers]


class Whole(msgspec.Struct, frozen=True, kw_only=True):
    """All that is told of a campaign in one walk over its messages, as things stood at `as_of`."""

    as_of: datetime
    report: Report
    days: list[Day]
    weeks: list[Week]


class Which(msgspec.Struct, frozen=True, kw_only=True):
    """Whose messages: those that count into the number `of`; of a channel, a variant, with a reason, where named."""

    of: str = "planned"
    channel: str = ""
    variant: str = ""
    reason: str = ""

    def holds(self, one: Told) -> bool:
        """Whether a message is one of them."""
        named = ((self.channel, one.channel), (self.variant, one.arm), (self.reason, one.reason))
        return OF[self.of](one) and all(wanted in ("", found) for wanted, found in named)


class Reporter:
    """Makes reports."""

    def __init__(
        self,
        *,
        runs: Runs,
        figures: Figures,
        tellers: Tellers,
        pricing: Pricing,
        redeemed: Callable[[str], Mapping[str, Any]],
        clock: Clock,
    ) -> None:
        self._tellers = tellers
        self._pricing = pricing
        self._clock = clock
        self._runs = runs
        self._figures = figures
        self._redeemed = redeemed

    def report(self, campaign: Campaign, currency: str, margin_percent: float | None = None) -> Report:
        """The campaign's figures as they stand now; revenue is of orders in the shop's `currency`."""
        tally = Tally(campaign.compared)
        for one in self._told(campaign, currency):
            tally.add(one)
        return self._report(campaign, tally.done(), currency, margin_percent)

    def whole(self, campaign: Campaign, shop: Shop) -> Whole:
        """The report, its days and its first weeks, in one walk over the messages."""
        now = self._clock.now()
        tally, days = Tally(campaign.compared), Days(ZoneInfo(shop.time_zone))
        weeks = Weeks(USUAL_WEEKS, now)
        for one in self._told(campaign, shop.currency, weeks_after=USUAL_WEEKS):
            tally.add(one)
            days.add(one)
            weeks.add(one)
        return Whole(
            as_of=now,
            report=self._report(campaign, tally.done(), shop.currency, shop.margin_percent),
            days=days.done(),
            weeks=weeks.done(self._method(campaign), campaign.detect_percent),
        )

    def _report(self, campaign: Campaign, tallies: Tallies, currency: str, margin_percent: float | None) -> Report:
        rows = self._figures.messages(campaign.id)
        for numbers in (tallies.total, *tallies.by_channel.values(), *tallies.by_variant.values()):
            self._pricing.price(numbers, currency, margin_percent)
        arms = tallies.arms
        holdout = arms.get(HOLDOUT, Arm())
        treated = together(arm for name, arm in arms.items() if name != HOLDOUT)
        method = self._method(campaign)
        return Report(
            campaign=campaign.id,
            name=campaign.name,
            state=campaign.state.value,
            planned=sum(run.planned for run in self._runs.of_campaigns([campaign.id])),
            states=_tally(rows, "state"),
            sent=_tally(rows, "channel", SENT),
            delivered=_tally(rows, "channel", {State.DELIVERED}),
            skipped=_tally(rows, "reason", {State.SKIPPED}),
            failed=_tally(rows, "reason", FAILED),
            uncertain=_tally(rows, "reason", UNSURE),
            waiting=_tally(rows, "reason", {State.WAITING}),
            troubles=troubles(rows),
            engagement=self._figures.engagement(campaign.id),
            redemptions=dict(self._redeemed(campaign.id)),
            attribution_days=campaign.limits.attribution_days,
            compared_days=campaign.compared / timedelta(days=1),
            currency=currency,
            treated=treated,
            holdout=holdout,
            uplift=_uplift(treated, holdout, method, campaign),
            method=method,
            variants={variant.id: arms.get(variant.id, Arm()) for variant in campaign.variants},
            experiment=_experiment(arms, campaign, method),
            total=tallies.total,
            by_channel=tallies.by_channel,
            by_variant=tallies.by_variant,
        )

    def people(
        self, campaign: Campaign, currency: str, which: Which, after: str = "", *, whole: bool = True
    ) -> Iterator[Told]:
        """Those behind a number, in the order of their messages' ids, after this one; the `whole` list, or a page."""
        return (one for one in self._told(campaign, currency, after, whole=whole) if which.holds(one))

    def days(self, campaign: Campaign, currency: str, zone: ZoneInfo) -> list[Day]:
        """What happened day by day, in this time zone."""
        days = Days(zone)
        for one in self._told(campaign, currency):
            days.add(one)
        return days.done()

    def weeks(self, campaign: Campaign, currency: str, many: int) -> list[Week]:
        """What they bought after, week by week since each was planned, beside the holdout."""
        weeks = Weeks(many, self._clock.now())
        for one in self._told(campaign, currency, weeks_after=many):
            weeks.add(one)
        return weeks.done(self._method(campaign), campaign.detect_percent)

    def _told(
        self, campaign: Campaign, currency: str, after: str = "", weeks_after: int = 0, *, whole: bool = True
    ) -> Iterator[Told]:
        credited = timedelta(days=campaign.limits.attribution_days)
        waits = timedelta(hours=campaign.limits.expires_after_hours)
        # Whoever is written to last, and as late as a message may go out, is credited with orders as long as any.
        far = max(campaign.compared + waits, weeks_after * WEEK)
        window = Window(currency=currency, before=campaign.compared, after=far, credited=credited)
        return self._tellers.each(campaign.id, window, after, whole=whole)

    def _method(self, campaign: Campaign) -> Method:
        """Whether the figures will not change by more time: all were planned at once, and the window is over."""
        until = self._figures.planned_until(campaign.id)
        over = until is not None and until + campaign.compared <= self._clock.now()
        return "fixed" if over and parse(campaign.trigger).once else "always_valid"


def _uplift(treated: Arm, holdout: Arm, method: Method, campaign: Campaign) -> Comparison | None:
    """What the campaign earned a head beyond what its holdout bought anyway."""
    if not treated.customers or not holdout.customers:
        return None
    return compare(TREATED, treated, HOLDOUT, holdout, method, campaign.detect_percent)


def _experiment(arms: Mapping[str, Arm], campaign: Campaign, method: Method) -> Result | None:
    if not arms or not (campaign.variants or campaign.holdout_percent):
        return None
    return result(
        arms,
        campaign.variants,
        holdout_percent=campaign.holdout_percent,
        method=method,
        detect=campaign.detect_percent,
        shares_move=campaign.allocation == "bandit",
        chosen=campaign.ladder is not None,
    )


def _tally(rows: list[dict[str, Any]], by: str, states: set[State] | frozenset[State] | None = None) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for row in rows:
        if states is None or row["state"] in states:
            counts[row[by] or "unknown"] += row["count"]
    return dict(sorted(counts.items()))
