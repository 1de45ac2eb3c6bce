"""A voucher: one code of an offer, anybody's or one person's."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Literal, Protocol

import msgspec


class Voucher(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename={"code": "_id"}):
    """A code. Where `customer` is set only that person can use it; `single_use` ends with its first use.

    `source` says what it was made for and is unique within the offer; `campaign` and `message` say what carried it.
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
    state: Literal["active", "cancelled"] = "active"


class VoucherStore(Protocol):
    """The vouchers as they are kept."""

    def add(self, vouchers: Sequence[Voucher]) -> Collection[str]:
        """Keep new ones in bulk; returns the codes that were taken already, whose vouchers stay as they were."""
        ...

    def get(self, codes: Sequence[str]) -> Mapping[str, Voucher]:
        """Those of these codes that exist."""
        ...

    def cancel(self, code: str) -> bool:
        """Make a code useless from now on; what was redeemed stays redeemed. False where it was already."""
        ...
