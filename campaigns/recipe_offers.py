"""The settings that recipes with an offer share: so many in a hundred off."""

from typing import Annotated

import msgspec

from campaigns.recipe import Kitchen
from loyalty.offer import Offer

Percent = Annotated[float, msgspec.Meta(ge=1, le=90)]
CodeDays = Annotated[int, msgspec.Meta(ge=1, le=365)]


class Gives(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`percent` off, `code_most` minor units of the shop's currency at most, within `code_days`; or an `offer` that
    the shop has already, by its id.
    """

    percent: Percent = 10.0
    code_most: Annotated[int, msgspec.Meta(ge=1, le=10**12)] | None = None
    code_days: CodeDays = 30
    offer: Annotated[str, msgspec.Meta(max_length=64)] = ""


def offers_of(gives: Gives, kitchen: Kitchen) -> tuple[str, list[Offer]]:
    """The id of what is given, and the offers to be made for it."""
    if gives.offer:
        return gives.offer, []
    most = {} if gives.code_most is None else {"at_most": kitchen.price(gives.code_most)}
    made = kitchen.offer("offer", "percent", {"percent": gives.percent, **most}, gives.code_days)
    return made.id, [made]
