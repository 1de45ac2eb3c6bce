"""A voucher: one code of an offer, anybody's or one person's."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Literal, Protocol

import msgspec

# A disabled one can be enabled again; a cancelled one is useless for ever.
VoucherState = Literal["active", "disabled", "cancelled"]


class Voucher(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename={"code": "_id"}):
    """A code. Where `customer` is set only that person can use it; `single_use` ends with its first use.

    `source` says what it was made for and is unique within the offer; `campaign` and `message` say what carried it.
    One of the shop's own codes has what it looks `alike`, and how the shop wrote it where that differs from `code`.
    """

    code: str
    offer: str
    source: str
    issued_at: datetime
    customer: str = ""
    campaign: str = ""
    message: str = ""
    single_use: bool = False
    valid_until: datetime | None = None
    state: VoucherState = "active"
    alike: str = ""
    written: str = ""
    version: int = 1


class VoucherStore(Protocol):
    """The vouchers as they are kept."""

    def add(self, vouchers: Sequence[Voucher]) -> Collection[str]:
        """Keep new ones in bulk; returns the codes that were taken already, whose vouchers stay as they were."""
        ...

    def get(self, codes: Sequence[str]) -> Mapping[str, Voucher]:
        """Those of these codes that exist."""
        ...

    def set_state(self, was: Voucher, state: VoucherState, by: str = "") -> Voucher | None:
        """Disable, enable or cancel a code; what was redeemed stays redeemed. None where it has changed since it was
        read. `by` says who wants it, for the list of changes."""
        ...

    def like(self, alike: str) -> Sequence[Voucher]:
        """Up to two of the shop's own codes that look like this."""
        ...

    def of_offer(self, offer: str, after: str, limit: int) -> Iterator[Voucher]:
        """An offer's vouchers in the order of their codes, up to so many or, with a limit of 0, all; read as needed."""
        ...
