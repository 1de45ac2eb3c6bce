"""The goodwill budget: what is promised is taken from it before anybody is promised anything.

It is the budget of an offer of its own, of which each promise is a redemption: so it is exact whoever comes at once or
dies on the way (loyalty/vouchers.py), with its limits in all, a customer and a period, and its alerts.
"""

from datetime import datetime

from msgspec.structs import replace

from common.clock import Clock
from common.errors import Conflict, NotFound, Stale
from common.money import Money
from loyalty.basket import Basket
from loyalty.budgets import Budget, Spent
from loyalty.conditions import Refused
from loyalty.offer import Offer, Offers
from loyalty.vouchers import Vouchers

# The offer whose budget it is; none of its codes ever leaves the house.
PURSE = "goodwill"
TRIES = 10


def no_purse(offer: str) -> str:
    """The offer's id, for whoever would give it out or change it; raises Conflict where it is the budget itself.

    A code of it would be worth a whole order, and eat what is meant for who had trouble.
    """
    if offer == PURSE:
        raise Conflict(f"{PURSE!r} is the goodwill budget, not to be given; see PUT /v1/goodwill.", "goodwill_budget")
    return offer


class Purse:
    """Takes promises out of the budget, each once."""

    def __init__(self, offers: Offers, vouchers: Vouchers, clock: Clock) -> None:
        self._offers = offers
        self._vouchers = vouchers
        self._clock = clock

    def offer(self, budget: Budget) -> Offer:
        """The purse, with this budget from now on; what was taken stays taken."""
        for _ in range(TRIES):
            try:
                known = self._offers.get(PURSE)
                if known.budget == budget:
                    return known
                return self._offers.change(replace(known, budget=budget), known.version)
            except NotFound:
                self._make(budget)
            except Stale:  # somebody else set it, to this policy or a later one
                continue
        raise Conflict("The goodwill budget is being changed; try again.", "busy")

    def take(self, id: str, customer: str, worth: Money, budget: Budget) -> str:  # as the domain calls it
        """Take a promise out, once for its id; "" or the reason why there is no room, which is a Reason."""
        if not worth.amount:
            return ""
        self.offer(budget)
        code = self._vouchers.mint(PURSE, {id: customer})[id]
        try:
            self._vouchers.redeem(code, customer, Basket(id=f"goodwill-{id}", total=worth))
        except Refused as refused:
            return refused.reason
        return ""

    def spent(self) -> Spent:
        """What was taken so far."""
        try:
            return self._offers.kept(PURSE).spent
        except NotFound:
            return Spent()

    def _make(self, budget: Budget) -> None:
        now: datetime = self._clock.now()
        purse = Offer(
            id=PURSE,
            name="Goodwill",
            kind="percent",
            settings={"percent": 100},
            budget=budget,
            created_at=now,
            updated_at=now,
        )
        try:
            self._offers.add(purse)
        except Conflict:  # somebody was quicker
            return
