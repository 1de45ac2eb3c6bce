"""How much of an offer may be given: in all, a customer, a period, a campaign; and how much of that has been.

All counters of an offer stand in its one document, so that one conditional update can look at each of them and count
in each. A counter beside the whole is known by a key: a period of the shop's time zone, or a campaign.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Literal

import msgspec

from common.errors import Invalid
from common.ids import derive
from common.money import Money
from loyalty.hours import PERIODS, Period, period_key
from loyalty.redemption import Entry, Redemption

ALERT_AT = (80, 100)
# The key of a counter becomes the name of a field.
_KEY = re.compile(r"(day|week|month|campaign)_[0-9a-zA-Z-]{1,40}")
_CAMPAIGN = "campaign"
# Of each kind of period these are kept: the present one, and the one before for who looks at the turn.
_KEPT = 2


class Limit(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """At most so many uses, and so much money."""

    uses: int | None = None
    money: Money | None = None


class PeriodLimit(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The same in each day, week or month of the shop's time zone; `per_customer` uses by one customer in each."""

    per: Period
    uses: int | None = None
    money: Money | None = None
    per_customer: int | None = None


class Budget(msgspec.Struct, frozen=True, kw_only=True):
    """How much may be given: in all (`uses`, `money`), to one customer, in a period, by a campaign's codes.

    `alert_at` are shares in percent at which somebody is told. A limit counts from when it is set.
    """

    uses: int | None = None
    money: Money | None = None
    per_customer: int | None = None
    customer_money: Money | None = None
    periods: list[PeriodLimit] = []
    per_campaign: Limit | None = None
    alert_at: list[int] = msgspec.field(default_factory=lambda: list(ALERT_AT))

    @property
    def moneys(self) -> Iterator[Money]:
        """Every amount of money that it names."""
        limits = [self.money, self.customer_money, *(one.money for one in self.periods)]
        limits.append(self.per_campaign.money if self.per_campaign else None)
        return (money for money in limits if money is not None)

    def keys(self, at: datetime, campaign: str) -> list[str]:
        """The counters beside the whole that a use counts in; `at` is in the shop's time zone."""
        keys = [period_key(limit.per, at) for limit in self.periods]
        if self.per_campaign is not None and campaign:
            keys.append(campaign_key(campaign))
        return keys

    def limit(self, key: str) -> Limit:
        """The limit of a counter; one without any where it is not limited any more."""
        kind = key.partition("_")[0]
        if kind == _CAMPAIGN:
            return self.per_campaign or Limit()
        found = next((one for one in self.periods if one.per == kind), None)
        return Limit(uses=found.uses, money=found.money) if found else Limit()


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """How much has been given or is held: uses, and minor units by currency; `of` names the campaign."""

    uses: int = 0
    money: dict[str, int] = {}
    of: str = ""


class Spent(msgspec.Struct, frozen=True, kw_only=True):
    """How much has been given or is held: in all, and `by` the counters beside the whole."""

    uses: int = 0
    money: dict[str, int] = {}
    by: dict[str, Counted] = {}


Scope = Literal["all", "day", "week", "month", "campaign"]


class BudgetState(msgspec.Struct, frozen=True, kw_only=True):
    """One limit as it stands: `used` and `left` in uses or minor units of `currency`, `percent` of it, cut.

    `scope` and `key` say of what: the whole, a period (`key`: "2026-11-22"), a campaign (its id). `alert` is the
    highest of the offer's `alert_at` that is reached, or None.
    """

    scope: Scope
    key: str
    what: Literal["uses", "money"]
    currency: str
    limit: int
    used: int
    left: int
    percent: int
    alert: int | None


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """A share of a limit that was reached, and when somebody noticed."""

    scope: Scope
    key: str
    what: Literal["uses", "money"]
    percent: int
    limit: int
    at: datetime


def campaign_key(campaign: str) -> str:
    """The counter of a campaign."""
    return f"{_CAMPAIGN}_{derive('campaign budget', campaign)}"


def checked_key(key: str) -> str:
    """The key of a counter, if it is one; raises ValueError: it becomes the name of a field."""
    if not _KEY.fullmatch(key):
        raise ValueError("Not the key of a counter.")
    return key


def stale_keys(by: Mapping[str, Counted], present: Sequence[str]) -> list[str]:
    """The counters of periods that are over for good, as far as can be told from those present."""
    stale: list[str] = []
    for period in PERIODS:
        known = sorted({key for key in [*by, *present] if key.startswith(f"{period}_")})
        if any(key.startswith(f"{period}_") for key in present):
            stale += [key for key in known[:-_KEPT] if key in by and key not in present]
    return stale


def fits(limit: Limit, counted: Counted | Spent, cost: Money) -> Literal["", "uses", "money"]:
    """Which part of a limit one more use does not fit in, as far as is known; empty where it fits."""
    if limit.uses is not None and counted.uses >= limit.uses:
        return "uses"
    if limit.money is None or not cost.amount:
        return ""
    beyond = counted.money.get(cost.currency, 0) + cost.amount > limit.money.amount
    return "money" if beyond or cost.currency != limit.money.currency else ""


def states(budget: Budget, spent: Spent, at: datetime) -> list[BudgetState]:
    """Every limit as it stands; `at` is in the shop's time zone."""
    found = list(_states("all", "", Limit(uses=budget.uses, money=budget.money), spent, budget.alert_at))
    for limit in budget.periods:
        key = period_key(limit.per, at)
        counted = spent.by.get(key, Counted())
        found += _states(limit.per, key.partition("_")[2], budget.limit(key), counted, budget.alert_at)
    if budget.per_campaign is not None:
        for key, counted in sorted(spent.by.items()):
            if key.startswith(f"{_CAMPAIGN}_"):
                found += _states("campaign", counted.of, budget.per_campaign, counted, budget.alert_at)
    return found


def check_budget(budget: Budget) -> None:
    """Raise Invalid, naming the field, where a budget makes no sense."""
    periods = [limit.per for limit in budget.periods]
    for place, limit in enumerate(budget.periods):
        if limit.per in periods[:place]:
            raise Invalid.field(f"budget.periods.{place}.per", "Stands there twice.")
        if limit.uses is None and limit.money is None and limit.per_customer is None:
            raise Invalid.field(f"budget.periods.{place}", "Say `uses`, `money` or `per_customer`.")


def _states(
    scope: Scope, key: str, limit: Limit, counted: Counted | Spent, alert_at: Sequence[int]
) -> Iterator[BudgetState]:
    if limit.uses is not None:
        yield _state(scope, key, "uses", "", limit.uses, counted.uses, alert_at)
    if limit.money is not None:
        used = counted.money.get(limit.money.currency, 0)
        yield _state(scope, key, "money", limit.money.currency, limit.money.amount, used, alert_at)


def _state(  # a state has so many sides
    scope: Scope,
    key: str,
    what: Literal["uses", "money"],
    currency: str,
    limit: int,
    used: int,
    alert_at: Sequence[int],
) -> BudgetState:
    percent = used * 100 // limit if limit else 100
    return BudgetState(
        scope=scope,
        key=key,
        what=what,
        currency=currency,
        limit=limit,
        used=used,
        left=max(0, limit - used),
        percent=percent,
        alert=max((one for one in alert_at if percent >= one), default=None),
    )


def returned(entry: Entry) -> Money:
    """The money that an entry gives back, or took."""
    redemption: Redemption = entry.redemption
    if entry.part:
        return Money(entry.part, redemption.charged.currency)
    return Money(redemption.charged.amount - redemption.returned, redemption.charged.currency)
