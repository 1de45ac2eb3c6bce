"""What a ladder has learned: of each kind of person, what each rung earned beyond those who got nothing.

People are of one kind, a *cell*, by what they are worth and how long they have been silent. A cell that few have been
through goes by all cells together. Shares follow by Thompson sampling (campaigns/experiments/bandit.py) on the gain:
the margin of what somebody bought in the attribution window, less what their code took off. So the least that works
wins by itself, since a bigger offer must earn what it costs more. Nobody counts before their window is over.
"""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from campaigns.experiments import bandit
from campaigns.experiments.arms import Arm, together
from campaigns.ladder import HOLDOUT, Rung
from customers.customer import Customer
from segments.lapse import lapse_of, part_of

# A cell goes by all cells together as if that had been so many of its own people.
BORROWED = 30
# A rung that loses money by this many standard errors is not given any more (one-sided, 5 in 100) ...
LOSES = 1.645
# ... once so many have had their time, in the rung and in the holdout.
LEAST_SEEN = 30
_VALUE = {1: "low", 2: "low", 3: "middle", 4: "high", 5: "high"}
ANYWHERE = ""


class Learned(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The people of a cell on a rung who have had their time: sums of gain, minor units, and of its squares."""

    cell: str
    rung: str
    customers: int = 0
    buyers: int = 0
    gain: int = 0
    squares: float = 0.0

    @property
    def arm(self) -> Arm:
        """The same as the bandit takes it."""
        return Arm(customers=self.customers, buyers=self.buyers, revenue=self.gain, squares=self.squares)


class Standing(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A rung in a cell: its share of the next people in percent, what it was seen to gain a head over the holdout.

    `gain` is None while nobody has had their time. One that `loses` gets nobody.
    """

    rung: str
    share: float
    customers: int = 0
    gain: float | None = None
    loses: bool = False


class CellLesson(msgspec.Struct, frozen=True, kw_only=True):
    """The rungs of a cell."""

    cell: str
    rungs: list[Standing]


class Lesson(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename={"id": "_id"}):
    """By what a run decides: kept with the run, so that each draw can be repeated."""

    id: str
    campaign: str
    at: datetime
    cells: list[CellLesson] = []

    def of(self, cell: str) -> list[Standing]:
        """The rungs of a cell; of one that nobody was seen in, those of all."""
        known = {one.cell: one.rungs for one in self.cells}
        return known.get(cell) or known[ANYWHERE]


class Lessons(Protocol):
    """The lessons as they are kept."""

    def learned(self, campaign: str) -> list[Learned]:
        """What came of all who have had their time, summed in the database by cell and rung."""
        ...

    def keep(self, lesson: Lesson) -> Lesson:
        """Keep a run's lesson, or find the one that was kept first."""
        ...

    def page(self, campaign: str, after: str, limit: int) -> list[Lesson]:
        """A campaign's, by the ids of their runs."""
        ...


def cell_of(customer: Customer, now: datetime) -> str:
    """The kind of person: what they are worth (the money score of RFM, in three), how long they have been silent."""
    money = customer.scores.get("rfm", {}).get("m")
    value = _VALUE.get(money, "unknown") if isinstance(money, int) else "unknown"
    for sure, name in ((80, "gone"), (50, "likely_gone")):
        date = part_of(customer, "gone", sure)
        if isinstance(date, datetime) and date <= now:
            return f"{value}/{name}"
    return f"{value}/late"


def worth_of(customer: Customer, margin_percent: float, currency: str) -> int:
    """The margin, in minor units, that a person brings in a year if they come back.

    That is what they are expected to spend, which counts in that they may be gone, over the chance that they are not;
    where nothing is expected of anybody, what an order of theirs is worth.
    """
    outlook = lapse_of(customer)
    value, alive = outlook.get("value"), outlook.get("p_alive")
    if not value or not alive:
        value, alive = customer.profile.average.get(currency, 0), 1.0
    return int(value / max(alive, 0.001) * margin_percent / 100)


def lesson_of(id: str, campaign: str, at: datetime, rungs: Sequence[Rung], learned: Sequence[Learned]) -> Lesson:
    """What is learned by now, for each cell that somebody was seen in and for all together."""
    arms: dict[str, dict[str, Arm]] = {ANYWHERE: {}}
    for one in learned:
        arms.setdefault(one.cell, {})[one.rung] = one.arm
        whole = arms[ANYWHERE]
        whole[one.rung] = together([whole.get(one.rung, Arm()), one.arm])
    cells = [
        CellLesson(cell=cell, rungs=standings(rungs, own, arms[ANYWHERE] if cell else own))
        for cell, own in sorted(arms.items())
    ]
    return Lesson(id=id, campaign=campaign, at=at, cells=cells)


def standings(rungs: Sequence[Rung], own: Mapping[str, Arm], whole: Mapping[str, Arm]) -> list[Standing]:
    """How the rungs stand by what their `own` people, and those who got nothing, gained; others of the `whole` help."""
    arms = {rung: together([own.get(rung, Arm()), _part(_less(arm, own.get(rung)))]) for rung, arm in whole.items()}
    nothing = arms.get(HOLDOUT, Arm())
    tried = {rung.id: arms.get(rung.id, Arm()) for rung in rungs}
    known = any(arm.squares for arm in tried.values())
    shares = bandit.shares(tried) if known else {rung.id: rung.share for rung in rungs}
    return [
        Standing(
            rung=rung.id,
            share=round(shares[rung.id], 2),
            customers=own.get(rung.id, Arm()).customers,
            gain=round(tried[rung.id].mean - nothing.mean, 2) if tried[rung.id].customers else None,
            loses=_loses(tried[rung.id], nothing),
        )
        for rung in rungs
    ]


def _loses(arm: Arm, nothing: Arm) -> bool:
    if min(arm.customers, nothing.customers) < LEAST_SEEN:
        return False
    error = math.sqrt(arm.variance / arm.customers + nothing.variance / nothing.customers)
    return arm.mean - nothing.mean + LOSES * error < 0


def _less(whole: Arm, own: Arm | None) -> Arm:
    """Everybody but one's own."""
    if own is None:
        return whole
    return Arm(
        customers=whole.customers - own.customers,
        buyers=whole.buyers - own.buyers,
        revenue=whole.revenue - own.revenue,
        squares=whole.squares - own.squares,
    )


def _part(arm: Arm) -> Arm:
    """An arm like it of no more than so many people."""
    if arm.customers <= BORROWED:
        return arm
    share = BORROWED / arm.customers
    return Arm(
        customers=BORROWED,
        buyers=round(arm.buyers * share),
        revenue=round(arm.revenue * share),
        squares=arm.squares * share,
    )
