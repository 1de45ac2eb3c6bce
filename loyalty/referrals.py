"""Referrals: a friend who comes with a customer's code, and both their rewards.

A referral is kept by one insert under an id and traces that are unique; what is owed from then on stands in the
document and is done by whoever comes by (loyalty/referral_life.py), under codes and entries that follow from it. So
whatever dies, each reward is given once.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from msgspec.structs import replace

from common.clock import Clock
from common.errors import Conflict, NotFound
from common.ids import derive
from customers.orders import Order, Orders
from loyalty.basket import Basket
from loyalty.evidence import traces_of
from loyalty.programme import Programmes, ReferralCode, ReferralProgramme
from loyalty.referral import (
    ADMIT,
    LIMIT,
    UNDECIDED,
    Friend,
    Note,
    Referral,
    ReferralLookups,
    ReferralQueues,
    ReferralState,
    ReferralStore,
    Seen,
    Taken,
    referral_id,
)
from loyalty.referral_case import Cases, but_for
from loyalty.referral_codes import CodeBook
from loyalty.referral_life import Life, open_ones
from loyalty.referral_tiers import TierRewards
from loyalty.suspicion import Case, Opinion, judge, sentence_of

AT_ONCE = 500
# How far a shop's clock may be behind ours: an order that was placed before its friend came is none of a friend's.
SLACK = timedelta(hours=1)


class Referrals:
    """The service."""

    def __init__(
        self,
        programmes: Programmes,
        book: CodeBook,
        life: Life,
        store: ReferralStore,
        lookups: ReferralLookups,
        queues: ReferralQueues,
        tiers: TierRewards,
        cases: Cases,
        orders: Orders,
        clock: Clock,
    ) -> None:
        self._programmes = programmes
        self._life = life
        self._store = store
        self._lookups = lookups
        self._queues = queues
        self._tiers = tiers
        self._cases = cases
        self._orders = orders
        self._clock = clock
        self._book = book
        self.codes_for, self.code_of = book.codes_for, book.code_of
        self.programme, self.landing = book.programme, book.landing
        self.page, self.counts = queues.page, queues.counts
        self.tally = life.admission.tally

    def claim(self, typed: str, friend: Friend, seen: Seen | None = None) -> Referral:
        """A friend has said with whose code they come; again, it is the same referral.

        Where a sign-up is what counts, it counts from now on. Raises NotFound for the code, and Conflict whose reason
        is the name of the fraud rule or limit that refused, or "programme_ended".
        """
        code, seen = self._book.find(typed), seen or Seen()
        programme = self._programmes.get(code.programme)
        known = self._known(programme.id, friend.customer_id)
        if known is not None and known.code == code.code and not _over(known):
            return self._answer(known)
        case, opinion = self._judged(programme, code, friend, seen, known)
        counts = programme.trigger == "sign_up"
        early = programme.friend_when == "claim" and not opinion.reviews
        now = self._clock.now()
        until = self._life.due_at(programme, now, order=False) if counts else now + timedelta(days=programme.claim_days)
        referral = self._fresh(programme, code, case, opinion, seen, until)
        if not counts:
            owing = [ADMIT] if early else None
            referral = replace(referral, state=ReferralState.CLAIMED, owing=owing)
        return self._kept(replace(referral, claimed_at=now), known, opinion)

    def redeem(self, typed: str, friend: Friend, basket: Basket, seen: Seen | None = None) -> Referral:
        """A friend has bought with a code: keep it, reward the friend; again for the same order, it is the same.

        Raises as `claim` does, and Conflict "below_minimum" or "other_currency".
        """
        code, seen = self._book.find(typed), seen or Seen()
        programme = self._programmes.get(code.programme)
        known = self._known(programme.id, friend.customer_id)
        if known is not None and known.code == code.code and not _over(known):
            further = self._further(programme, known, basket, friend, seen)
            if further is not None:
                return further
        _check_minimum(programme, basket)
        case, opinion = self._judged(programme, code, friend, seen, known, basket.id)
        facts = self._facts(programme, basket)
        referral = self._fresh(programme, code, case, opinion, seen, facts["due_at"])
        return self._kept(replace(referral, **facts), known, opinion)

    def approve(self, id: str, by: str = "", text: str = "") -> Referral:
        """A person has looked and sees nothing wrong; raises NotFound, or Conflict for one that needs no look."""
        was = self._in(id, {ReferralState.REVIEW, ReferralState.CLAIMED})
        if was.state is ReferralState.CLAIMED and (was.cleared or not was.reasons):
            raise Conflict("The referral is claimed, and nothing is doubtful about it.", was.state.value)
        return self._life.approve(was, Note(at=self._clock.now(), by=by, text=text, did="approved"))

    def reject(self, id: str, by: str = "", text: str = "") -> Referral:
        """A person says no; raises NotFound, or Conflict for one that is rewarded or rejected already."""
        was = self._in(id, UNDECIDED)
        return self._life.reject(was, Note(at=self._clock.now(), by=by, text=text, did="rejected"))

    def note(self, id: str, by: str, text: str) -> Referral:
        """Keep what a person has to say of it; raises NotFound."""
        if not self._store.annotate(id, Note(at=self._clock.now(), by=by, text=text)):
            raise NotFound("referral", id)
        return self.get(id)

    def get(self, id: str) -> Referral:
        """One referral; raises NotFound."""
        found = self._store.get([id]).get(id)
        if found is None:
            raise NotFound("referral", id)
        return found

    def settle(self, limit: int = AT_ONCE) -> int:
        """Decide what has outlived its return window, and do what is owed; how many it has dealt with."""
        due = self._queues.due(self._clock.now(), limit)
        orders = self._orders.get([referral.order for referral in due if referral.order])
        for referral in due:
            self._life.decide(self._programmes.get(referral.programme), referral, orders.get(referral.order))
        owed = self._queues.owed(limit)
        for referral in owed:
            self._life.pay(referral)
        held = self._life.admission.recover(self._programmes.get)
        return len(due) + len(owed) + held + self._tiers.give(limit)

    def forget(self) -> int:
        """Take away what fraud is found by where its time is over; of how many referrals."""
        return self._queues.forget(self._clock.now())

    def take_back(self, order_ids: Sequence[str]) -> int:
        """Look at what these orders made, as they are now: reject what is undone within the return window, and shrink
        what is refunded in part; and let those count that friends have placed. How many were rejected."""
        orders = self._orders.get(order_ids)
        rejected = sum(self._looked_at(one, orders) for one in open_ones(self._lookups.of_orders(order_ids)))
        self._follow([order for order in orders.values() if order.stands])
        return rejected

    def _looked_at(self, was: Referral, orders: Mapping[str, Order]) -> bool:
        """Whether an order takes its referral back."""
        order = orders.get(was.order)
        if order is None:
            return False
        programme = self._programmes.get(was.programme)
        reason = self._life.undone(programme, was, order)
        if not reason:
            self._life.shrink(programme, was, order)
            return False
        dropped = self._life.drop(was, reason)
        self._life.pay(self._store.get([was.id])[was.id])
        return dropped

    def _follow(self, orders: Sequence[Order]) -> None:
        """Friends' orders count without the shop's saying so."""
        came = self._lookups.of_friends(sorted({order.customer_id for order in orders}))
        for order in sorted(orders, key=lambda order: order.placed_at):
            for was in came:
                if was.friend == order.customer_id and order.placed_at >= was.at - SLACK:
                    self._followed(was.id, order)

    def _followed(self, id: str, order: Order) -> None:
        was = self._store.get([id])[id]
        programme = self._programmes.get(was.programme)
        least = programme.minimum
        if least and (order.currency != least.currency or order.total < least.amount):
            return
        facts = self._order_facts(programme, order.id, order.total, order.currency, order.placed_at)
        # A refusal stands in the referral; there is nobody here to be told.
        with suppress(Conflict):
            self._counted(programme, was, order, facts)

    def _counted(self, programme: ReferralProgramme, was: Referral, order: Order, facts: Mapping[str, Any]) -> None:
        if was.state is ReferralState.CLAIMED:
            self._go_on(programme, was, facts)
        elif programme.trigger == "every_order" and order.id != was.order:
            self._again(programme, was, facts)

    def _further(
        self, programme: ReferralProgramme, known: Referral, basket: Basket, friend: Friend, seen: Seen
    ) -> Referral | None:
        """What a friend's order is to whom knew them already; None where it is one too many."""
        if known.order == basket.id or (programme.trigger == "sign_up" and not known.order):
            return self._answer(known)
        facts = self._facts(programme, basket)
        if known.state is ReferralState.CLAIMED:
            _check_minimum(programme, basket)
            case = but_for(known, self._cases.of(programme, known.advocate, friend, seen, basket.id))
            opinion = judge(case, programme.verdicts)
            if opinion.blocks:
                self._life.drop(known, opinion.blocks[0])
                self._life.pay(self.get(known.id))
                raise _refusal(opinion.blocks[0])
            facts |= {name: value for name, value in _marks(case).items() if value}
            if any(_marks(case).values()):
                facts["evidence_until"] = self._clock.now() + timedelta(days=programme.evidence_days)
            doubts = [name for name in opinion.reviews if name not in known.reasons]
            return self._answer(self._go_on(programme, known, facts, doubts, case.traces))
        if programme.trigger == "every_order":
            _check_minimum(programme, basket)
            return self._again(programme, known, facts)
        return None

    def _go_on(
        self,
        programme: ReferralProgramme,
        was: Referral,
        facts: Mapping[str, Any],
        doubts: Sequence[str] = (),
        more: Sequence[str] = (),
    ) -> Referral:
        """A claimed one's friend has ordered; `more` are traces that became known with the order."""
        of_order = traces_of(programme.seed, Friend(customer_id=""), str(facts["order"]))
        traces = list(dict.fromkeys([*(was.traces or ()), *more, *of_order]))
        try:
            self._life.ordered(programme, was, {**facts, "at": facts["ordered_at"], "traces": traces}, doubts)
        except Taken:
            raise _refusal("already_referred") from None
        return self._life.pay(self.get(was.id))

    def _again(self, programme: ReferralProgramme, first: Referral, facts: Mapping[str, Any]) -> Referral:
        """A further order of a friend, where every order counts."""
        reason = first.reasons[-1] if first.reasons else ""
        if first.state is ReferralState.REJECTED and not reason.startswith("order_"):
            raise _refusal("already_referred")
        waits = first.state is ReferralState.REVIEW
        referral = Referral(
            id=referral_id(programme.id, first.friend, str(facts["order"])),
            programme=programme.id,
            code=first.code,
            advocate=first.advocate,
            friend=first.friend,
            state=ReferralState.REVIEW if waits else ReferralState.ORDERED,
            at=self._clock.now(),
            reasons=list(first.reasons) if waits else [],
            traces=traces_of(programme.seed, Friend(customer_id=""), str(facts["order"])),
            owing=None if waits else [ADMIT],
            again=True,
        )
        self._store.add(replace(referral, **facts))
        kept = self._store.get([referral.id]).get(referral.id)
        if kept is None:
            raise _refusal("already_referred")
        return self._answer(kept)

    def _known(self, programme: str, friend: str) -> Referral | None:
        return next((one for one in self._lookups.of_friends([friend]) if one.programme == programme), None)

    def _judged(
        self,
        programme: ReferralProgramme,
        code: ReferralCode,
        friend: Friend,
        seen: Seen,
        known: Referral | None,
        order: str = "",
    ) -> tuple[Case, Opinion]:
        """The case and what the rules say of it; raises Conflict, having kept the refusal, where one blocks."""
        if not programme.open(self._clock.now()):
            raise Conflict("The referral programme has ended.", "programme_ended")
        case = self._cases.of(programme, code.customer, friend, seen, order)
        opinion = judge(case, programme.verdicts)
        blocks = opinion.blocks
        if known is not None and not _over(known) and not blocks:
            blocks = ["already_referred"]
        if blocks:
            refused = self._fresh(programme, code, case, opinion, seen, None)
            self._store.add(_barring_nobody(replace(refused, order=order, reasons=blocks)))
            raise _refusal(blocks[0])
        return case, opinion

    def _fresh(
        self,
        programme: ReferralProgramme,
        code: ReferralCode,
        case: Case,
        opinion: Opinion,
        seen: Seen,
        due_at: datetime | None,
    ) -> Referral:
        now = self._clock.now()
        return Referral(
            id=referral_id(programme.id, case.friend.customer_id),
            programme=programme.id,
            code=code.code,
            advocate=code.customer,
            friend=case.friend.customer_id,
            state=ReferralState.REVIEW if opinion.reviews else ReferralState.ORDERED,
            at=now,
            due_at=due_at,
            reasons=opinion.reviews,
            traces=list(case.traces),
            device=case.marks.device,
            payment=case.marks.payment,
            ip=case.marks.ip,
            person=case.marks.person,
            home=case.marks.home,
            evidence_until=now + timedelta(days=programme.evidence_days) if any(_marks(case).values()) else None,
            owing=None if opinion.reviews else [ADMIT],
            clicked_at=seen.clicked_at,
        )

    def _facts(self, programme: ReferralProgramme, basket: Basket) -> dict[str, Any]:
        order = self._orders.get([basket.id]).get(basket.id)
        placed_at = order.placed_at if order else self._clock.now()
        return self._order_facts(programme, basket.id, basket.total.amount, basket.total.currency, placed_at)

    def _order_facts(
        self, programme: ReferralProgramme, id: str, total: int, currency: str, placed_at: datetime
    ) -> dict[str, Any]:
        """The fields that tell of an order."""
        due_at = self._life.due_at(programme, placed_at, order=True)
        told = {"order": id, "order_total": total, "currency": currency}
        return {**told, "ordered_at": self._clock.now(), "due_at": due_at}

    def _kept(self, referral: Referral, known: Referral | None, opinion: Opinion) -> Referral:
        """Keep a new one and do what it owes; raises Conflict where it is one too many, or a limit is reached."""
        if self._store.add(referral, known):
            return self._answer(self._store.get([referral.id])[referral.id])
        # Somebody was faster with the same friend: the same order is the same referral, another is one too many.
        other = self._known(referral.programme, referral.friend)
        if other is not None and (other.order, other.code) == (referral.order, referral.code):
            return self._answer(other)
        raise _refusal("already_referred")

    def _answer(self, referral: Referral) -> Referral:
        """The referral with all done that it owes; raises Conflict where a limit has refused it."""
        paid = self._life.pay(referral)
        if _over(paid):
            raise _refusal(paid.reasons[-1])
        return paid

    def _in(self, id: str, states: frozenset[ReferralState] | set[ReferralState]) -> Referral:
        was = self.get(id)
        if was.state not in states:
            raise Conflict(f"The referral is {was.state.value}.", was.state.value)
        return was


def _over(referral: Referral) -> bool:
    """Whether a limit has rejected it: then the friend may come again, by any code that has a place."""
    last = referral.reasons[-1] if referral.reasons else ""
    return referral.state is ReferralState.REJECTED and last.startswith(LIMIT)


def _check_minimum(programme: ReferralProgramme, basket: Basket) -> None:
    least = programme.minimum
    if least and basket.total.currency != least.currency:
        raise _refusal("other_currency")
    if least and basket.total.amount < least.amount:
        raise _refusal("below_minimum")


def _refusal(reason: str) -> Conflict:
    return Conflict(sentence_of(reason), reason)


def _marks(case: Case) -> dict[str, str]:
    return {name: getattr(case.marks, name) for name in ("device", "payment", "ip", "person", "home")}


def _barring_nobody(referral: Referral) -> Referral:
    """How a refusal is kept, for people to see: under its own id and without traces, owing nothing."""
    own_id = derive("refused referral", referral.programme, referral.friend, referral.order)
    return replace(referral, id=own_id, state=ReferralState.REJECTED, traces=None, owing=None, refused=True)
