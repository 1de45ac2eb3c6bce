"""Several codes on one order in one call: all of them are held or used, or none is, whoever dies in between.

Each code is held first, as a hold of its own that names the call (a bundle) it belongs to. What then happens to all of
them is decided by one move of the bundle: open -> reserved, open or reserved -> redeemed, or -> dropped. Whoever comes
across a hold does as its bundle has decided; who wants to end one drops the bundle before. So a process that dies
leaves holds that end by themselves, or codes that are redeemed and only have to be moved on, which the sweeper does.
"""

import random
import time
from collections.abc import Sequence
from datetime import timedelta

import msgspec
from msgspec.structs import replace

from common.clock import Clock
from common.errors import Conflict, Invalid, NotFound
from common.ids import new_id
from common.money import Money
from loyalty.bundle import STILL_OPEN, Bundle, Bundles
from loyalty.conditions import SENTENCES, Reason, Refused
from loyalty.facts import Asked
from loyalty.offer import Offers
from loyalty.redemption import Redemption, RedemptionState, RedemptionStore, redemption_id
from loyalty.stacking import Beside
from loyalty.voucher import Voucher
from loyalty.vouchers import HOLD_SECONDS, Verdict, Vouchers

# Time to put a bundle together; who needs longer finds it dropped and starts again.
TOGETHER_SECONDS = 60.0
TRIES = 20
LONGEST_PAUSE = 0.1
AT_ONCE = 500
NOT_ALL = "not_all_codes"


class Together(msgspec.Struct, frozen=True, kw_only=True):
    """What several codes would give on one order: in the order in which they are reckoned, with why one does not."""

    valid: bool
    discount: Money
    codes: list[Verdict]


class NotAll(Conflict):
    """One of several codes cannot be used, so none was; `codes` says what would become of each."""

    def __init__(self, codes: Sequence[Verdict]) -> None:
        wrong = next(one for one in codes if not one.valid)
        super().__init__(f"None of the codes was used, because of {wrong.code}: {wrong.detail}", NOT_ALL)
        self.codes = list(codes)


