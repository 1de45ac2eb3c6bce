"""Minting: codes that follow from the offer and what they are for, so that minting twice mints once."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec.structs import replace

from common.clock import Clock
from loyalty import codes
from loyalty.offer import Offer, Offers
from loyalty.voucher import Voucher, VoucherStore


# One bulk insert; with some 400 bytes a voucher well below what a server takes at once.
CHUNK = 1_000
# Two sources that come to one code are told apart by a salt; the odds of needing the second are one in 10**10.
SALTS = 4


class Minting:
    """Makes vouchers in bulk."""

    def __init__(self, offers: Offers, store: VoucherStore, clock: Clock) -> None:
        self._offers = offers
        self._store = store
        self._clock = clock

    def mint(
        self, offer_id: str, owners: Mapping[str, str], campaign: str = "", single_use: bool = True
    ) -> dict[str, str]:
        """A code for each source, owned by its customer (an empty owner: anybody's); raises NotFound for the offer.

        A source is anything unique within the offer, such as a message's id; the same source always gets the same
        code. With `campaign`, the sources are the ids of the messages that carry the codes.
        """
        offer = self._offers.get(offer_id)
        now = self._clock.now()
        minted: dict[str, str] = {}
        sources = list(owners)
        for start in range(0, len(sources), CHUNK):
            chunk = [
                Voucher(
                    code="",
                    offer=offer.id,
                    source=source,
                    issued_at=now,
                    customer=owners[source],
                    campaign=campaign,
                    message=source if campaign else "",
                    single_use=single_use,
                    valid_until=_personal_end(offer, now),
                )
                for source in sources[start : start + CHUNK]
            ]
            minted.update(self._add(offer, chunk))
        return minted

    def _add(self, offer: Offer, vouchers: Sequence[Voucher]) -> dict[str, str]:
        minted: dict[str, str] = {}
        left = list(vouchers)
        for salt in range(SALTS):
            coded = [replace(voucher, code=codes.make(offer.seed, voucher.source, salt)) for voucher in left]
            clashes = self._clashes(coded)
            minted.update({voucher.source: voucher.code for voucher in coded if voucher.code not in clashes})
            left = [voucher for voucher in coded if voucher.code in clashes]
            if not left:
                return minted
        raise RuntimeError(f"{SALTS} codes in a row were taken; the offer's seed cannot be right.")

    def _clashes(self, coded: Sequence[Voucher]) -> set[str]:
        """The codes that were taken by another offer or source, not by an earlier minting of the same."""
        taken = self._store.add(coded)
        kept = self._store.get(taken) if taken else {}
        wanted = {voucher.code: (voucher.offer, voucher.source) for voucher in coded}
        return {code for code, voucher in kept.items() if (voucher.offer, voucher.source) != wanted[code]}


def _personal_end(offer: Offer, issued: datetime) -> datetime | None:
    """The voucher's own end; the offer's is read from the offer, which may be prolonged."""
    return offer.ends(issued) if offer.valid_days is not None else None
