"""What a kind of trigger is: something that opens runs of a campaign, by hand, by the clock or by an event."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any, ClassVar, Protocol

import msgspec

from campaigns import triggers
from common.errors import Invalid
from common.events import Event
from common.kinds import scan
from customers.orders import Order


class NoSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """For a trigger that needs none."""


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """A time at which a campaign goes out; `key` names it for ever.

    Where each time zone has its own, `zones` are those that it is for, and `wave` names the one time that they share;
    `elsewhere` says that it is also for those of whom no zone is known.
    """

    key: str
    at: datetime
    wave: str = ""
    zones: list[str] = []
    elsewhere: bool = False


class Past(Protocol):
    """What a customer has ordered."""

    def of_customer(self, customer: str) -> list[Order]:
        """All of a customer's orders, the latest first."""
        ...


class Trigger(ABC):
    """A kind of trigger; one file in campaigns/triggers.

    `name` is what a campaign says, `summary` a sentence for a form, `Settings` what may be set,
    `event` the type of event it listens to ("" for none) and `once` whether a single run ends the campaign.
    `personal` says that people go through the campaign one by one even where it has no steps, so that each occasion
    counts once for each of them; `looks_every`, in seconds, that it looks for people itself (campaigns/watch.py).
    `each_counts` says that each occasion is about a thing of its own, such as an order: where the campaign does not say
    otherwise, each begins a journey, whoever is on one already. `speaks_of` are the groups of words (such as "order")
    that its messages may use because of it (campaigns/needs.py).
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    Settings: ClassVar[type[msgspec.Struct]] = NoSettings
    event: ClassVar[str] = ""
    once: ClassVar[bool] = False
    personal: ClassVar[bool] = False
    looks_every: ClassVar[float] = 0.0
    each_counts: ClassVar[bool] = False
    speaks_of: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, settings: Any, zone: str = "UTC") -> None:
        """`zone` is the shop's."""
        self.settings = settings
        self.zone = zone

    @property
    def brings_people(self) -> bool:
        """Whether it needs no segment to know whom it is about."""
        return bool(self.event or self.looks_every)

    @abstractmethod
    def next_at(self, after: datetime) -> datetime | None:
        """When it is due next, strictly after an instant; None for never, or not by the clock."""

    def due(self, first: datetime, now: datetime) -> list[Due]:
        """What is to go out now, where the first time that is due was `first`; the earliest first."""
        return [Due(key=first.isoformat(), at=first)]

    def accepts(self, event: Event) -> bool:
        """Whether an event of its type opens a run."""
        return event.type == self.event

    def holds(self, event: Event, past: Past) -> bool:
        """Whether what is kept of the customer bears out an event that it accepts; most need not look."""
        return True

    def proof(self) -> None:  # noqa: B027  # most kinds have nothing to refuse
        """Raise Invalid where the settings can make no sense at any time; when they are saved."""

    def check(self, now: datetime) -> None:
        """Raise Invalid where the settings make no sense at this time; at launch."""
        self.proof()


@cache
def kinds() -> dict[str, type[Trigger]]:
    """Every kind of trigger, by name."""
    return scan(triggers, Trigger)  # type: ignore[type-abstract]  # only concrete ones are returned


def parse(trigger: Mapping[str, Any], zone: str = "UTC") -> Trigger:
    """The trigger that a campaign's setting stands for, in a shop of this time zone; raises Invalid by the field."""
    given = dict(trigger)
    name = given.pop("kind", "launched")
    kind = kinds().get(str(name))
    if kind is None:
        raise Invalid.field("trigger.kind", f"There is no trigger {name!r}; there are {', '.join(kinds())}.")
    try:
        return kind(msgspec.convert(given, kind.Settings), zone)
    except msgspec.ValidationError as error:
        sentence, _, place = str(error).partition(" - at `$.")
        path = f"trigger.{place.rstrip('`')}" if place else "trigger"
        raise Invalid.field(path, f"{sentence}.") from None
