"""Codes at the checkout: what one would give, holding it, using it, taking that back. Never beyond a budget."""

import random
import time
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta

import msgspec
from msgspec.structs import replace

from common.clock import Clock
from common.errors import Invalid, NotFound
from common.ids import new_id
from common.money import Money
from loyalty.basket import Basket
from loyalty.bundle import STILL_OPEN, Bundles
from loyalty.conditions import ROOM, SENTENCES, STACKED, Reason, Refused, Use, against, refusal
from loyalty.facts import Asked, Facts
from loyalty.giving import Giving
from loyalty.kind import Gift
from loyalty.minting import Minting
from loyalty.offer import Budgets, Offer, Offers
from loyalty.redemption import OVER, Entry, Redemption, RedemptionState, RedemptionStore, redemption_id
from loyalty.settlement import Settlement
from loyalty.stacking import Beside
from loyalty.using import Planner, entry_of
from loyalty.voucher import Voucher, VoucherStore
from loyalty.voucher_book import VoucherBook, VoucherStatus

HOLD_SECONDS = 900
# How often a redemption that meets another definition, or others of the same order or customer, starts again.
TRIES = 80
LONGEST_PAUSE = 0.05
AT_ONCE = 500


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What a code would give, or exactly why it would not; `against` is the code that it does not go with."""

    code: str
    offer: str
    valid: bool
    discount: Money | None = None
    gift: Gift | None = None
    points: int = 0
    reason: str = ""
    detail: str = ""
    against: str = ""


class Vouchers:
    """The service for one code at a time."""

    def __init__(
        self,
        offers: Offers,
        budgets: Budgets,
        store: VoucherStore,
        redemptions: RedemptionStore,
        bundles: Bundles,
        facts: Facts,
        giving: Giving,
        clock: Clock,
        grace: float,
    ) -> None:
        """After `grace` seconds an open entry is taken for abandoned; too soon costs work, never exactness."""
        self._offers = offers
        self._budgets = budgets
        self._store = store
        self._redemptions = redemptions
        self._bundles = bundles
        self._planner = Planner(facts, offers, redemptions)
        self._giving = giving
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

    def cancel(self, code: str) -> Voucher:
        """Make a code useless from now on; what was redeemed stays redeemed. Raises NotFound."""
        return self.book.set_state(code, "cancelled")

    def validate(self, typed: str, customer: str, basket: Basket, segments: Collection[str] | None = None) -> Verdict:
        """What the code would give for this basket; changes nothing. Raises NotFound."""
        voucher = self.get(typed)
        on_order = self._redemptions.of_order(basket.id)
        kept = _mine(voucher, basket, on_order)
        return self.try_beside(voucher, Asked(customer=customer, basket=basket, segments=segments), kept, on_order)

    def try_beside(
        self,
        voucher: Voucher,
        asked: Asked,
        kept: Redemption | None,
        on_order: Sequence[Redemption],
        before: Sequence[Beside] = (),
    ) -> Verdict:
        """What a code would give beside others: those on the order, and those that are to be used `before` it."""
        offer = self._offers.kept(voucher.offer)
        others = [one for one in on_order if one.standing and one is not kept]
        beside = [*self._planner.beside(others), *before]
        use = self._planner.plan(offer, voucher, asked, beside, self._clock.now()).use
        used = kept is not None and kept.standing
        own = kept is not None and used and kept.customer == asked.customer
        reason = _settled(kept, asked) if own and kept else Reason.ORDER_OF_ANOTHER if used else refusal(use)
        if reason is None and kept is not None and kept.state is RedemptionState.ROLLED_BACK:
            reason = Reason.ROLLED_BACK
        verdict = Verdict(code=voucher.code, offer=offer.id, valid=reason is None)
        if reason:
            other = against(use) if reason in STACKED else ""
            return replace(verdict, reason=reason.value, detail=SENTENCES[reason], against=other)
        if kept is not None and own and kept.meant_for(asked.basket):
            return replace(verdict, discount=kept.off, gift=kept.gift, points=kept.points)
        kind = offer.gives
        return replace(verdict, discount=use.discount, gift=kind.gift, points=kind.points(use.basket))

    def reserve(
        self,
        typed: str,
        customer: str,
        basket: Basket,
        seconds: float = HOLD_SECONDS,
        segments: Collection[str] | None = None,
    ) -> Redemption:
        """Hold the code for an order; the hold ends by itself. Raises NotFound, Refused.

        Again for the same order and discount, it is the same hold; after it was redeemed, the redemption.
        """
        until = self._clock.now() + timedelta(seconds=seconds)
        return self.take(self.get(typed), Asked(customer=customer, basket=basket, until=until, segments=segments))

    def redeem(self, typed: str, customer: str, basket: Basket, segments: Collection[str] | None = None) -> Redemption:
        """Use the code for an order, once: again for the same order, it is the same redemption.

        Raises NotFound, Refused; "already_redeemed" where the order has become another since.
        """
        return self.take(self.get(typed), Asked(customer=customer, basket=basket, segments=segments))

    def rollback(self, id: str, part: Money | None = None) -> Redemption:
        """Take a redemption back, or end a hold; again, it is the same, and its reason says so.

        With `part`, only so much of what it took off is taken back.
        A part is taken back once, and the whole may follow. Raises NotFound, Invalid for a part that is none, and
        Refused where another part was taken back already.
        """
        kept = self._redemptions.get(id)
        if kept is None or kept.state is RedemptionState.REFUSED:
            raise NotFound("redemption", id)
        kept = self._withdrawn(kept)
        for attempt in range(TRIES):
            if not kept.standing if part is None else _is_back(kept, part):
                paid = self._paid(kept)
                return paid if attempt else replace(paid, reason=Reason.ALREADY_ROLLED_BACK.value)
            kept = self._end(kept, part.amount if part else 0)
        raise Refused(Reason.BUSY)

    def recover(self) -> int:
        """Finish what others left half done, and end the holds that have run out; returns how much there was."""
        now = self._clock.now()
        abandoned = self._budgets.unsettled(now - self._grace)
        for offer, entry in abandoned:
            self._settlement.settle(offer, entry)
        overdue = self._redemptions.overdue(now, AT_ONCE)
        for held in overdue:
            self.release(held)
        owing = self._redemptions.owing(now - self._grace, AT_ONCE)
        for one in owing:
            self._giving.settle(one)
        return len(abandoned) + len(overdue) + len(owing)

    def decided(self, held: Redemption) -> Redemption:
        """A hold as the call for several codes that it belongs to has decided about it."""
        if held.bundle and held.state is RedemptionState.RESERVED:
            bundle = self._bundles.get(held.bundle)
            if bundle is not None and bundle.state == "redeemed":
                self._redemptions.move(held, RedemptionState.REDEEMED, self._clock.now())
                return self._paid(self._redemptions.get(held.id) or held)
        return held

    def take(self, voucher: Voucher, asked: Asked) -> Redemption:
        """Use a code, or hold it: what `redeem` and `reserve` do, for a voucher that was found. Raises Refused."""
        for attempt in range(TRIES):
            on_order = self._redemptions.of_order(asked.basket.id)
            kept = _mine(voucher, asked.basket, on_order)
            kept = self.decided(kept) if kept else None
            if kept is not None and kept.standing:
                if kept.customer != asked.customer:
                    raise Refused(Reason.ORDER_OF_ANOTHER)
                again = self._again(kept, asked, on_order)
            else:
                again = self._anew(voucher, asked, kept, on_order)
            if again is not None:
                return self._paid(again)
            if attempt:  # the first time it is mostly something of one's own that was in the way
                time.sleep(random.uniform(0, min(LONGEST_PAUSE, 0.001 * 2**attempt)))  # noqa: S311  # to part a crowd
        raise Refused(Reason.BUSY)

    def make_room(self) -> bool:
        """End the holds that have run out; whether there were any."""
        overdue = self._redemptions.overdue(self._clock.now(), AT_ONCE)
        for held in overdue:
            self.release(held)
        return bool(overdue)

    def release(self, held: Redemption) -> None:
        """End a hold, unless the call for several codes that it belongs to has decided to redeem it."""
        held = self._withdrawn(held)
        if held.state is RedemptionState.RESERVED:
            self._end(held)

    def _paid(self, redemption: Redemption) -> Redemption:
        """With its points where they belong."""
        if redemption.owing:
            self._giving.settle(redemption)
        return redemption

    def _again(self, kept: Redemption, asked: Asked, on_order: Sequence[Redemption]) -> Redemption | None:
        """What stands already, moved on as far as is wanted; None where it had to be ended to start again."""
        if kept.state is RedemptionState.REDEEMED:
            if reason := _settled(kept, asked):
                raise Refused(reason)
            return kept
        now, basket = self._clock.now(), asked.basket
        before = [one for one in on_order if one.standing and one.id != kept.id and one.turn < kept.turn]
        worth = self._planner.worth(self._offers.kept(kept.offer), asked, self._planner.beside(before), now)
        lasts = kept.until is not None and kept.until > now
        same = kept.discount == worth and (kept.order_total, kept.currency) == (
            basket.total.amount,
            basket.total.currency,
        )
        if not lasts or not same or (asked.bundle and kept.bundle != asked.bundle):
            self._end(kept) if asked.bundle == kept.bundle else self.release(kept)
            return None
        if asked.until is not None:
            return kept
        self._redemptions.move(kept, RedemptionState.REDEEMED, now)
        moved = self._redemptions.get(kept.id)
        return moved if moved is not None and moved.state is RedemptionState.REDEEMED else None

    def _anew(
        self, voucher: Voucher, asked: Asked, kept: Redemption | None, on_order: Sequence[Redemption]
    ) -> Redemption | None:
        """A new redemption; None where something moved underneath and it is to be tried again. Raises Refused."""
        if kept is not None and kept.state not in OVER:
            raise Refused(Reason.ROLLED_BACK)
        offer = self._offers.kept(voucher.offer)
        beside = self._planner.beside([one for one in on_order if one.standing])
        turn = 1 + max((one.turn for one in on_order), default=0)
        planned = self._planner.plan(offer, voucher, asked, beside, self._clock.now(), turn)
        reason = refusal(planned.use)
        if reason:
            # The last place may be held by an earlier try of this very order, whose process died before it was told.
            if self._help(offer, redemption_id(voucher.code, asked.basket.id)):
                return None
            if self._made_room(reason, planned.use, on_order) or self._was_oneself(reason, planned.use, kept):
                return None
            raise Refused(reason, against(planned.use) if reason in STACKED else "")
        entry = entry_of(planned, kept.attempt if kept else "")
        if not self._budgets.take(offer, entry):
            self._help(self._offers.kept(offer.id), entry.about)
            return None
        decided = self._settlement.settle(offer.id, entry)
        if decided.attempt != entry.token:
            return None
        if decided.state is RedemptionState.REFUSED and decided.reason != Reason.BUSY:
            raise Refused(Reason(decided.reason))
        return decided if decided.standing else None

    def _help(self, offer: Offer, about: str) -> bool:
        """Finish the other tries about the same redemption, which stand in the way of this one; if there were any."""
        others = [entry for entry in offer.open if entry.about == about]
        for entry in others:
            self._settlement.settle(offer.id, entry)
        return bool(others)

    def _made_room(self, reason: Reason, use: Use, on_order: Sequence[Redemption]) -> bool:
        """Whether holds that have run out stood in the way; what has expired has expired, swept or not."""
        overdue: list[Redemption] = []
        if reason in ROOM:
            overdue = [one for one in self._redemptions.overdue(use.now, AT_ONCE) if one.offer == use.offer.id]
        elif reason in STACKED:
            overdue = [one for one in on_order if one.state is RedemptionState.RESERVED and one.until]
            overdue = [one for one in overdue if one.until and one.until <= use.now]
        for held in overdue:
            self.release(held)
        return bool(overdue)

    def _was_oneself(self, reason: Reason, use: Use, kept: Redemption | None) -> bool:
        """Whether what is in the way is another call for this very order that came in between."""
        if reason not in ROOM | STACKED:
            return False
        mine = self._redemptions.get(redemption_id(use.voucher.code, use.basket.id))
        return mine is not None and (kept is None or mine.attempt != kept.attempt)

    def _withdrawn(self, held: Redemption) -> Redemption:
        """A hold for which nobody can decide any more that it is redeemed together with others; or it is already."""
        if held.bundle and held.state is RedemptionState.RESERVED:
            self._bundles.move(held.bundle, STILL_OPEN, "dropped", self._clock.now())
        return self.decided(held)

    def _end(self, kept: Redemption, part: int = 0) -> Redemption:
        held = kept.state is RedemptionState.RESERVED
        entry = Entry(
            token=new_id(),
            at=self._clock.now(),
            what="give_back",
            about=kept.id,
            redemption=kept,
            target=RedemptionState.RELEASED if held else RedemptionState.ROLLED_BACK,
            part=part,
        )
        self._budgets.intend(kept.offer, entry)
        return self._paid(self._settlement.settle(kept.offer, entry))


def _mine(voucher: Voucher, basket: Basket, on_order: Sequence[Redemption]) -> Redemption | None:
    wanted = redemption_id(voucher.code, basket.id)
    return next((one for one in on_order if one.id == wanted), None)


def _settled(kept: Redemption, asked: Asked) -> Reason | None:
    """Why what an order has used already is not what it asks for now: it has become another order since."""
    changed = kept.state is RedemptionState.REDEEMED and not kept.meant_for(asked.basket)
    return Reason.ALREADY_REDEEMED if changed else None


def _is_back(kept: Redemption, part: Money) -> bool:
    """Whether just this part was taken back already; raises Invalid, Refused where it cannot be."""
    if kept.returned and (kept.returned, kept.currency) == (part.amount, part.currency):
        return True
    if kept.state is not RedemptionState.REDEEMED:
        raise Refused(Reason.NOT_REDEEMED if kept.standing else Reason.ALREADY_ROLLED_BACK)
    if kept.returned:
        raise Refused(Reason.ALREADY_ROLLED_BACK)
    if not kept.discount:
        raise Refused(Reason.NO_PART)
    if part.currency != kept.currency:
        raise Invalid.field("amount.currency", f"The discount was in {kept.currency}.", Reason.CURRENCY)
    if not 0 < part.amount < kept.discount:
        reason = "zero" if not part.amount else "negative" if part.amount < 0 else "too_large"
        said = f"Must be more than nothing and less than the discount, {kept.discount}."
        raise Invalid.field("amount.amount", said, reason)
    return False
