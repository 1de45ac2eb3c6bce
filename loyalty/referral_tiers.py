"""Tiers of a programme: what an advocate gets besides for so many friends, once each, within the limit of money.

Where there is such a limit, a tier's reward takes its worth from the programme's tally and leaves a hold there, in one
update (1); its achievement is then signed with the hold's token, unless it is signed or refused already (2); the hold
is struck, and what it took is given back in the same update if the achievement does not have its token (3). Whoever
finds a hold brings it to its end, as with referrals (loyalty/referral_limits.py).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from common.clock import Clock
from common.events import Event, event
from common.ids import derive, new_id
from loyalty.programme import Limits, Programmes, ReferralProgramme, ReferralTier
from loyalty.referral import LIMIT, ReferralLookups, ReferralState
from loyalty.referral_limits import Hold, Tallies
from loyalty.referral_rewards import Giving


class Achievement(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename={"id": "_id"}):
    """That an advocate has reached a tier, and what they got for it; its id follows from both.

    While `owing` is set, the reward is decided and not given. `worth` is what a limit of money counts it as, in minor
    units; `taken` is the token by which that was taken, `refused` the limit that it met instead.
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
    worth: int = 0
    taken: str = ""
    refused: str = ""


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

    def decide(self, id: str, taken: str = "", refused: str = "") -> Achievement:
        """Sign it, or refuse it, unless either has been done; as it stands then."""
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


class TierRewards:
    """Gives what is owed for tiers."""

    def __init__(
        self, store: Reached, giving: Giving, tallies: Tallies, programmes: Programmes, clock: Clock, grace: float
    ) -> None:
        """After `grace` seconds a hold is taken for abandoned; too soon costs work, never exactness."""
        self._store = store
        self._giving = giving
        self._tallies = tallies
        self._programmes = programmes
        self._clock = clock
        self._grace = timedelta(seconds=grace)

    def give(self, limit: int) -> int:
        """Give what is owed; how many there were."""
        self._recover()
        owed = self._store.owed(limit)
        for one in owed:
            if self._covered(one):
                tier = ReferralTier(friends=one.friends, offer=one.offer, points=one.points)
                self._store.given(one.id, self._giving.give(tier.reward, f"{one.id}:tier", one.advocate))
        return len(owed)

    def _covered(self, one: Achievement) -> bool:
        """Whether the programme's money covers it; False, too, where others were in the way: then it is tried again."""
        money = self._programmes.get(one.programme).limits.money
        if money is None or not one.worth or one.taken:
            return True
        hold = Hold(token=new_id(), referral=one.id, at=self._clock.now(), what="tier", period="", worth=one.worth)
        if self._tallies.take(one.programme, hold, Limits(money=money)):
            return self._settled(one.programme, hold)
        tally = self._tallies.get(one.programme)
        other = next((open_ for open_ in tally.open if open_.referral == one.id), None)
        if other is not None:
            return self._settled(one.programme, other)
        if tally.worth + one.worth > money.amount:
            return not self._store.decide(one.id, refused=f"{LIMIT}money").refused
        return False

    def _settled(self, programme: str, hold: Hold) -> bool:
        decided = self._store.decide(hold.referral, taken=hold.token)
        self._tallies.settle(programme, hold, back=decided.taken != hold.token)
        return not decided.refused

    def _recover(self) -> None:
        for programme, hold in self._tallies.unsettled(self._clock.now() - self._grace):
            if hold.what == "tier":
                self._settled(programme, hold)


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
        worth=tier.worth.amount if tier.worth and programme.limits.money else 0,
    )
    about = {"programme": programme.id, "friends": tier.friends}
    store.add(achievement, [event("referral_tier_reached", now, advocate, [id_], **about)])
