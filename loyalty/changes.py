"""What became of offers, codes and referral programmes: who changed what, and when; told as events, with the change."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

import msgspec

from common.events import Event, event

# What can be changed, and told of; the name of the field by which the event says which one.
Kind = Literal["offer", "voucher", "referral_programme"]
# What can have become of it. Of an offer, that it was given codes, too; which leaves its version as it is.
WHAT = ("made", "changed", "deleted", "codes_import_begun", "codes_import_ended", "codes_minted")
# What says nothing of the definition, or is nobody's to read.
_NOT_DEFINED = frozenset({"id", "seed", "spent", "open", "alerts", "created_at", "updated_at", "version"})


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One change of the thing `about`, by which it came to this `version`.

    `fields` holds the value before and after of each that differs; `by` is the id of an API key, empty where Encore did
    it by itself.
    """

    id: str
    about: str
    version: int
    at: datetime
    what: str
    by: str
    fields: dict[str, list[Any]]


def told_of(kind: Kind) -> str:
    """The type of the events that tell of changes."""
    return f"{kind}_changed"


def changed(
    kind: Kind, about: tuple[str, int], what: str, at: datetime, by: str, fields: Mapping[str, list[Any]], key: str = ""
) -> Event:
    """The event that tells of a change; `about` is what was changed and its version after it.

    With a `key` it is one of several that leave the version as it is.
    """
    id_, version = about
    named: list[str | int] = [id_, version, *([key] if key else [])]
    said = {kind: id_, "version": version, "what": what, "by": by, "fields": dict(fields)}
    return event(told_of(kind), at, "", named, **said)


def differing(was: msgspec.Struct | None, now: msgspec.Struct) -> dict[str, list[Any]]:
    """The value before and after of each field of a definition that differs; where there `was` none, of each."""
    before, after = _defined(was) if was else {}, _defined(now)
    return {
        name: [before.get(name), after.get(name)]
        for name in sorted(after.keys() | before.keys())
        if before.get(name) != after.get(name)
    }


def as_change(kind: Kind, told: Event) -> Change:
    """A change as its event tells it."""
    data = dict(told.data)
    return Change(id=told.id, at=told.at, about=data.pop(kind), **data)


def _defined(thing: msgspec.Struct) -> dict[str, Any]:
    # What is as it is by default, too, which a document may leave out.
    wanted = [name for name in thing.__struct_fields__ if name not in _NOT_DEFINED]
    return {name: msgspec.to_builtins(getattr(thing, name)) for name in wanted}
