"""Approval: where the shop or the campaign asks for it, a second key has to agree before anything goes out.

What is agreed to is the campaign as it stands and its words in the versions that they have at that moment: whatever is
changed of either voids it, and later runs of what was launched so keep to those versions.
"""

from datetime import datetime
from typing import Any, Literal

import msgspec

What = Literal["made", "changed", "approved", "launched", "paused", "resumed", "cancelled"]


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """The words of a template as somebody read them."""

    template: str
    version: int


class Approval(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Whether a second key must agree, and which has; all keys by their ids.

    `changed_by` changed the campaign last, `by` has agreed to it since, at `at`, with these `words`.
    """

    required: bool = False
    changed_by: str = ""
    by: str = ""
    at: datetime | None = None
    words: list[Words] = []

    def voided(self, by: str) -> "Approval":
        """After a change by this key."""
        return Approval(required=self.required, changed_by=by)


class CampaignChange(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who did what to a campaign: `fields` holds the value before and after of each that differs; `by` is a key's id.

    `overridden` are the checks that said stop and that whoever launched it passed over.
    """

    version: int
    at: datetime
    what: What
    by: str = ""
    fields: dict[str, list[Any]] = {}
    overridden: list[str] = []
