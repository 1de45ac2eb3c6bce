"""The limits of a referral programme, exact whoever crowds in or dies: many friends of one code at once, too.

There are no transactions. A referral that owes "admit" takes its place in the programme's tally and leaves a hold
there, in one update (1); then it counts, or is rejected, by one update of its own, which writes the hold's token and
its places among its advocate's, each of them unique (2); then the hold is struck, and what it took is given back in the
same update if the referral does not have its token (3). A rejected one that owes "release" leaves a hold (1), strikes
what it owes with the hold's token (2), and its place is given back as the hold is struck, if that token stands (3).
Whoever finds a hold brings it to its end. So a process that dies, or sleeps and wakes up late, leaves nothing wrong.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol
from zoneinfo import ZoneInfo

import msgspec

from common.clock import Clock
from common.errors import Unavailable
from common.events import Event
from common.ids import derive, new_id
from loyalty.programme import Limits, ReferralProgramme
from loyalty.referral import ADMIT, LIMIT, RELEASE, Referral, ReferralLookups, ReferralState, ReferralStore, Taken

# How often a place is tried for when others get the same one, or a tally moves.
TRIES = 200
Outcome = tuple[ReferralState, Mapping[str, Any], Sequence[Event]]


class Hold(msgspec.Struct, frozen=True, kw_only=True):
    """Something open in a tally: a referral that takes its place, or gives it back; or the worth of a tier's reward,
    whose achievement `referral` then names (loyalty/referral_tiers.py)."""

    token: str
    referral: str
    at: datetime
    what: Literal["take", "give", "tier"]
    period: str
    worth: int = 0


class Tally(msgspec.Struct, frozen=True, kw_only=True, rename={"programme": "_id"}):
    """How many friends count, how much they are worth in minor units, and how many in each period."""

    programme: str
    count: int = 0
    worth: int = 0
    periods: dict[str, int] = {}
    open: list[Hold] = []


class Tallies(Protocol):
    """The tallies as they are kept; each call is one update of one tally, and exact."""

    def get(self, programme: str) -> Tally:
        """A programme's; an empty one where nothing was counted."""
        ...

    def take(self, programme: str, hold: Hold, limits: Limits) -> bool:
        """Take the hold's place if the limits allow, and nothing is open about the same referral."""
        ...

    def intend(self, programme: str, hold: Hold) -> None:
        """Note that a place is to be given back; nothing is given yet."""
        ...

    def settle(self, programme: str, hold: Hold, *, back: bool) -> None:
        """Strike a hold, and give its place back if so; nothing where it is struck already."""
        ...

    def unsettled(self, before: datetime) -> Sequence[tuple[str, Hold]]:
        """Holds older than this, with their programmes' ids."""
        ...


