"""Bad news first: the goodwill policy of a shop that has set none, ready to be looked at and switched on."""

from typing import Annotated, ClassVar

import msgspec

from campaigns.recipe import Kitchen, Plan, Recipe
from common.keys import Scope
from common.money import Money
from loyalty.budgets import Budget, PeriodLimit
from loyalty.goodwill import WHATSAPP_TEMPLATE, Goodwill, ready_budget

Amount = Annotated[int, msgspec.Meta(ge=0, le=10**12)]


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """At most so much is promised in a month and to one customer, in minor units of the shop's currency; what is left
    out is 1,000 and 50 whole ones. Marketing rests for at most `rest_days`. `whatsapp_template` is the name of the one
    that Meta has approved for these news.
    """

    month_most: Amount | None = None
    customer_most: Amount | None = None
    rest_days: Annotated[int, msgspec.Meta(ge=0, le=365)] = 14
    whatsapp_template: Annotated[str, msgspec.Meta(pattern=WHATSAPP_TEMPLATE)] = ""


class BadNews(Recipe[Settings]):
    """No campaign of its own: who hears what follows from each trouble (docs/incidents.md)."""

    name: ClassVar[str] = "bad_news"
    title: ClassVar[str] = "Bad news first"
    summary: ClassVar[str] = "Tells of trouble with an order before anybody asks, and makes good under a budget."
    Settings: ClassVar[type[msgspec.Struct]] = Settings
    holdout_percent: ClassVar[float] = 0.0
    # As `PUT /v1/goodwill`: how much may be given away is not for everybody who plans campaigns to say.
    scope: ClassVar[Scope] = "admin"

    def make(self, kitchen: Kitchen) -> Plan:
        """Not switched on: that is the administrator's to do, with `PUT /v1/goodwill`."""
        own, currency = self.settings, kitchen.shop.currency
        ready = ready_budget(currency)
        person = ready.customer_money if own.customer_most is None else Money(own.customer_most, currency)
        month = ready.periods
        if own.month_most is not None:
            month = [PeriodLimit(per="month", money=Money(own.month_most, currency))]
        budget = Budget(customer_money=person, periods=month)
        policy = Goodwill(
            budget=budget,
            rest_days=own.rest_days,
            whatsapp_template=own.whatsapp_template,
            brand=kitchen.brand,
        )
        return Plan(goodwill=policy)
