"""Ladders at work: decides for each person of a run what they get, and takes its money before anybody is promised it.

A planner decides for its people all at once and may die at any step, beside others that do the same:

1. the decisions are written into the people's climbs, where those are still as they were read, and whoever is taken in
   is marked *pending* under a token;
2. the same people's climbs in other campaigns are read: where another ladder has decided meanwhile, this one's decision
   is taken back (of two that write first and read then, one at least sees the other);
3. the money of all others is taken from the campaign's purse under the token, in one update, if there is room;
4. the mark is taken off, and the token is struck from the purse.

Who finds a mark fences its token off in the purse first. If the money was taken, the decisions stand; if not, it never
will be, and they are taken back. So the caps hold whoever dies, and nobody is decided about twice. What is pending in
another campaign counts there as decided: whoever left it is looked after within minutes.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from campaigns.campaign import Campaign
from campaigns.experiments.draw import held_out, held_out_of_all
from campaigns.ladder import HOLDOUT, Ladder, Rung, rungs_of
from campaigns.ladder_choice import Person, Reason, Wish, lowered, place_of, wished
from campaigns.ladder_climb import Beside, Climb, Climbs, Decision, Purses, beside, climb_id, together
from campaigns.ladder_lessons import Lesson, Lessons, Standing, cell_of, lesson_of, worth_of
from campaigns.ladder_reach import Prices, letters_to, ways_of
from campaigns.run import Run
from common.clock import Clock
from common.errors import Unavailable
from common.ids import new_id
from content.templates import Templates
from customers.customer import Customer
from customers.shop import Shop
from loyalty.offer import Offer, Offers
from messaging.message import message_id

TRIES = 20
# A code may be held at the checkout while it runs out.
GRACE = timedelta(days=1)
# What is looked up again in the next run, and so is not worth a line of its own.
_UNSAID = frozenset({Reason.RESTED})


class Basis(msgspec.Struct, frozen=True, kw_only=True):
    """What all people of a run are decided by."""

    run: Run
    ladder: Ladder
    rungs: list[Rung]
    offers: dict[str, Offer]
    ways: dict[str, list[str]]
    prices: dict[str, float]
    lesson: Lesson
    currency: str
    now: datetime

    @property
    def campaign(self) -> Campaign:
        """The campaign."""
        return self.run.campaign

    def own(self, climbs: Sequence[Climb]) -> list[Climb]:
        """Those of a person's climbs that are this campaign's."""
        return [one for one in climbs if one.campaign == self.campaign.id]

    def beside(self, climbs: Sequence[Climb]) -> Beside:
        """What those that are not come to."""
        others = [one for one in climbs if one.campaign != self.campaign.id]
        return beside(others, self.now - timedelta(days=self.ladder.person_days))


class Climbing:
    """Decides."""

    def __init__(
        self,
        climbs: Climbs,
        purses: Purses,
        lessons: Lessons,
        offers: Offers,
        templates: Templates,
        prices: Prices,
        clock: Clock,
    ) -> None:
        self._climbs = climbs
        self._purses = purses
        self._lessons = lessons
        self._offers = offers
        self._templates = templates
        self._prices = prices
        self._clock = clock

    def decide(self, run: Run, shop: Shop, people: Sequence[Customer]) -> dict[str, Decision]:
        """What each of these gets in this run, or that they are held out; who gets nothing is not among them.

        Asked again, by whomever, it is the same. Raises Unavailable where others are in the way all the time.
        """
        basis = self._basis(run, shop, keep=True)
        if basis is None:
            return {}
        left = {one.id: one for one in people if not _is_out_of_all(run.campaign, shop, one)}
        decided: dict[str, Decision] = {}
        for _ in range(TRIES):
            decided |= self._decided(basis, left)
            left = {id_: one for id_, one in left.items() if id_ not in decided}
            if not left:
                return {id_: one for id_, one in decided.items() if one.taken}
        raise Unavailable("Others decide about the same people. Try again shortly.", retry_after=1)

    def wishes(self, run: Run, shop: Shop, people: Sequence[Customer], beyond: int) -> dict[str, Wish]:
        """What each would get now, where so much `beyond` what is promised already is, too; nothing is kept."""
        basis = self._basis(run, shop, keep=False)
        if basis is None:
            return {}
        known = self._climbs.of([one.id for one in people])
        inside = {one.id: one for one in people if not _is_out_of_all(run.campaign, shop, one)}
        found = self._wishes(basis, inside, known, self._purses.promised(run.campaign.id) + beyond)
        return {id_: wish for id_, (_, wish, _) in found.items()}

    def lesson(self, campaign: Campaign) -> Lesson:
        """What is known by now."""
        return lesson_of("", campaign.id, self._clock.now(), self._rungs(campaign), self._lessons.learned(campaign.id))

    def _rungs(self, campaign: Campaign) -> list[Rung]:
        offers = {one.offer: self._offers.kept(one.offer) for one in campaign.variants if one.offer}
        return rungs_of(campaign.variants, offers)

    def heal(self, campaign: str, climb: Climb) -> None:
        """Bring to its end what somebody began with this climb."""
        if climb.pending:
            if self._purses.fence(campaign, climb.pending):
                self._climbs.undo(climb.pending)
            else:
                self._climbs.confirm(climb.pending)
                self._purses.close(campaign, climb.pending)
        if climb.returning:
            if self._purses.fence(campaign, climb.returning):
                self.give_back(campaign, climb.returning, again=True)
            else:
                self._climbs.finish(climb.returning)
                self._purses.close(campaign, climb.returning)

    def give_back(self, campaign: str, token: str, *, again: bool = False) -> None:
        """Give back to the purse what the climbs marked with this token no longer promise."""
        into = new_id() if again else token
        amount = self._climbs.finish(token, into)
        if self._purses.give(campaign, into, amount):
            self._climbs.finish(into)
            self._purses.close(campaign, into)

    def _basis(self, run: Run, shop: Shop, *, keep: bool) -> Basis | None:
        campaign = run.campaign
        if campaign.ladder is None:
            return None
        offers = {one.offer: self._offers.kept(one.offer) for one in campaign.variants if one.offer}
        rungs = rungs_of(campaign.variants, offers)
        now = self._clock.now()
        lesson = lesson_of(run.id, campaign.id, now, rungs, self._lessons.learned(campaign.id))
        ways = ways_of(run, self._templates)
        return Basis(
            run=run,
            ladder=campaign.ladder,
            rungs=rungs,
            offers=offers,
            ways=ways,
            prices={one: self._prices(one, shop.currency) for one in {one for each in ways.values() for one in each}},
            lesson=self._lessons.keep(lesson) if keep else lesson,
            currency=shop.currency,
            now=now,
        )

    def _decided(self, basis: Basis, people: Mapping[str, Customer]) -> dict[str, Decision]:
        """Those who could be decided about in one go."""
        campaign = basis.campaign.id
        known = self._climbs.of(list(people))
        if marked := [one for climbs in known.values() for one in basis.own(climbs) if _marked(one)]:
            for climb in {one.pending + one.returning: one for one in marked}.values():
                self.heal(campaign, climb)
            known = self._climbs.of(list(people))
            people = {id_: one for id_, one in people.items() if not any(map(_marked, basis.own(known.get(id_, ()))))}
        wishes = self._wishes(basis, people, known, self._purses.promised(campaign))
        decided = {id_: done for id_ in people if (done := _done(basis.run, known.get(id_, ())))}
        changed: dict[str, Climb] = {}
        token = new_id()
        for id_, (person, wish, climb) in wishes.items():
            if id_ in decided:
                continue
            decision = _decision(basis, id_, person, wish)
            if wish.reason in _UNSAID or _said(climb, decision):
                decided[id_] = decision
            else:
                changed[id_] = _with(basis, climb, decision, token)
        seen = {id_: person.beside for id_, (person, _, _) in wishes.items()}
        return decided | self._kept(basis, list(changed.values()), token, seen)

    def _kept(
        self, basis: Basis, changed: Sequence[Climb], token: str, seen: Mapping[str, Beside]
    ) -> dict[str, Decision]:
        """Write decisions and take their money; those that stand. `seen` is what they go by of other ladders."""
        campaign = basis.campaign.id
        kept = self._climbs.write(changed, token) if changed else []
        if met := self._met(basis, [one for one in kept if one.pending], seen):
            self._climbs.undo(token, sorted(met))
            kept = [one for one in kept if one.id not in met]
        pending = [one for one in kept if one.pending]
        if not pending:
            return {one.customer: one.decisions[-1] for one in kept}
        paid, most = sum(one.decisions[-1].promised for one in pending), basis.ladder.total_most
        if self._purses.take(campaign, token, paid, most.amount if most and paid else None):
            self._climbs.confirm(token)
            self._purses.close(campaign, token)
        else:
            self._climbs.undo(token)
            kept = [one for one in kept if not one.pending]
        return {one.customer: one.decisions[-1] for one in kept}

    def _met(self, basis: Basis, taken: Sequence[Climb], seen: Mapping[str, Beside]) -> set[str]:
        """Those of them for whose people another ladder has done something since it was looked up, by their ids."""
        known = self._climbs.of([one.customer for one in taken]) if taken else {}
        return {one.id for one in taken if basis.beside(known.get(one.customer, ())) != seen[one.customer]}

    def _wishes(
        self, basis: Basis, people: Mapping[str, Customer], known: Mapping[str, Sequence[Climb]], promised: int
    ) -> dict[str, tuple[Person, Wish, Climb]]:
        """What each is to get, within what is left for all: those who are worth most first."""
        found = {}
        for id_, customer in people.items():
            climbs = basis.own(known.get(id_, ())) or [_fresh(basis.campaign.id, id_)]
            known_of = together(climbs)
            before = sum(one.taken for one in known_of.decisions)
            person = _person(basis, customer, before, basis.beside(known.get(id_, ())))
            standings = basis.lesson.of(person.cell)
            wish = wished(basis.ladder, basis.rungs, standings, person, known_of, basis.now)
            found[id_] = (person, wish, climbs[0])
        if basis.ladder.total_most is None:
            return found
        left = basis.ladder.total_most.amount - promised
        for id_ in sorted(found, key=lambda one: (-found[one][0].worth, one)):
            person, wish, climb = found[id_]
            if _done(basis.run, known.get(id_, ())):
                continue
            if wish.cost > left:
                wish = lowered(wish, left, _by_rung(basis.lesson.of(person.cell)), Reason.TOTAL_CAP)
                found[id_] = (person, wish, climb)
            left -= wish.cost
        return found


def _person(basis: Basis, customer: Customer, before: int, elsewhere: Beside) -> Person:
    campaign = basis.campaign
    return Person(
        cell=cell_of(customer, basis.run.started_at),
        worth=worth_of(customer, basis.ladder.margin_percent, basis.currency),
        last_order=customer.profile.last_at,
        held_out=held_out(campaign.id, customer.id, campaign.holdout_percent),
        place=place_of(campaign.id, customer.id, before),
        letters=letters_to(customer, basis.ways, basis.prices, campaign.purpose),
        beside=elsewhere,
    )


def _decision(basis: Basis, customer: str, person: Person, wish: Wish) -> Decision:
    run, now = basis.run, basis.now
    rung = wish.rung or (HOLDOUT if wish.reason is Reason.HELD_OUT else "")
    return Decision(
        id=message_id(run.id, customer, 0),
        run=run.id,
        at=now,
        rung=rung,
        reason=wish.reason.value,
        step=wish.step,
        cell=person.cell,
        share=wish.share,
        worth=person.worth,
        expected=wish.expected,
        promised=wish.cost,
        ends_at=_ends(basis, rung) if wish.cost else None,
    )


def _ends(basis: Basis, rung: str) -> datetime | None:
    """When a code of the rung can no longer be used, issued as late as its message may go out."""
    campaign = basis.campaign
    variant = next(one for one in campaign.variants if one.id == rung)
    issued = basis.now + variant.delay + timedelta(hours=campaign.limits.expires_after_hours)
    ends = basis.offers[variant.offer].ends(issued)
    return ends + GRACE if ends else None


def _with(basis: Basis, climb: Climb, decision: Decision, token: str) -> Climb:
    """The climb with one more decision."""
    longer = msgspec.structs.replace(climb, decisions=[*climb.decisions, decision])
    return msgspec.structs.replace(
        longer,
        due_at=longer.due(basis.campaign.compared),
        pending=token if decision.taken else "",
        marked_at=basis.now if decision.taken else None,
    )


def _done(run: Run, climbs: Sequence[Climb]) -> Decision | None:
    """What was decided in this run already."""
    return next((one for climb in climbs if (one := climb.of_run(run.id))), None)


def _said(climb: Climb, decision: Decision) -> bool:
    """Whether a no was the last word already, for the same reason: it need not be written down each week."""
    last = climb.decisions[-1] if climb.decisions else None
    return not decision.taken and last is not None and not last.taken and last.reason == decision.reason


def _marked(climb: Climb) -> bool:
    return bool(climb.pending or climb.returning)


def _fresh(campaign: str, customer: str) -> Climb:
    return Climb(id=climb_id(campaign, customer), campaign=campaign, customer=customer)


def _by_rung(standings: Sequence[Standing]) -> dict[str, Standing]:
    return {one.rung: one for one in standings}


def _is_out_of_all(campaign: Campaign, shop: Shop, customer: Customer) -> bool:
    """Whether they get no marketing at all: they are no part of anybody's comparison."""
    return campaign.purpose == "marketing" and held_out_of_all(shop.holdout_draw, customer.id, shop.holdout_percent)
