"""The goodwill policy: what a shop does by itself when something went wrong, and how much of it."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

import msgspec
from babel.numbers import get_currency_precision

from common.errors import Invalid
from common.ids import derive
from common.money import Money
from customers.incident import INCIDENT_CAUSES, Chosen, IncidentCause
from loyalty.budgets import Budget, PeriodLimit, check_budget
from loyalty.makegood import MakeGood, Situation, Wish, parse
from loyalty.offer import Offer
from loyalty.stacking import Stacking

MAX_RULES = 50
# As Meta spells the names of templates.
WHATSAPP_TEMPLATE = r"^[a-z0-9_]{0,100}\Z"


class GoodwillRule(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is given for these `causes` (none: for any), from an order of this worth and so many bad ones in a row."""

    give: dict[str, Any]
    causes: list[IncidentCause] = []
    order_from: Money | None = None
    bad_in_a_row_from: int = 1

    @property
    def kind(self) -> MakeGood[Any]:
        """The make-good it stands for."""
        return parse(self.give)

    def fits(self, situation: Situation) -> bool:
        """Whether it is meant for this situation."""
        if self.causes and situation.cause not in self.causes:
            return False
        if situation.bad_in_a_row < self.bad_in_a_row_from:
            return False
        if self.order_from is None:
            return True
        worth = situation.worth
        return worth.currency == self.order_from.currency and worth.amount >= self.order_from.amount


def ready_made() -> list[GoodwillRule]:
    """The rules of a shop that has said no more than yes."""
    return [
        GoodwillRule(causes=["out_of_stock"], give={"kind": "raincheck"}),
        GoodwillRule(
            causes=["cancelled", "out_of_stock", "damaged", "wrong_item", "delivery_failed"],
            give={"kind": "percent", "percent": 10, "more_each": 5, "most": 25},
        ),
        GoodwillRule(
            causes=["delayed", "late"],
            bad_in_a_row_from=2,
            give={"kind": "percent", "percent": 10, "more_each": 5, "most": 25},
        ),
        GoodwillRule(causes=["delayed", "late"], give={"kind": "free_shipping", "worth": 500}),
    ]


def ready_budget(currency: str) -> Budget:
    """The budget of a shop that has named none: 50 a customer and 1,000 a month, in whole units of its currency."""
    unit = 10 ** get_currency_precision(currency)
    month = PeriodLimit(per="month", money=Money(1_000 * unit, currency))
    return Budget(customer_money=Money(50 * unit, currency), periods=[month])


class Goodwill(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The policy. Nothing is told or given before it is `active`, nor of what went wrong before `active_since`.

    `tell` are the causes that are told of; `rules` are tried in their order and the first that has something to give
    holds. `budget` limits what is promised, in the worth that a make-good is taken to have. A code is good for
    `valid_days`. A person is asked to call after so many bad experiences in a row, and may give up to `person_limit` a
    case, out of the same budget. Marketing rests `rest_days` at most, after a
    promised date where there is one. An order is late `late_hours` after its date.
    `whatsapp_template` is what Meta has approved for news of an order outside of WhatsApp's 24 hours, "" for nothing.
    """

    active: bool = False
    active_since: datetime | None = None
    tell: list[IncidentCause] = msgspec.field(
        default_factory=lambda: [cause for cause in INCIDENT_CAUSES if cause != "unhappy"]
    )
    rules: list[GoodwillRule] = msgspec.field(default_factory=ready_made)
    budget: Budget = Budget()
    valid_days: int = 90
    call_from: int = 3
    person_limit: Money | None = None
    rest_days: int = 14
    late_hours: int = 24
    good_news: bool = True
    whatsapp_template: str = ""
    brand: str = "default"
    version: int = 0

    @property
    def rests(self) -> timedelta:
        """How long marketing rests at most."""
        return timedelta(days=self.rest_days)

    def wish(self, situation: Situation) -> Wish | None:
        """What is to be given in a situation."""
        for rule in self.rules:
            wish = rule.kind.wish(situation) if rule.fits(situation) else None
            if wish is not None:
                return wish
        return None


def checked(policy: Goodwill) -> Goodwill:
    """The policy, if it makes sense; raises Invalid naming the field that does not."""
    for place, rule in enumerate(policy.rules):
        parse(rule.give, f"rules.{place}.give")
    check_budget(policy.budget)
    currencies = {money.currency for money in policy.budget.moneys}
    if policy.person_limit is not None:
        currencies.add(policy.person_limit.currency)
    if len(currencies) > 1:
        raise Invalid.field("budget", f"Names several currencies: {', '.join(sorted(currencies))}.")
    return policy


def products_of(rules: Sequence[GoodwillRule]) -> Iterator[str]:
    """The products that rules may give."""
    return (str(rule.give["product"]) for rule in rules if "product" in rule.give)


def chosen_of(wish: Wish | None, valid_days: int) -> Chosen:
    """What was chosen, with the id of its offer, which follows from what it gives."""
    if wish is None:
        return Chosen()
    settings = msgspec.json.encode(wish.settings, order="deterministic").decode()
    offer = f"goodwill-{wish.kind.replace('_', '-')}-{derive('goodwill', wish.kind, settings, valid_days)[:10]}"
    return Chosen(kind=wish.kind, offer=offer, worth=wish.worth.amount, currency=wish.worth.currency)


def offer_of(wish: Wish, chosen: Chosen, valid_days: int, now: datetime) -> Offer:
    """The offer behind a make-good: anybody's codes of it are alike, so that it is made once and not for each case."""
    return Offer(
        id=chosen.offer,
        name="With our apologies",
        kind=wish.kind,
        settings=wish.settings,
        valid_days=valid_days,
        stacking=Stacking(),
        created_at=now,
        updated_at=now,
    )


class Policies(Protocol):
    """Where the policy is kept."""

    def get(self) -> Goodwill:
        """The policy as set, or one that is not active."""
        ...

    def put(self, policy: Goodwill, expected_version: int | None = None) -> Goodwill:
        """Set it; raises Stale when `expected_version` is given and no longer holds."""
        ...