class Checkout:
    """The service for several codes at a time."""

    def __init__(
        self,
        vouchers: Vouchers,
        offers: Offers,
        redemptions: RedemptionStore,
        bundles: Bundles,
        clock: Clock,
        grace: float,
    ) -> None:
        """After `grace` seconds a bundle that nobody finished is taken for abandoned."""
        self._vouchers = vouchers
        self._offers = offers
        self._redemptions = redemptions
        self._bundles = bundles
        self._clock = clock
        self._grace = timedelta(seconds=grace)

    def validate(self, typed: Sequence[str], asked: Asked) -> Together:
        """What the codes would give together, and by which rule one would not; changes nothing."""
        vouchers, unknown = self._ordered(typed)
        verdicts = [*self._tried(vouchers, asked), *unknown]
        off = sum(one.discount.amount for one in verdicts if one.valid and one.discount)
        return Together(
            valid=all(one.valid for one in verdicts),
            discount=Money(off, asked.basket.total.currency),
            codes=verdicts,
        )

    def reserve(self, typed: Sequence[str], asked: Asked, seconds: float = HOLD_SECONDS) -> list[Redemption]:
        """Hold all the codes for an order; the holds end by themselves. Raises NotAll, Refused."""
        return self._together(typed, asked, seconds)

    def redeem(self, typed: Sequence[str], asked: Asked) -> list[Redemption]:
        """Use all the codes for an order, once: again for the same order, it is the same. Raises like `reserve`."""
        return self._together(typed, asked, None)

    def recover(self) -> int:
        """Give up what others began to put together and never ended; how many there were."""
        left = self._bundles.left_open(self._clock.now() - self._grace, AT_ONCE)
        for bundle in left:
            self._give_up(bundle)
        return len(left)

    def _ordered(self, typed: Sequence[str]) -> tuple[list[Voucher], list[Verdict]]:
        """The vouchers in the order in which they are reckoned, and what is to be said of codes that are none.

        Raises Invalid for one that comes twice.
        """
        vouchers: list[Voucher] = []
        unknown: list[Verdict] = []
        for one in typed:
            try:
                vouchers.append(self._vouchers.get(one))
            except NotFound as error:
                unknown.append(Verdict(code=error.id, offer="", valid=False, reason=error.reason, detail=str(error)))
        codes = [*(voucher.code for voucher in vouchers), *(verdict.code for verdict in unknown)]
        for place, code in enumerate(codes):
            if code in codes[:place]:
                raise Invalid.field(f"codes.{place}", "Stands there twice.")
        offers = {one: self._offers.kept(one).stacking.order for one in sorted({each.offer for each in vouchers})}
        # The same for everybody, so that of many who want the same codes at once somebody gets them all.
        return sorted(vouchers, key=lambda voucher: (offers[voucher.offer], voucher.offer, voucher.code)), unknown

    def _tried(self, vouchers: Sequence[Voucher], asked: Asked) -> list[Verdict]:
        """What each would give beside those before it that would be used."""
        on_order = self._redemptions.of_order(asked.basket.id)
        kept = {one.id: one for one in on_order}
        before: list[Beside] = []
        verdicts = []
        for voucher in vouchers:
            mine = kept.get(redemption_id(voucher.code, asked.basket.id))
            verdict = self._vouchers.try_beside(voucher, asked, mine, on_order, before)
            verdicts.append(verdict)
            if verdict.valid and not (mine and mine.standing):
                before.append(self._beside(verdict, asked))
        return verdicts

    def _beside(self, verdict: Verdict, asked: Asked) -> Beside:
        offer = self._offers.kept(verdict.offer)
        off = verdict.discount.amount if verdict.discount else 0
        return Beside(
            code=verdict.code,
            offer=offer.id,
            stacking=offer.stacking,
            discount=off,
            of_shipping=min(off, offer.gives.of_shipping(asked.basket)),
        )

    def _together(self, typed: Sequence[str], asked: Asked, seconds: float | None) -> list[Redemption]:
        vouchers, unknown = self._ordered(typed)
        if unknown:
            raise NotAll([*self._tried(vouchers, asked), *unknown])
        for attempt in range(TRIES):
            kept = self._kept(vouchers, asked)
            done = [one for one in kept if one.state is RedemptionState.REDEEMED]
            if len(done) == len(vouchers):
                return done
            redeemed = {one.code for one in done}
            left = [voucher for voucher in vouchers if voucher.code not in redeemed]
            bundle = self._bundle_for(left, [one for one in kept if one not in done], asked, seconds)
            if bundle is not None:
                self._fill(bundle, vouchers, left, asked)
                if self._decided(bundle, seconds):
                    return self._kept(vouchers, asked)
            time.sleep(random.uniform(0, min(LONGEST_PAUSE, 0.005 * 2**attempt)))  # noqa: S311  # to part a crowd
        raise Refused(Reason.WITHDRAWN)

    def _kept(self, vouchers: Sequence[Voucher], asked: Asked) -> list[Redemption]:
        """What stands of the codes on this order, moved on as its bundle has decided; raises Refused for another's."""
        wanted = {redemption_id(voucher.code, asked.basket.id) for voucher in vouchers}
        found = [one for one in self._redemptions.of_order(asked.basket.id) if one.standing and one.id in wanted]
        if any(one.customer != asked.customer for one in found):
            raise Refused(Reason.ORDER_OF_ANOTHER)
        if any(one.state is RedemptionState.REDEEMED and not one.meant_for(asked.basket) for one in found):
            raise Refused(Reason.ALREADY_REDEEMED)
        return [self._vouchers.decided(one) for one in sorted(found, key=lambda one: one.turn)]

    def _bundle_for(
        self, left: Sequence[Voucher], kept: Sequence[Redemption], asked: Asked, seconds: float | None
    ) -> Bundle | None:
        """The bundle that holds just these codes, or a new one; None where another call is in the way for a moment.

        Raises NotAll where one of the codes cannot be used.
        """
        known = self._known(left, kept, asked)
        if known is not None:
            return known if known.state == "reserved" else None
        if not self._possible(left, kept, asked):
            return None
        now = self._clock.now()
        bundle = Bundle(
            id=new_id(),
            order=asked.basket.id,
            customer=asked.customer,
            codes=[one.code for one in left],
            basket=asked.basket.mark,
            state="open",
            at=now,
            until=now + timedelta(seconds=TOGETHER_SECONDS if seconds is None else seconds),
        )
        if self._bundles.add(bundle):
            return bundle
        if (other := self._bundles.at_work(bundle.order)) and other.at < now - self._grace:
            self._give_up(other)
        return None

    def _known(self, left: Sequence[Voucher], kept: Sequence[Redemption], asked: Asked) -> Bundle | None:
        """The bundle by which just these codes are held, or one that is being put together; others are given up."""
        now = self._clock.now()
        for name in sorted({one.bundle for one in kept if one.bundle and one.state is RedemptionState.RESERVED}):
            known = self._bundles.get(name)
            if known is None or known.state == "dropped":
                continue
            same = set(known.codes) == {one.code for one in left} and known.basket == asked.basket.mark
            if known.state == "reserved" and known.until > now and same:
                return known
            if known.state == "open" and known.at > now - self._grace:
                return known
            self._give_up(known)
        return None

    def _possible(self, left: Sequence[Voucher], kept: Sequence[Redemption], asked: Asked) -> bool:
        """Whether all of them can be used; False where it is another call for this order that is in the way.

        Raises NotAll.
        """
        verdicts = self._tried(left, asked)
        if not all(one.valid for one in verdicts) and self._vouchers.make_room():
            verdicts = self._tried(left, asked)
        if all(one.valid for one in verdicts):
            return True
        if {one.attempt for one in self._kept(left, asked)} == {one.attempt for one in kept}:
            raise NotAll(verdicts)
        return False

    def _fill(self, bundle: Bundle, vouchers: Sequence[Voucher], left: Sequence[Voucher], asked: Asked) -> None:
        """Hold every code that is left under the bundle; where one is refused, give all of them up and raise NotAll."""
        mine = replace(asked, until=bundle.until, bundle=bundle.id)
        for voucher in left:
            try:
                self._vouchers.take(voucher, mine)
            except Refused as refused:
                self._give_up(bundle)
                raise NotAll([_verdict(one, voucher, refused.reason) for one in vouchers]) from refused

    def _decided(self, bundle: Bundle, seconds: float | None) -> bool:
        """Decide about all codes of the bundle at once; False where somebody has dropped it meanwhile."""
        now = self._clock.now()
        if seconds is None:
            return self._bundles.move(bundle.id, STILL_OPEN, "redeemed", now)
        return bundle.state == "reserved" or self._bundles.move(bundle.id, STILL_OPEN[:1], "reserved", now)

    def _give_up(self, bundle: Bundle) -> None:
        """Drop a bundle and end its holds, unless it has been decided to redeem them."""
        self._bundles.move(bundle.id, STILL_OPEN, "dropped", self._clock.now())
        for held in self._redemptions.of_order(bundle.order):
            if held.bundle == bundle.id and held.state is RedemptionState.RESERVED:
                self._vouchers.release(held)


def _verdict(voucher: Voucher, wrong: Voucher, reason: str) -> Verdict:
    """What is said of each code where one was refused at the last moment."""
    verdict = Verdict(code=voucher.code, offer=voucher.offer, valid=voucher is not wrong)
    return replace(verdict, reason=reason, detail=SENTENCES[Reason(reason)]) if voucher is wrong else verdict
