"""A customer holds a voucher and does not use it."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Annotated, ClassVar

import msgspec

from campaigns.occasion import Look, Occasion
from campaigns.watch import Watch, parts
from common.errors import Invalid
from loyalty.voucher import Voucher

Name = Annotated[str, msgspec.Meta(max_length=64)]
Days = Annotated[int, msgspec.Meta(ge=1, le=3_650)]


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`after_days` since it was given, or `before_end_days`; vouchers of this `offer`, of this `campaign`, or any."""

    after_days: Days | None = None
    before_end_days: Days | None = None
    offer: Name = ""
    campaign: Name = ""


class VoucherUnused(Watch):
    """A message to each customer with a voucher of their own that still can be used; once for each."""

    name: ClassVar[str] = "voucher_unused"
    summary: ClassVar[str] = "Goes to a customer who has not used a voucher for some days, or some days before its end."
    Settings: ClassVar[type[msgspec.Struct]] = Settings
    speaks_of: ClassVar[frozenset[str]] = frozenset({"unused"})
    each_counts: ClassVar[bool] = True

    def proof(self) -> None:
        """Refuse what names no time, or two."""
        if (self.settings.after_days is None) == (self.settings.before_end_days is None):
            raise Invalid.field("trigger.after_days", "Say `after_days` or `before_end_days`, one of them.")

    def found(self, look: Look) -> Iterator[Sequence[Occasion]]:
        """By when they were given, or end."""
        settings, ending = self.settings, self.settings.before_end_days is not None
        shift = timedelta(days=settings.before_end_days or 0) - timedelta(days=settings.after_days or 0)
        rows = look.search.unused(look.start + shift, look.now + shift, ending, settings.offer, settings.campaign)
        return parts(_of(voucher) for voucher in rows)


def _of(voucher: Voucher) -> Occasion:
    told = {"code": voucher.code, "offer": voucher.offer, "valid_until": voucher.valid_until}
    key = f"voucher {voucher.code}"
    return Occasion(customer=voucher.customer, key=key, since=voucher.issued_at, data={"event": told})
