"""The next order is sent for nothing."""

from typing import Annotated, ClassVar

import msgspec

from common.money import Money
from loyalty.makegood import MakeGood, Situation, Wish


class FreeShippingSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What it is taken to be `worth`, in minor units of the order's currency."""

    worth: Annotated[int, msgspec.Meta(ge=1, le=10**9)] = 500


class NextOrderShipping(MakeGood[FreeShippingSettings]):
    """As small as a make-good can be."""

    name: ClassVar[str] = "free_shipping"
    about: ClassVar[str] = "Free shipping of the next order."
    Settings: ClassVar[type[msgspec.Struct]] = FreeShippingSettings

    def wish(self, situation: Situation) -> Wish | None:
        """Free shipping."""
        return Wish(kind="free_shipping", settings={}, worth=Money(self.settings.worth, situation.worth.currency))
