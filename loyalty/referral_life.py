"""A referral's life from when it is kept: let in, ordered, decided, paid. What is decided stands in the document as
`owing`, and is done by whoever comes by; so whatever dies, each step is done once."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from common.clock import Clock
from common.errors import Conflict
from common.events import Event, event
from customers.orders import Order
from customers.shop import Shop
from loyalty.programme import Programmes, ReferralProgramme
from loyalty.referral import (
    ADMIT,
    ADVOCATE,
    FRIEND,
    RECALL,
    RELEASE,
    TIERS,
    UNDECIDED,
    Note,
    Referral,
    ReferralLookups,
    ReferralState,
    ReferralStore,
)
from loyalty.referral_case import Cases
from loyalty.referral_limits import Admission, Outcome, Tallies
from loyalty.referral_rewards import Giving
from loyalty.referral_tiers import Reached, reached
from loyalty.suspicion import BY_HAND, judge

UNDONE = frozenset({"cancelled", "returned", "refunded"})
# More than a referral can owe at once.
_MOST_OWED = 8


class Life:
    """What can happen to a referral."""

    def __init__(
        self,
        programmes: Programmes,
        store: ReferralStore,
        lookups: ReferralLookups,
        tallies: Tallies,
        achievements: Reached,
        giving: Giving,
        cases: Cases,
        shop: Callable[[], Shop],
        clock: Clock,
        grace: float,
    ) -> None:
        """After `grace` seconds what is half done is taken for abandoned."""
        self._programmes = programmes
        self._store = store
        self._lookups = lookups
        self._achievements = achievements
        self._giving = giving
        self._cases = cases
        self._shop = shop
        self._clock = clock
        outcomes = (self.accepted, self.refused)
        self.admission = Admission(store, lookups, tallies, self._zone, clock, grace, *outcomes)

    def due_at(self, programme: ReferralProgramme, since: datetime, *, order: bool) -> datetime:
        """When the advocate's reward has waited long enough."""
        days = programme.wait_days
        if days is None:
            days = self._shop().return_window_days if order else 0
        return since + timedelta(days=days)

    def accepted(self, programme: ReferralProgramme, was: Referral) -> Outcome:
        """What becomes of one that the limits let in; the friend gets theirs."""
        owing = [what for what in was.owing or () if what != ADMIT]
        if programme.friend.given and not was.again:
            owing.append(FRIEND)
        counts = was.state is not ReferralState.CLAIMED
        target = ReferralState.PENDING if counts else ReferralState.CLAIMED
        return target, {"owing": owing or None}, self.news(was) if counts else []

    def refused(self, was: Referral, reason: str) -> Outcome:
        """What becomes of one that is rejected: the friend's reward is taken back, their addresses are forgotten."""
        owing = []
        if was.friend_voucher or was.friend_points or was.owes(FRIEND):
            owing.append(RECALL)
        if was.tally:
            owing.append(RELEASE)
        fields: dict[str, Any] = {
            "reasons": [*was.reasons, reason],
            "decided_at": self._clock.now(),
            "traces": None,
            "places": None,
            "owing": owing or None,
        }
        return ReferralState.REJECTED, fields, []

    def news(self, referral: Referral) -> list[Event]:
        """What the advocate's campaigns react to: told when the referral counts, not while it is in review."""
        about = {"referral": referral.id, "programme": referral.programme, "friend": referral.friend}
        ordered = {"order": referral.order} if referral.order else {}
        now = self._clock.now()
        return [event("referral_redeemed", now, referral.advocate, [referral.id], **about, **ordered)]

    def ordered(
        self, programme: ReferralProgramme, was: Referral, facts: Mapping[str, Any], doubts: Sequence[str] = ()
    ) -> bool:
        """A claimed one's friend has ordered; `facts` are the fields that tell of the order. Raises Taken."""
        reasons = list(dict.fromkeys([*was.reasons, *doubts]))
        fields = {**facts, "reasons": reasons}
        if doubts or (reasons and not was.cleared):
            return self._store.move(was, ReferralState.REVIEW, fields)
        if was.tally:
            with_order = replace(was, **facts)
            return self._store.move(was, ReferralState.PENDING, fields, self.news(with_order))
        fields["owing"] = [*(what for what in was.owing or () if what != ADMIT), ADMIT]
        return self._store.move(was, ReferralState.ORDERED, fields)

    def approve(self, was: Referral, note: Note) -> Referral:
        """A person sees nothing wrong. Raises Conflict where it has moved on since it was read."""
        fields: dict[str, Any] = {"cleared": True, "decided_at": self._clock.now(), "notes": [*was.notes, note]}
        if was.state is ReferralState.CLAIMED:
            programme = self._programmes.get(was.programme)
            if programme.friend_when == "claim" and not was.tally:
                fields["owing"] = [*(was.owing or ()), ADMIT]
            moved = self._store.move(was, ReferralState.CLAIMED, fields)
        elif was.tally:
            moved = self._store.move(was, ReferralState.PENDING, fields, self.news(was))
        else:
            fields["owing"] = [*(was.owing or ()), ADMIT]
            moved = self._store.move(was, ReferralState.ORDERED, fields)
        return self._after(moved, was)

    def reject(self, was: Referral, note: Note) -> Referral:
        """A person says no. Raises Conflict where it has moved on since it was read."""
        state, fields, _ = self.refused(was, BY_HAND)
        days = self._programmes.get(was.programme).evidence_days
        until = was.evidence_until or self._clock.now() + timedelta(days=days)
        fields = {**fields, "notes": [*was.notes, note], "barred": was.traces, "evidence_until": until}
        return self._after(self._store.move(was, state, fields), was)

    def drop(self, was: Referral, reason: str) -> bool:
        """Reject it for a reason that is nobody's decision; False where it has moved on meanwhile."""
        return self._store.move(was, *self.refused(was, reason))

    def undone(self, programme: ReferralProgramme, was: Referral, order: Order) -> str:
        """Why the order, as it is now, does not count, or an empty text."""
        if order.state in UNDONE:
            return f"order_{order.state}"
        if order.refunded and programme.refunds == "any":
            return "order_refunded_in_part"
        least = programme.minimum
        if least and order.currency == least.currency and order.total - order.refunded < least.amount:
            return "below_minimum"
        return ""

    def shrink(self, programme: ReferralProgramme, was: Referral, order: Order) -> None:
        """Bring the friend's points down to the part of the order that they kept, where the programme says so."""
        if programme.refunds != "part" or not programme.friend.points or not was.friend_points or was.again:
            return
        left = _share(programme.friend.points, order)
        self._giving.shrink(programme.friend, f"{was.id}:friend", was.friend, left)
        self._store.move(was, was.state, {"friend_points": left or None})

    def decide(self, programme: ReferralProgramme, was: Referral, order: Order | None) -> None:
        """Reward, reject or hand over to a person; if somebody else has moved it meanwhile, that stands."""
        if was.state is ReferralState.CLAIMED:
            self.drop(was, "claim_expired")
            return
        reason = self.undone(programme, was, order) if order else ""
        doubts = [] if reason or was.cleared else self._doubts(programme, was, order)
        if reason:
            self.drop(was, reason)
        elif doubts:
            self._store.move(was, ReferralState.REVIEW, {"reasons": [*was.reasons, *doubts]})
        else:
            self._reward(programme, was, order)

    def pay(self, referral: Referral) -> Referral:
        """Do what is owing; the same however often it is tried."""
        for _ in range(_MOST_OWED):
            if not referral.owing:
                return referral
            what, programme = referral.owing[0], self._programmes.get(referral.programme)
            if what == ADMIT:
                referral = self.admission.admit(programme, referral)
                continue
            if what == RELEASE:
                self.admission.release(referral)
            else:
                self._settle(programme, referral, what)
            referral = self._store.get([referral.id])[referral.id]
        return referral

    def _settle(self, programme: ReferralProgramme, referral: Referral, what: str) -> None:
        fields: dict[str, Any] = {}
        if what == FRIEND:
            code = self._giving.give(programme.friend, f"{referral.id}:friend", referral.friend)
            fields = _given(FRIEND, code, programme.friend.points)
        elif what == ADVOCATE:
            reward = replace(programme.advocate, points=referral.advocate_points)
            code = self._giving.give(reward, f"{referral.id}:advocate", referral.advocate)
            fields = _given(ADVOCATE, code, referral.advocate_points)
        elif what == RECALL:
            self._recall(programme, referral)
            fields = {"friend_points": None}
        elif what == TIERS:
            reached(self._achievements, self._lookups, programme, referral.advocate, self._clock.now())
        if not self._store.done(referral.id, what, fields) and what == FRIEND:
            self._unless_wanted(programme, referral.id)

    def _unless_wanted(self, programme: ReferralProgramme, id: str) -> None:
        """Take the friend's reward back where the referral was rejected while it was being given."""
        now = self._store.get([id])[id]
        if now.state is ReferralState.REJECTED:
            self._recall(programme, now)

    def _recall(self, programme: ReferralProgramme, referral: Referral) -> None:
        self._giving.shrink(programme.friend, f"{referral.id}:friend", referral.friend, 0)

    def _reward(self, programme: ReferralProgramme, was: Referral, order: Order | None) -> None:
        owing = list(was.owing or ())
        points = programme.advocate.points
        if order and programme.refunds == "part":
            points = _share(points, order)
            self.shrink(programme, was, order)
        if programme.advocate.offer or points:
            owing.append(ADVOCATE)
        if programme.tiers and not was.again:
            owing.append(TIERS)
        fields = {"owing": owing or None, "decided_at": self._clock.now(), "advocate_points": points or None}
        self._store.move(was, ReferralState.REWARDED, fields)

    def _doubts(self, programme: ReferralProgramme, was: Referral, order: Order | None) -> list[str]:
        if was.order and order is None:
            return ["order_unknown"]
        if order is not None and order.customer_id != was.friend:
            return ["order_of_another"]
        opinion = judge(self._cases.again(was), programme.verdicts, again=True)
        return [reason for reason in [*opinion.blocks, *opinion.reviews] if reason not in was.reasons]

    def _after(self, moved: bool, was: Referral) -> Referral:
        if not moved:
            raise Conflict("The referral has moved on since it was read.", "moved")
        return self.pay(self._store.get([was.id])[was.id])

    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self._shop().time_zone)


def open_ones(found: Sequence[Referral]) -> list[Referral]:
    """Those of which nothing is decided for good."""
    return [one for one in found if one.state in UNDECIDED]


def _share(points: int, order: Order) -> int:
    """The part of points that goes with what was kept of an order, half a point rounded up."""
    kept = max(0, order.total - order.refunded)
    return (2 * points * kept + order.total) // (2 * order.total) if order.total else points


def _given(side: str, code: str, points: int) -> dict[str, Any]:
    return {f"{side}_voucher": code} if code else {f"{side}_points": points or None}
