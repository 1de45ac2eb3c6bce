"""Codes at the checkout: what one would give, holding it, using it, taking that back. Never beyond a budget."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import msgspec
from msgspec.structs import replace

from common.clock import Clock
from common.errors import NotFound
from common.ids import new_id
from common.money import Money
from loyalty.basket import Basket
from loyalty.conditions import SENTENCES, Reason, Refused, Use, refusal
from loyalty.minting import Minting
from loyalty.offer import Budgets, Offer, Offers
from loyalty.redemption import (
    OVER,
    Claim,
    Entry,
    Redemption,
    Redemptions,
    RedemptionState,
    customer_key,
    redemption_id,
)
from loyalty.settlement import Settlement
from loyalty.voucher import Voucher, VoucherStore
from loyalty.voucher_book import VoucherBook, VoucherStatus, single_use_claim

HOLD_SECONDS = 900
# How often a redemption that meets another definition, or another try for the same order, starts again.
TRIES = 5
AT_ONCE = 500

EarlierOrders = Callable[[str, str], int]


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What a code would give, or exactly why it would not."""

    code: str
    offer: str
    valid: bool
    discount: Money | None = None
    reason: str = ""
    detail: str = ""


class Vouchers:
    """The service; `earlier_orders(customer, order)` counts a customer's standing orders but that one."""

    def __init__(
        self,
        offers: Offers,
        budgets: Budgets,
        store: VoucherStore,
        redemptions: Redemptions,
        earlier_orders: EarlierOrders,
        clock: Clock,
        grace: float,
    ) -> None:
        """After `grace` seconds an open entry is taken for abandoned; too soon costs work, never exactness."""
        self._offers = offers
        self._budgets = budgets
        self._store = store
        self._redemptions = redemptions
        self._earlier_orders = earlier_orders
        self._clock = clock
        self._grace = timedelta(seconds=grace)
        self.book = VoucherBook(offers, store, redemptions, clock)
        self._minting = Minting(offers, store, clock)
        self._settlement = Settlement(budgets, redemptions)

    def mint(
        self, offer_id: str, owners: Mapping[str, str], campaign: str = "", single_use: bool = True
    ) -> dict[str, str]:
        """See Minting.mint."""
        return self._minting.mint(offer_id, owners, campaign, single_use)

    def get(self, typed: str) -> Voucher:
        """See VoucherBook.get."""
        return self.book.get(typed)

    def status(self, voucher: Voucher) -> VoucherStatus:
        """See VoucherBook.statuses."""
        return self.book.statuses(voucher.offer, [voucher])[0]

    def cancel(self, code: str) -> bool:
        """Make a code useless from now on; what was redeemed stays redeemed."""
        return self._store.set_state(code, "cancelled")

    def validate(self, typed: str, customer: str, basket: Basket) -> Verdict:
        """What the code would give for this basket; changes nothing. Raises NotFound."""
        voucher = self.get(typed)
        offer = self._offers.get(voucher.offer)
        use = self._use(offer, voucher, customer, basket)
        kept = self._redemptions.get(redemption_id(voucher.code, basket.id))
        own = kept is not None and kept.standing and kept.customer == customer
        reason = None if own else refusal(use)
        if reason is None and kept is not None and kept.state is RedemptionState.ROLLED_BACK:
            reason = Reason.ROLLED_BACK
        verdict = Verdict(code=voucher.code, offer=offer.id, valid=reason is None)
        if reason:
            return replace(verdict, reason=reason.value, detail=SENTENCES[reason])
        return replace(verdict, discount=kept.off if kept is not None and own else use.discount)

    def reserve(self, typed: str, customer: str, basket: Basket, seconds: float = HOLD_SECONDS) -> Redemption:
        """Hold the code for an order; the hold ends by itself. Raises NotFound, Refused.

        Again for the same order and discount, it is the same hold; after it was redeemed, the redemption.
        """
        return self._take(typed, customer, basket, self._clock.now() + timedelta(seconds=seconds))

    def redeem(self, typed: str, customer: str, basket: Basket) -> Redemption:
        """Use the code for an order, once: again for the same order, it is the same redemption.

        Raises NotFound, Refused.
        """
        return self._take(typed, customer, basket, None)

    def rollback(self, id: str) -> Redemption:
        """Take a redemption back, or end a hold; again, it is the same. Raises NotFound."""
        kept = self._redemptions.get(id)
        if kept is None or kept.state is RedemptionState.REFUSED:
            raise NotFound("redemption", id)
        for _ in range(TRIES):
            if not kept.standing:
                return kept
            kept = self._end(kept)
        raise Refused(Reason.BUSY)

    def recover(self) -> int:
        """Finish what others left half done, and end the holds that have run out; returns how much there was."""
        now = self._clock.now()
        abandoned = self._budgets.unsettled(now - self._grace)
        for offer, entry in abandoned:
            self._settlement.settle(offer, entry)
        overdue = self._redemptions.overdue(now, AT_ONCE)
        for held in overdue:
            self._end(held)
        return len(abandoned) + len(overdue)

    def _take(self, typed: str, customer: str, basket: Basket, until: datetime | None) -> Redemption:
        voucher = self.get(typed)
        for _ in range(TRIES):
            kept = self._redemptions.get(redemption_id(voucher.code, basket.id))
            if kept is not None and kept.standing:
                if kept.customer != customer:
                    raise Refused(Reason.OTHER_CUSTOMER)
                again = self._again(kept, basket, until)
            else:
                again = self._anew(voucher, customer, basket, until, kept)
            if again is not None:
                return again
        raise Refused(Reason.BUSY)

    def _again(self, kept: Redemption, basket: Basket, until: datetime | None) -> Redemption | None:
        """What stands already, moved on as far as is wanted; None where it had to be ended to start again."""
        if kept.state is RedemptionState.REDEEMED:
            return kept
        now = self._clock.now()
        worth = self._offers.get(kept.offer).gives.discount(basket)
        lasts = kept.until is not None and kept.until > now
        if not lasts or kept.off != worth or kept.order_total != basket.total.amount:
            self._end(kept)
            return None
        if until is not None:
            return kept
        if self._redemptions.move(kept, RedemptionState.REDEEMED, now):
            return replace(kept, state=RedemptionState.REDEEMED)
        return None

    def _anew(
        self, voucher: Voucher, customer: str, basket: Basket, until: datetime | None, kept: Redemption | None
    ) -> Redemption | None:
        """A new redemption; None where something moved underneath and it is to be tried again. Raises Refused."""
        if kept is not None and kept.state not in OVER:
            raise Refused(Reason.ROLLED_BACK)
        offer = self._offers.get(voucher.offer)
        use = self._use(offer, voucher, customer, basket)
        reason = refusal(use)
        if reason:
            if self._made_room(offer, reason, use):
                return None
            raise Refused(reason)
        entry = _entry(use, until, kept.attempt if kept else "")
        if not self._budgets.take(offer, entry):
            self._help(offer.id, entry.about)
            return None
        decided = self._settlement.settle(offer.id, entry)
        if decided.state is RedemptionState.REFUSED and decided.attempt == entry.token:
            raise Refused(Reason(decided.reason))
        return decided if decided.attempt == entry.token and decided.standing else None

    def _use(self, offer: Offer, voucher: Voucher, customer: str, basket: Basket) -> Use:
        claims = _claims(offer, voucher, customer)
        taken = set(self._redemptions.taken([key for claim in claims for key in claim.keys])) if claims else set()
        return Use(
            offer=offer,
            voucher=voucher,
            customer=customer,
            basket=basket,
            discount=offer.gives.discount(basket),
            now=self._clock.now(),
            earlier_orders=self._earlier_orders(customer, basket.id) if offer.conditions.first_order else 0,
            full=[claim.reason for claim in claims if taken.issuperset(claim.keys)],
        )

    def _help(self, offer: str, about: str) -> None:
        """Finish another try about the same redemption, which stands in the way of this one."""
        for entry in self._offers.get(offer).open:
            if entry.about == about:
                self._settlement.settle(offer, entry)

    def _made_room(self, offer: Offer, reason: Reason, use: Use) -> bool:
        """Whether holds that have run out stood in the way; what has expired has expired, swept or not."""
        if reason not in (Reason.SPENT, Reason.CUSTOMER_LIMIT, Reason.BUDGET_USES, Reason.BUDGET_MONEY):
            return False
        overdue = [held for held in self._redemptions.overdue(use.now, AT_ONCE) if held.offer == offer.id]
        for held in overdue:
            self._end(held)
        return bool(overdue)

    def _end(self, kept: Redemption) -> Redemption:
        held = kept.state is RedemptionState.RESERVED
        entry = Entry(
            token=new_id(),
            at=self._clock.now(),
            what="give_back",
            about=kept.id,
            redemption=kept,
            target=RedemptionState.RELEASED if held else RedemptionState.ROLLED_BACK,
        )
        self._budgets.intend(kept.offer, entry)
        return self._settlement.settle(kept.offer, entry)


