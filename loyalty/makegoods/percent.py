"""A percentage off the next order, more of it after several bad experiences in a row."""

from typing import Annotated, ClassVar

import msgspec

from common.money import Money, share
from loyalty.kind import Price
from loyalty.makegood import MakeGood, Situation, Wish


class PercentSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`percent`, `more_each` for each bad experience right before, up to `most`; `at_most` bounds what comes off."""

    percent: Annotated[int, msgspec.Meta(ge=1, le=100)]
    more_each: Annotated[int, msgspec.Meta(ge=0, le=100)] = 0
    most: Annotated[int, msgspec.Meta(ge=1, le=100)] = 100
    at_most: Price | None = None


class NextOrderPercent(MakeGood[PercentSettings]):
    """It is taken to be worth what it would take off an order like the one that went wrong."""

    name: ClassVar[str] = "percent"
    about: ClassVar[str] = "A percentage off the next order."
    Settings: ClassVar[type[msgspec.Struct]] = PercentSettings

    def wish(self, situation: Situation) -> Wish | None:
        """The percentage, raised by the history."""
        own = self.settings
        percent = min(own.percent + own.more_each * situation.earlier, max(own.most, own.percent))
        off = share(situation.worth.amount, percent)
        settings: dict[str, object] = {"percent": percent}
        if own.at_most is not None:
            if situation.order and own.at_most.currency != situation.order.currency:
                return None
            off = min(off, own.at_most.amount)
            settings["at_most"] = msgspec.to_builtins(own.at_most)
        return Wish(kind="percent", settings=settings, worth=Money(off, situation.worth.currency))
