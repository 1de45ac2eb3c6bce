"""Minting: codes that follow from the offer and what they are for, so that minting twice mints once."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial

from msgspec.structs import replace

from common.clock import Clock
from loyalty import codes
from loyalty.offer import Offer, Offers
from loyalty.voucher import Voucher, VoucherStore

# One bulk insert; with some 400 bytes a voucher well below what a server takes at once.
CHUNK = 1_000


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
        blank = Voucher(
            code="",
            offer=offer.id,
            source="",
            issued_at=self._clock.now(),
            campaign=campaign,
            single_use=single_use,
            valid_until=own_end(offer, self._clock.now()),
        )
        minted: dict[str, str] = {}
        sources = list(owners)
        for start in range(0, len(sources), CHUNK):
            chunk = sources[start : start + CHUNK]
            minted |= codes.distinct(chunk, offer.seed, partial(self._keep, blank, owners))
        return minted

    def _keep(self, blank: Voucher, owners: Mapping[str, str], tried: Mapping[str, str]) -> set[str]:
        """Keep vouchers; the codes that another offer or source has, not an earlier minting of the same."""
        taken = self._store.add([_voucher(blank, owners, code, source) for code, source in tried.items()])
        kept = self._store.get(list(taken)) if taken else {}
        return {code for code, other in kept.items() if (other.offer, other.source) != (blank.offer, tried[code])}


def _voucher(blank: Voucher, owners: Mapping[str, str], code: str, source: str) -> Voucher:
    message = source if blank.campaign else ""
    return replace(blank, code=code, source=source, customer=owners[source], message=message)


def own_end(offer: Offer, issued: datetime) -> datetime | None:
    """The voucher's own end; the offer's is read from the offer, which may be prolonged."""
    return offer.ends(issued) if offer.valid_days is not None else None
