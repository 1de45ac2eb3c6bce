"""Points for something that a customer did: a name of the shop's own, or a friend who bought."""

from datetime import UTC
from typing import Annotated, ClassVar, Literal

import msgspec

from common.events import Event
from loyalty.points_account import MOST
from loyalty.points_earning import EarningKind, Granted

# Neither an order's events, which earn by their own rules, nor what points themselves bring about.
NAME = r"^(?!order_|points_|tier_)[a-z][a-z0-9_]{0,63}\Z"


class EventSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`points` for an event of this name: each time, once a day (UTC), or once for a customer.

    They can be spent `pending_days` after it happened.
    """

    event: Annotated[str, msgspec.Meta(pattern=NAME)]
    points: Annotated[int, msgspec.Meta(ge=1, le=MOST)]
    each: Literal["event", "day", "customer"] = "event"
    pending_days: Annotated[int, msgspec.Meta(ge=0, le=365)] = 0


class ByEvent(EarningKind[EventSettings]):
    """By what happened."""

    name: ClassVar[str] = "event"
    about: ClassVar[str] = "Points for something a customer did, such as referral_redeemed or a name of your own."
    Settings: ClassVar[type[msgspec.Struct]] = EventSettings

    def of_event(self, event: Event) -> Granted | None:
        """The points, for a cause that is the same as often as it counts once."""
        own = self.settings
        if event.type != own.event:
            return None
        cause = {
            "event": ["event", event.id],
            "day": ["day", event.customer, event.type, event.at.astimezone(UTC).date().isoformat()],
            "customer": ["customer", event.customer, event.type],
        }[own.each]
        return Granted(points=own.points, cause=cause, pending_days=own.pending_days)
