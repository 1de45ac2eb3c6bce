"""What became of the definition of an offer: who changed what, and when; told as events, with the change itself."""

from datetime import datetime
from typing import Any

import msgspec

from common.events import Event, event
from loyalty.offer import Offer

CHANGED = "offer_changed"
# What says nothing of the definition, or is nobody's to read.
_NOT_DEFINED = frozenset({"_id", "seed", "spent", "open", "alerts", "created_at", "updated_at", "version"})


class OfferChange(msgspec.Struct, frozen=True, kw_only=True):
    """One change: `fields` holds the value before and after of each that differs; `by` is the id of an API key."""

    id: str
    offer: str
    version: int
    at: datetime
    what: str
    by: str
    fields: dict[str, list[Any]]


def change_of(was: Offer | None, now: Offer, at: datetime, by: str) -> Event:
    """The event that tells of a change, or that an offer was made where there `was` none."""
    before, after = _defined(was) if was else {}, _defined(now)
    fields = {
        name: [before.get(name), after.get(name)]
        for name in sorted(after.keys() | before.keys())
        if before.get(name) != after.get(name)
    }
    what = "made" if was is None else "deleted" if now.deleted_at and not was.deleted_at else "changed"
    about: list[str | int] = [now.id, now.version]
    return event(CHANGED, at, "", about, offer=now.id, version=now.version, what=what, by=by, fields=fields)


def as_change(told: Event) -> OfferChange:
    """A change as its event tells it."""
    return OfferChange(id=told.id, at=told.at, **told.data)


def _defined(offer: Offer) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(offer)
    return {name: value for name, value in plain.items() if name not in _NOT_DEFINED}