def _claims(offer: Offer, voucher: Voucher, customer: str) -> list[Claim]:
    """The places that a use of this code by this customer must get."""
    claims = []
    if voucher.single_use:
        claims.append(single_use_claim(voucher.code))
    if offer.budget.per_customer is not None:
        key = customer_key(offer.id, customer)
        claims.append(Claim(key=key, reason=Reason.CUSTOMER_LIMIT.value, places=offer.budget.per_customer))
    return claims


def _entry(use: Use, until: datetime | None, over: str) -> Entry:
    """What is to be written into the budget for this use."""
    about, token = redemption_id(use.voucher.code, use.basket.id), new_id()
    return Entry(
        token=token,
        at=use.now,
        what="take",
        about=about,
        claims=_claims(use.offer, use.voucher, use.customer),
        over=over,
        redemption=Redemption(
            id=about,
            code=use.voucher.code,
            offer=use.offer.id,
            customer=use.customer,
            order=use.basket.id,
            order_total=use.basket.total.amount,
            discount=use.discount.amount,
            currency=use.basket.total.currency,
            state=RedemptionState.RESERVED if until else RedemptionState.REDEEMED,
            at=use.now,
            campaign=use.voucher.campaign,
            message=use.voucher.message,
            attempt=token,
            until=until,
        ),
    )
