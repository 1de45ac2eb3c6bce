"""Tiers of a programme: what an advocate gets besides for so many friends, once each."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from common.events import Event, event
from common.ids import derive
from loyalty.programme import ReferralProgramme, ReferralTier
from loyalty.referral import ReferralLookups, ReferralState
from loyalty.referral_rewards import Giving


class Achievement(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename={"id": "_id"}):
    """That an advocate has reached a tier, and what they got for it; its id follows from both.

    While `owing` is set, the reward is decided and not given.
    """

    id: str
    programme: str
    advocate: str
    friends: int
    at: datetime
    offer: str = ""
    points: int = 0
    voucher: str = ""
    owing: bool | None = None


class Reached(Protocol):
    """The achievements as they are kept."""

    def add(self, achievement: Achievement, news: Sequence[Event]) -> bool:
        """Keep a new one with its events; False where it is there already."""
        ...

    def of(self, advocate: str) -> Sequence[Achievement]:
        """A customer's."""
        ...

    def owed(self, limit: int) -> Sequence[Achievement]:
        """Those whose reward is not given."""
        ...

    def given(self, id: str, voucher: str) -> None:
        """The reward is given."""
        ...


def reached(
    store: Reached, lookups: ReferralLookups, programme: ReferralProgramme, advocate: str, now: datetime
) -> None:
    """Keep which tiers an advocate has reached. It counts after the referral was rewarded, and so the last of many that
    are rewarded at once sees all of them."""
    found = lookups.of_advocate(programme.id, advocate)
    friends = sum(one.state is ReferralState.REWARDED and not one.again for one in found)
    known = {(one.programme, one.friends) for one in store.of(advocate)}
    for tier in programme.tiers:
        if tier.friends <= friends and (programme.id, tier.friends) not in known:
            _keep(store, programme, tier, advocate, now)


def give(store: Reached, giving: Giving, limit: int) -> int:
    """Give what is owed for tiers; how many there were."""
    owed = store.owed(limit)
    for one in owed:
        tier = ReferralTier(friends=one.friends, offer=one.offer, points=one.points)
        store.given(one.id, giving.give(tier.reward, f"{one.id}:tier", one.advocate))
    return len(owed)


def _keep(store: Reached, programme: ReferralProgramme, tier: ReferralTier, advocate: str, now: datetime) -> None:
    id_ = derive("referral tier", programme.id, advocate, tier.friends)
    achievement = Achievement(
        id=id_,
        programme=programme.id,
        advocate=advocate,
        friends=tier.friends,
        at=now,
        offer=tier.offer,
        points=tier.points,
        owing=True,
    )
    about = {"programme": programme.id, "friends": tier.friends}
    store.add(achievement, [event("referral_tier_reached", now, advocate, [id_], **about)])
