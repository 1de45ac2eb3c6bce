"""The programme: what earns points, how long they last, what they are worth and buy, and which tiers there are."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Protocol

import msgspec

from common.errors import Invalid
from common.money import Money, check_currencies
from loyalty.points_account import MOST
from loyalty.points_earning import EarningKind, make
from loyalty.points_expiry import Expiry
from loyalty.points_expiry import checked as checked_expiry
from loyalty.tiers import TierRules
from loyalty.tiers import checked as checked_tiers


class Worth(msgspec.Struct, frozen=True, kw_only=True):
    """So many points are worth so much money."""

    points: Annotated[int, msgspec.Meta(ge=1, le=MOST)] = 100
    money: Money = Money(100, "EUR")

    def of(self, points: int) -> Money:
        """What points are worth, half a minor unit rounded up."""
        return Money((2 * points * self.money.amount + self.points) // (2 * self.points), self.money.currency)


class Earning(msgspec.Struct, frozen=True, kw_only=True):
    """A rule by which points are earned: one of the kinds, and its settings."""

    kind: str
    settings: dict[str, Any] = {}


class Reward(msgspec.Struct, frozen=True, kw_only=True):
    """What points buy: a personal voucher of an offer."""

    offer: str
    points: Annotated[int, msgspec.Meta(ge=1, le=MOST)]


class PointsProgramme(msgspec.Struct, frozen=True, kw_only=True, rename={"version": "_id"}):
    """The rules for points; each version is kept.

    An order earns if it was placed after `started_at`, or with `history` whenever it was placed. `notice_days` before
    points are lost, their owner's campaigns are told.
    """

    version: int = 0
    active: bool = False
    started_at: datetime | None = None
    history: bool = False
    worth: Worth = Worth()
    earning: list[Earning] = []
    expiry: Expiry = Expiry()
    notice_days: Annotated[int, msgspec.Meta(ge=0, le=365)] = 30
    tiers: TierRules = TierRules()
    rewards: list[Reward] = []
    changed_at: datetime | None = None
    changed_by: str = ""

    @property
    def rules(self) -> list[EarningKind[Any]]:
        """The rules by which points are earned, ready for use."""
        return [make(rule.kind, rule.settings) for rule in self.earning]

    def earns(self, placed_at: datetime) -> bool:
        """Whether an order of this time may earn anything."""
        begun = self.started_at is not None and placed_at >= self.started_at
        return self.active and (begun or self.history)

    def price(self, offer: str) -> int | None:
        """How many points a voucher of this offer costs; None where it is not to be had for points."""
        return next((reward.points for reward in self.rewards if reward.offer == offer), None)


class PointsProgrammes(Protocol):
    """The programme as it is kept, version by version."""

    def get(self) -> PointsProgramme:
        """The latest version; an inactive programme where there is none."""
        ...

    def put(self, programme: PointsProgramme, expected_version: int | None = None) -> PointsProgramme:
        """Keep the next version; raises Stale when `expected_version` is given and no longer holds."""
        ...

    def page(self, after: str, limit: int) -> Sequence[PointsProgramme]:
        """The versions, the newest first, those before the version `after`."""
        ...


def checked(programme: PointsProgramme) -> PointsProgramme:
    """The programme, if it makes sense; raises Invalid naming the field that does not."""
    for place, rule in enumerate(programme.earning):
        try:
            make(rule.kind, rule.settings)
        except Invalid as error:
            fields = {f"earning.{place}.{path}": messages for path, messages in error.fields.items()}
            raise Invalid(f"earning.{place}: {error}", fields) from None
    checked_expiry(programme.expiry)
    checked_tiers(programme.tiers)
    offers = [reward.offer for reward in programme.rewards]
    for place, offer in enumerate(offers):
        if offer in offers[:place]:
            raise Invalid.field(f"rewards.{place}.offer", "Stands there twice.")
    if programme.worth.money.amount < 1:
        raise Invalid.field("worth.money.amount", "Must be at least 1.", "zero")
    check_currencies({"worth.money": programme.worth.money})
    return programme
