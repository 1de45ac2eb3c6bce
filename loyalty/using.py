"""A use of a code put together: what it would give, the places it must get, what is written into the budget."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from common.ids import new_id
from loyalty.conditions import Reason, Use
from loyalty.facts import Asked, Facts
from loyalty.offer import Offer, Offers
from loyalty.redemption import (
    Claim,
    Entry,
    Redemption,
    RedemptionState,
    RedemptionStore,
    customer_key,
    customer_turns,
    order_key,
    redemption_id,
)
from loyalty.stacking import Beside
from loyalty.voucher import Voucher
from loyalty.voucher_book import single_use_claim


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """A use, and the places that it must get."""

    use: Use
    claims: list[Claim]
    asked: Asked


class Planner:
    """Puts uses together, in the fewest reads."""

    def __init__(self, facts: Facts, offers: Offers, redemptions: RedemptionStore) -> None:
        self._facts = facts
        self._offers = offers
        self._redemptions = redemptions

    def beside(self, others: Sequence[Redemption]) -> list[Beside]:
        """The codes that stand on an order, as those of another offer look at them."""
        offers = {one: self._offers.kept(one) for one in sorted({other.offer for other in others})}
        return [
            Beside(
                code=other.code,
                offer=other.offer,
                stacking=offers[other.offer].stacking,
                discount=other.discount,
                of_shipping=other.of_shipping,
            )
            for other in others
        ]

    def worth(self, offer: Offer, asked: Asked, beside: Sequence[Beside], now: datetime) -> int:
        """What the offer takes off the basket."""
        basket = self._facts.basket(offer, asked, beside, self._facts.local(offer, now))
        return offer.gives.discount(basket).amount

    def plan(
        self, offer: Offer, voucher: Voucher, asked: Asked, beside: Sequence[Beside], now: datetime, turn: int = 1
    ) -> Planned:
        """A use by the customer now, `turn` being the how-manieth code of its order it would be."""
        local = self._facts.local(offer, now)
        basket = self._facts.basket(offer, asked, beside, local)
        claims, full = self._places(offer, voucher, asked.customer, local), []
        wanted = [key for claim in claims for key in claim.keys]
        taken = set(self._redemptions.taken(wanted)) if wanted else set()
        full = [claim.reason for claim in claims if taken.issuperset(claim.keys)]
        cost = offer.gives.cost(basket)
        if offer.budget.customer_money is not None:
            spent, next_turn = self._by_customer(offer, asked, voucher)
            claims.append(_turn(customer_turns(offer.id, asked.customer), next_turn))
            limit = offer.budget.customer_money
            if cost.amount and (spent + cost.amount > limit.amount or cost.currency != limit.currency):
                full.append(Reason.CUSTOMER_MONEY.value)
        claims.append(_turn(order_key(basket.id), turn))
        use = Use(
            offer=offer,
            voucher=voucher,
            customer=asked.customer,
            basket=basket,
            discount=offer.gives.discount(basket),
            cost=cost,
            now=now,
            local=local,
            earlier_orders=self._facts.earlier_orders(offer, asked),
            segments=self._facts.segments(offer, asked),
            beside=beside,
            full=full,
        )
        return Planned(use=use, claims=claims, asked=asked)

    def _places(self, offer: Offer, voucher: Voucher, customer: str, local: datetime) -> list[Claim]:
        """The places that can be full for good."""
        claims = [single_use_claim(voucher.code)] if voucher.single_use else []
        own = offer.budget
        if own.per_customer is not None:
            key = customer_key(offer.id, customer)
            claims.append(Claim(key=key, reason=Reason.CUSTOMER_LIMIT.value, places=own.per_customer))
        periods = dict(zip((one.per for one in own.periods), own.keys(local, ""), strict=True))
        for limit in own.periods:
            if limit.per_customer is not None:
                key = customer_key(offer.id, customer, periods[limit.per])
                claims.append(Claim(key=key, reason=f"customer_{limit.per}", places=limit.per_customer))
        return claims

    def _by_customer(self, offer: Offer, asked: Asked, voucher: Voucher) -> tuple[int, int]:
        """What the offer has given this customer so far, and the turn after their last one."""
        known = self._redemptions.of_customer(offer.id, asked.customer)
        limit, this = offer.budget.customer_money, redemption_id(voucher.code, asked.basket.id)
        counted = [one for one in known if one.standing and one.id != this]
        of = [one for one in counted if limit and one.charged.currency == limit.currency]
        turns = [
            place.rpartition(":")[2] for one in known for place in one.stays or () if place.startswith("customer:")
        ]
        return sum(one.charged.amount - one.returned for one in of), 1 + max(map(int, turns), default=0)


def entry_of(planned: Planned, over: str) -> Entry:
    """What is to be written into the budget for a use; `over` is the ended attempt that it replaces."""
    use, asked = planned.use, planned.asked
    kind, token = use.offer.gives, new_id()
    about = redemption_id(use.voucher.code, use.basket.id)
    points = kind.points(use.basket)
    redemption = Redemption(
        id=about,
        code=use.voucher.code,
        offer=use.offer.id,
        customer=use.customer,
        order=use.basket.id,
        order_total=use.basket.total.amount,
        discount=use.discount.amount,
        currency=use.basket.total.currency,
        state=RedemptionState.RESERVED if asked.until else RedemptionState.REDEEMED,
        at=use.now,
        campaign=use.voucher.campaign,
        message=use.voucher.message,
        attempt=token,
        until=asked.until,
        cost=None if use.cost == use.discount else use.cost,
        of_shipping=kind.of_shipping(use.basket),
        gift=kind.gift,
        points=points,
        counts=use.offer.budget.keys(use.local, use.voucher.campaign) or None,
        owing=bool(points) and asked.until is None,
        bundle=asked.bundle,
        channel=use.basket.channel,
        basket=asked.basket.mark,
    )
    return Entry(
        token=token, at=use.now, what="take", about=about, claims=planned.claims, over=over, redemption=redemption
    )


def _turn(key: str, number: int) -> Claim:
    """The next place in a row that nobody ever takes twice: whoever finds it taken looked before somebody else came."""
    return Claim(key=key, reason=Reason.BUSY.value, first=number, stays=True)
