"""What a person gets of a ladder: nothing yet, nothing at all, or the rung that is drawn among those that fit them."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from campaigns.experiments.draw import position
from campaigns.ladder import Ladder, Rung
from campaigns.ladder_climb import Beside, Climb, Decision, is_holdout
from campaigns.ladder_lessons import Standing


class Reason(StrEnum):
    """Why this rung, or why none."""

    TRIED = "tried"  # nobody has had their time yet: drawn by the shares that the campaign begins with
    LEARNED = "learned"  # drawn by what earned most from such people
    CLIMBED = "climbed"  # what they got before brought no order: drawn among what is above it
    UNDER_CAP = "under_cap"  # something bigger was drawn, and a cap leaves room for no more than this
    HELD_OUT = "held_out"
    RESTED = "rested"  # this ladder, or another of the shop's, took them in not long ago
    TOP_REACHED = "top_reached"
    UNREACHABLE = "unreachable"  # they agreed to no channel that is written for, or have no address on it
    NOT_WORTH_IT = "not_worth_it"
    DOES_NOT_PAY = "does_not_pay"
    PERSON_CAP = "person_cap"
    TOTAL_CAP = "total_cap"


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Who is decided about: money in minor units, `place` from 0 up to 1 where they stand in the draw.

    `letters` is what a letter of each rung to them costs, by the rungs that may be sent to them at all. `beside` is
    what the shop's other ladders did for them.
    """

    cell: str
    worth: int
    last_order: datetime | None
    held_out: bool
    place: float
    letters: dict[str, float]
    beside: Beside = Beside()


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What a person is to get: a rung and its cost, or none; `below` are the cheaper rungs that fit, the best last."""

    reason: Reason
    rung: str = ""
    cost: int = 0
    step: int = 0
    share: float = 0.0
    expected: float | None = None
    below: list[Rung] = []


def wished(
    ladder: Ladder, rungs: Sequence[Rung], standings: Sequence[Standing], person: Person, climb: Climb, now: datetime
) -> Wish:
    """What a person is to get, as far as it depends on them alone."""
    latest = climb.latest
    taken = [at for at in (latest and latest.at, person.beside.at) if at]
    if taken and max(taken) > now - timedelta(days=ladder.rest_days):
        return Wish(reason=Reason.RESTED)
    step, lowest = _progress(ladder, rungs, person, latest)
    if lowest >= len(rungs) or step >= len(rungs):
        return Wish(reason=Reason.TOP_REACHED)
    reachable = [rung for rung in rungs[lowest:] if rung.id in person.letters]
    if not reachable:
        return Wish(reason=Reason.UNREACHABLE, step=step)
    above = [rung for rung in reachable if rung.cost + person.letters[rung.id] < person.worth]
    if not above:
        return Wish(reason=Reason.NOT_WORTH_IT)
    wish = _drawn(ladder, above, standings, person, climb, now, step)
    # Held out are only those who would have got something, or they were no comparison.
    return Wish(reason=Reason.HELD_OUT, step=step) if wish.rung and person.held_out else wish


def _progress(ladder: Ladder, rungs: Sequence[Rung], person: Person, latest: Decision | None) -> tuple[int, int]:
    """How many messages brought no order, and the lowest rung that is left."""
    if latest is None or (person.last_order is not None and person.last_order >= latest.at):
        return 0, 0
    if is_holdout(latest) or not ladder.climbs:
        return latest.step + 1, 0
    names = [rung.id for rung in rungs]
    return latest.step + 1, names.index(latest.rung) + 1 if latest.rung in names else 0


def _drawn(
    ladder: Ladder,
    fitting: Sequence[Rung],
    standings: Sequence[Standing],
    person: Person,
    climb: Climb,
    now: datetime,
    step: int,
) -> Wish:
    """One of the rungs that fit, by their shares; one that a cap of the person's leaves no room for goes down."""
    known = {one.rung: one for one in standings}
    paying = [rung for rung in fitting if not known[rung.id].loses]
    if not paying:
        return Wish(reason=Reason.DOES_NOT_PAY, step=step)
    rung, share = pick(paying, known, person.place)
    since = now - timedelta(days=ladder.person_days)
    promised = climb.promised(since) + person.beside.promised
    left = ladder.person_most.amount - promised if ladder.person_most else None
    learned = any(one.gain is not None for one in standings)
    why = Reason.CLIMBED if step and ladder.climbs else Reason.LEARNED if learned else Reason.TRIED
    wish = Wish(
        reason=why,
        rung=rung.id,
        cost=rung.cost,
        step=step,
        share=share,
        expected=known[rung.id].gain,
        below=[one for one in paying if one.cost < rung.cost],
    )
    return wish if left is None or rung.cost <= left else lowered(wish, left, known, Reason.PERSON_CAP)


def lowered(wish: Wish, left: int, standings: Mapping[str, Standing], cap: Reason) -> Wish:
    """The biggest rung below it that so much is left for; none is there, the `cap` is the reason."""
    room = [rung for rung in wish.below if rung.cost <= max(0, left)]
    if not room:
        return Wish(reason=cap, step=wish.step)
    rung = room[-1]
    return msgspec.structs.replace(
        wish,
        reason=Reason.UNDER_CAP,
        rung=rung.id,
        cost=rung.cost,
        share=0.0,
        expected=standings[rung.id].gain,
        below=room[:-1],
    )


def pick(rungs: Sequence[Rung], standings: Mapping[str, Standing], place: float) -> tuple[Rung, float]:
    """The rung at a place in the draw, and how likely it was, in percent; where no share is left, the least."""
    shares = [standings[rung.id].share for rung in rungs]
    whole = sum(shares)
    if not whole:
        return rungs[0], 100.0
    left = place * whole
    for rung, share in zip(rungs, shares, strict=True):
        left -= share
        if left < 0:
            return rung, round(100 * share / whole, 2)
    return rungs[-1], round(100 * shares[-1] / whole, 2)


def place_of(campaign: str, customer: str, before: int) -> float:
    """Where a person stands in the draw of a campaign, when so much was decided for them `before`: whoever tries it
    beforehand sees what will be drawn."""
    return position("rung", f"{campaign}:{before}", customer)
