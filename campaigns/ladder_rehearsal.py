"""A ladder in a dry run: how many people would get which rung, and what their codes would cost at most."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from campaigns.experiments.variants import Variant
from campaigns.ladder import HOLDOUT
from campaigns.ladder_choice import Reason, Wish
from campaigns.run import Run
from common.money import Money
from customers.customer import Customer
from customers.shop import Shop


class Forecast(msgspec.Struct, kw_only=True):
    """People by rung, "" for those who get nothing, and by reason; what all codes could take off together."""

    rungs: Counter[str]
    reasons: Counter[str]
    most: Money


class Wishing(Protocol):
    """Says what people would get."""

    def wishes(self, run: Run, shop: Shop, people: Sequence[Customer], beyond: int) -> dict[str, Wish]:
        """What each would get now, where so much `beyond` what is promised already is, too."""
        ...


Chosen = list[tuple[Customer, Variant | None]]


class Trial:
    """Goes through an audience chunk by chunk."""

    def __init__(self, wishing: Wishing, run: Run, shop: Shop) -> None:
        self._wishing = wishing
        self._run = run
        self._shop = shop
        self._rungs = {variant.id: variant for variant in run.campaign.variants}
        self._forecast = Forecast(rungs=Counter(), reasons=Counter(), most=Money(0, shop.currency))

    @property
    def forecast(self) -> Forecast | None:
        """What was found so far; None where the campaign has no ladder."""
        return self._forecast if self._run.campaign.ladder is not None else None

    def chosen(self, people: Sequence[Customer]) -> Chosen:
        """Who of these would be written to or held out, with their rungs; everybody where there is no ladder."""
        if self._run.campaign.ladder is None:
            return [(customer, None) for customer in people]
        told, chosen = self._forecast, []
        wishes = self._wishing.wishes(self._run, self._shop, people, told.most.amount)
        for customer in people:
            wish = wishes.get(customer.id)
            if wish is None:
                continue
            held = wish.reason is Reason.HELD_OUT
            told.rungs[HOLDOUT if held else wish.rung] += 1
            told.reasons[wish.reason.value] += 1
            told.most = Money(told.most.amount + wish.cost, told.most.currency)
            if held or wish.rung:
                chosen.append((customer, self._rungs.get(wish.rung)))
        return chosen


MakeTrial = Callable[[Run, Shop], Trial]
