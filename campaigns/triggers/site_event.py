"""The shop's site saw something: a name of the shop's own, or one that Encore knows."""

from datetime import datetime
from typing import Annotated, ClassVar

import msgspec

from campaigns.trigger import Trigger
from common.errors import Invalid
from common.events import Event
from customers.behaviour import TYPE_PATTERN, is_from_site


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`type`: the event's, as the site sends it to POST /v1/events."""

    type: Annotated[str, msgspec.Meta(pattern=TYPE_PATTERN)]


class SiteEvent(Trigger):
    """A message to each customer of whom the shop's site has told it."""

    name: ClassVar[str] = "site_event"
    summary: ClassVar[str] = "Goes to a customer when the shop's site tells of an event of theirs, by its type."
    Settings: ClassVar[type[msgspec.Struct]] = Settings
    event: ClassVar[str] = "*"
    # What a site tells may be of a message's doing: each person counts by themselves, so that a loop is noticed.
    personal: ClassVar[bool] = True
    # As far as the site names them: a message that says more than it was told is skipped, with the reason.
    speaks_of: ClassVar[frozenset[str]] = frozenset({"order", "wanted", "cart"})

    def next_at(self, after: datetime) -> datetime | None:
        """Never by the clock."""
        return None

    def accepts(self, event: Event) -> bool:
        """The type that is wanted."""
        return bool(event.type == self.settings.type)

    def proof(self) -> None:
        """Refuse what no site can send: a message that triggered itself would never end."""
        if not is_from_site(self.settings.type):
            raise Invalid.field("trigger.type", f"{self.settings.type} is what Encore itself tells, not a site.")
