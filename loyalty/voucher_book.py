"""Vouchers by their codes: found as somebody typed them, looked at, listed, switched off and on."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Literal

import msgspec

from common.clock import Clock
from loyalty import codes
from loyalty.conditions import Reason, Refused
from loyalty.offer import Offer, Offers
from loyalty.redemption import Claim, Redemptions
from loyalty.voucher import Voucher, VoucherState, VoucherStore

# How often a change that meets another one of the same code starts again.
TRIES = 20
State = Literal["active", "used", "expired", "disabled", "cancelled", "offer_deleted"]


class VoucherStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What has become of a voucher; a used one is held or redeemed by an order."""

    state: State
    valid_until: datetime | None


class VoucherBook:
    """All vouchers there are."""

    def __init__(self, offers: Offers, store: VoucherStore, redemptions: Redemptions, clock: Clock) -> None:
        self._offers = offers
        self._store = store
        self._redemptions = redemptions
        self._clock = clock

    def get(self, typed: str) -> Voucher:
        """The voucher of a code as somebody typed it; raises NotFound with a reason of codes.REASONS.

        The code as it is written comes first, then what it means as one of ours, then the one that it looks like.
        """
        plain = codes.written(typed)
        why = codes.fault(plain, typed)
        if why:
            raise codes.none("voucher", typed, why)
        meant = codes.alike(plain)
        found = self._store.get([plain, meant] if meant != plain and codes.is_ours(meant) else [plain])
        voucher = found.get(plain) or found.get(meant)
        if voucher is None:
            likely = self._store.like(meant)
            if len(likely) != 1:
                raise codes.none("voucher", typed, codes.reason_of(plain))
            return likely[0]
        return voucher

    def statuses(self, offer_id: str, vouchers: Sequence[Voucher]) -> list[VoucherStatus]:
        """Whether vouchers of one offer can still be used by anybody, and until when; in two reads however many."""
        offer = self._offers.kept(offer_id)
        single = [one.code for one in vouchers if one.single_use]
        taken = self._redemptions.taken([key for code in single for key in single_use_claim(code).keys])
        return [self._status(offer, one, taken) for one in vouchers]

    def _status(self, offer: Offer, voucher: Voucher, taken: Collection[str]) -> VoucherStatus:
        ends = [end for end in (offer.valid_until, voucher.valid_until) if end]
        state: State = "active"
        if offer.deleted_at is not None:
            state = "offer_deleted"
        elif voucher.state != "active":
            state = voucher.state
        elif voucher.single_use and not set(single_use_claim(voucher.code).keys).isdisjoint(taken):
            state = "used"
        elif ends and self._clock.now() >= min(ends):
            state = "expired"
        return VoucherStatus(state=state, valid_until=min(ends, default=None))

    def of_offer(self, offer_id: str, after: str = "", limit: int = 0) -> Iterator[Voucher]:
        """An offer's vouchers in the order of their codes, all of them or a page; raises NotFound for the offer."""
        return self._store.of_offer(self._offers.get(offer_id).id, after, limit)

    def set_state(self, typed: str, state: VoucherState, by: str = "") -> Voucher:
        """Disable, enable or cancel a code; what was redeemed stays redeemed. `by` says who wants it.

        Raises NotFound, and Refused where it is cancelled and is to be something else.
        """
        for _ in range(TRIES):
            voucher = self.get(typed)
            if voucher.state == state:
                return voucher
            if voucher.state == "cancelled":
                raise Refused(Reason.CANCELLED)
            changed = self._store.set_state(voucher, state, by)
            if changed is not None:
                return changed
        raise Refused(Reason.BUSY)


def single_use_claim(code: str) -> Claim:
    """The one place that every use of a single-use code must get."""
    return Claim(key=f"code:{code}", reason=Reason.SPENT.value)