class Admission:
    """Lets referrals in as far as the limits go. `accepted` and `refused` say what becomes of one."""

    def __init__(
        self,
        store: ReferralStore,
        lookups: ReferralLookups,
        tallies: Tallies,
        zone: Callable[[], ZoneInfo],
        clock: Clock,
        grace: float,
        accepted: Callable[[ReferralProgramme, Referral], Outcome],
        refused: Callable[[Referral, str], Outcome],
    ) -> None:
        """After `grace` seconds a hold is taken for abandoned; too soon costs work, never exactness."""
        self._store = store
        self._lookups = lookups
        self._tallies = tallies
        self.tally = tallies.get
        self._zone = zone
        self._clock = clock
        self._grace = timedelta(seconds=grace)
        self._accepted = accepted
        self._refused = refused

    def exhausted(self, programme: ReferralProgramme, advocate: str) -> str:
        """The limit that a next friend of this advocate would meet, or an empty text."""
        period = period_of(programme.limits.period, self._clock.now(), self._zone())
        full = _full(programme, self._tallies.get(programme.id), period)
        return full or self._crowded(programme, advocate, period)

    def admit(self, programme: ReferralProgramme, referral: Referral) -> Referral:
        """Let one that owes "admit" count, or reject it by the limit's name; what has become of it, whoever did it."""
        for _ in range(TRIES):
            now = self._clock.now()
            period = period_of(programme.limits.period, now, self._zone())
            hold = Hold(token=new_id(), referral=referral.id, at=now, what="take", period=period, worth=programme.worth)
            if self._tallies.take(programme.id, hold, programme.limits):
                return self._decided(programme, hold)
            tally = self._tallies.get(programme.id)
            other = next((one for one in tally.open if one.referral == referral.id and one.what == "take"), None)
            if other is not None:
                return self._decided(programme, other)
            current = self._store.get([referral.id])[referral.id]
            if not current.owes(ADMIT):
                return current
            full = _full(programme, tally, period)
            if full:
                self._store.move(current, *self._refused(current, full))
                return self._store.get([referral.id])[referral.id]
        raise Unavailable("Others are using the same programme. Try again shortly.", retry_after=1)

    def release(self, referral: Referral) -> None:
        """Give back the place of one that owes "release", once."""
        now = self._clock.now()
        hold = Hold(
            token=new_id(), referral=referral.id, at=now, what="give", period=referral.period, worth=referral.worth
        )
        self._tallies.intend(referral.programme, hold)
        self._given(referral.programme, hold)

    def recover(self, programme: Callable[[str], ReferralProgramme]) -> int:
        """Bring what others left open to its end; how much there was."""
        left = [one for one in self._tallies.unsettled(self._clock.now() - self._grace) if one[1].what != "tier"]
        for id_, hold in left:
            if hold.what == "take":
                self._decided(programme(id_), hold)
            else:
                self._given(id_, hold)
        return len(left)

    def _decided(self, programme: ReferralProgramme, hold: Hold) -> Referral:
        referral = self._store.get([hold.referral])[hold.referral]
        for _ in range(TRIES):
            if not referral.owes(ADMIT):
                break
            try:
                self._store.move(referral, *self._outcome(programme, referral, hold))
            except Taken:
                continue
            finally:
                referral = self._store.get([hold.referral])[hold.referral]
        self._tallies.settle(programme.id, hold, back=referral.tally != hold.token)
        return referral

    def _given(self, programme: str, hold: Hold) -> None:
        self._store.done(hold.referral, RELEASE, {"released": hold.token})
        referral = self._store.get([hold.referral]).get(hold.referral)
        self._tallies.settle(programme, hold, back=referral is not None and referral.released == hold.token)

    def _outcome(self, programme: ReferralProgramme, referral: Referral, hold: Hold) -> Outcome:
        """What a referral that has a place in the tally becomes: it counts if its advocate has places left, too."""
        full, places = self._places(programme, referral.advocate, hold.period)
        if full:
            return self._refused(referral, full)
        state, fields, news = self._accepted(programme, referral)
        place = {"tally": hold.token, "places": places or None, "period": hold.period, "worth": hold.worth or None}
        return state, {**fields, **place}, news

    def _crowded(self, programme: ReferralProgramme, advocate: str, period: str) -> str:
        return self._places(programme, advocate, period)[0]

    def _places(self, programme: ReferralProgramme, advocate: str, period: str) -> tuple[str, list[str]]:
        """The limit that an advocate has reached, or else the first free places among what they may have."""
        limits, found = programme.limits, []
        if limits.per_advocate is None and limits.per_advocate_and_period is None:
            return "", []
        counted = self._lookups.of_advocate(programme.id, advocate)
        scopes = (
            ("limit_per_advocate", limits.per_advocate, "", counted),
            (
                "limit_per_advocate_and_period",
                limits.per_advocate_and_period,
                period,
                [one for one in counted if one.period == period],
            ),
        )
        for reason, most, within, theirs in scopes:
            if most is None:
                continue
            place = _free(derive("place", programme.id, advocate, within), most, theirs)
            if not place:
                return reason, []
            found.append(place)
        return "", found


def _free(prefix: str, most: int, counted: Sequence[Referral]) -> str:
    """The first free one of the numbered places, less those that count without one of these: from before there was the
    limit, or brought along from another customer's id by a merge."""
    taken = {place for one in counted for place in one.places or () if place.startswith(prefix)}
    elsewhere = len(counted) - len(taken)
    numbered = (f"{prefix}:{number}" for number in range(1, most - elsewhere + 1))
    return next((place for place in numbered if place not in taken), "")


def _full(programme: ReferralProgramme, tally: Tally, period: str) -> str:
    limits = programme.limits
    if limits.in_all is not None and tally.count >= limits.in_all:
        return f"{LIMIT}in_all"
    if limits.in_period is not None and tally.periods.get(period, 0) >= limits.in_period:
        return f"{LIMIT}in_period"
    if limits.money is not None and tally.worth + programme.worth > limits.money.amount:
        return f"{LIMIT}money"
    return ""


def period_of(kind: str, at: datetime, zone: ZoneInfo) -> str:
    """The name of the period of the shop's calendar in which an instant lies: 2026-11-22, 2026-W47, 2026-11, 2026."""
    day = at.astimezone(zone).date()
    if kind == "week":
        year, week, _ = day.isocalendar()
        return f"{year}-W{week:02}"
    return day.isoformat()[: {"day": 10, "month": 7, "year": 4}[kind]]
