"""A campaign over time: day by day, and week by week since each was written to, beside those who were not."""

from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from campaigns.experiments.arms import Arm
from campaigns.experiments.result import HOLDOUT, TREATED, Comparison, Method, compare
from campaigns.tallies import arm_of, bought_in
from campaigns.told import Told

WEEK = timedelta(days=7)
# So many are told where nothing else is asked for.
USUAL_WEEKS = 8


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """What happened on a day of the shop's: each count is of messages, but for orders and vouchers used.

    `delivered` are those of the messages handed over on that day that came; money in minor units.
    """

    day: date
    planned: int = 0
    handed_over: int = 0
    delivered: int = 0
    read: int = 0
    clicked: int = 0
    by_machine: int = 0
    replied: int = 0
    stopped: int = 0
    vouchers_used: int = 0
    discounts: int = 0
    orders: int = 0
    revenue: int = 0


class Days:
    """Sums messages up by the days of a time zone."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._counts: defaultdict[date, Counter[str]] = defaultdict(Counter)

    def add(self, one: Told) -> None:
        """Count one message in, each thing on the day on which it happened."""
        self._note(one.planned_at, planned=1)
        self._note(one.handed_at, handed_over=1, delivered=one.state == "delivered")
        self._note(one.read_at, read=1)
        self._note(one.clicked_at, clicked=1)
        self._note(one.machine_at, by_machine=1)
        self._note(one.replied_at, replied=1)
        self._note(one.stopped_at, stopped=1)
        for use in one.used:
            self._note(use.at, vouchers_used=1, discounts=use.discount)
        for order in one.orders:
            self._note(order.at, orders=1, revenue=order.total)

    def done(self) -> list[Day]:
        """Each day on which something happened, the first first."""
        return [Day(day=day, **self._counts[day]) for day in sorted(self._counts)]

    def _note(self, at: datetime | None, **what: int) -> None:
        if at is not None:
            self._counts[at.astimezone(self._zone).date()].update(what)


class Week(msgspec.Struct, frozen=True, kw_only=True):
    """A week since the plan, counted from 1: what both arms bought in it, of those for whom it is over.

    `uplift` is None without a holdout; `method` says which kind of interval it has.
    """

    week: int
    treated: Arm
    treated_orders: int
    holdout: Arm
    holdout_orders: int
    uplift: Comparison | None
    method: Method


class Weeks:
    """Sums up what was bought after, week by week since the plan, by intention to treat."""

    def __init__(self, many: int, now: datetime) -> None:
        self._now = now
        self._sums: list[dict[str, Counter[str]]] = [defaultdict(Counter) for _ in range(many)]

    def add(self, one: Told) -> None:
        """Count one message in, for the weeks that are over for it."""
        name = HOLDOUT if one.arm == HOLDOUT else TREATED
        for number, sums in enumerate(self._sums):
            since = one.planned_at + number * WEEK
            if since + WEEK > self._now:
                break
            bought_in(sums[name], one.bought, since, WEEK, timedelta(0))

    def done(self, method: Method, detect: float) -> list[Week]:
        """Week by week; those that are over for nobody are left out."""
        return [_week(number, week, method, detect) for number, week in enumerate(self._sums, 1) if week]


def _week(number: int, sums: dict[str, Counter[str]], method: Method, detect: float) -> Week:
    treated, holdout = (arm_of(sums.get(name, Counter())) for name in (TREATED, HOLDOUT))
    both = treated.customers and holdout.customers
    return Week(
        week=number,
        treated=treated,
        treated_orders=sums.get(TREATED, Counter())["orders"],
        holdout=holdout,
        holdout_orders=sums.get(HOLDOUT, Counter())["orders"],
        uplift=compare(TREATED, treated, HOLDOUT, holdout, method, detect) if both else None,
        method=method,
    )
