"""Ladders learn: much less is lost on the way than by an even split, for each kind of people by itself."""

import os
import random
from collections import Counter, defaultdict

import msgspec

from campaigns.experiments.arms import Arm
from campaigns.ladder import HOLDOUT, Ladder, Rung
from campaigns.ladder_choice import Person, Reason, Wish, pick, wished
from campaigns.ladder_climb import Climb
from campaigns.ladder_lessons import ANYWHERE, Learned, Standing, lesson_of, standings
from tests.support.clock import START

FULL = os.environ.get("ENCORE_FAULTS") == "full"
RUNGS = [Rung(id="note", cost=0, share=50), Rung(id="five", cost=500, share=30), Rung(id="ten", cost=1_000, share=20)]
# By kind of people: what chance of an order of 60.00, at a margin of half, each rung brings; and no rung at all.
CHANCE = {
    "high/late": {HOLDOUT: 0.08, "note": 0.20, "five": 0.21, "ten": 0.22},  # a note does it
    "middle/likely_gone": {HOLDOUT: 0.04, "note": 0.05, "five": 0.16, "ten": 0.17},  # something small does
    "low/gone": {HOLDOUT: 0.01, "note": 0.015, "five": 0.03, "ten": 0.16},  # only the most does
}
MARGIN = 3_000
COST = {rung.id: rung.cost for rung in RUNGS} | {HOLDOUT: 0}


def gain_of(chance: random.Random, cell: str, rung: str) -> int:
    return MARGIN - COST[rung] if chance.random() < CHANCE[cell][rung] else 0


def mean_of(cell: str, rung: str) -> float:
    return CHANCE[cell][rung] * (MARGIN - COST[rung])


def added(sums: dict[tuple[str, str], Learned], cell: str, rung: str, gain: int) -> None:
    old = sums.get((cell, rung), Learned(cell=cell, rung=rung))
    counts = {"customers": old.customers + 1, "buyers": old.buyers + (gain != 0)}
    sums[cell, rung] = msgspec.structs.replace(old, gain=old.gain + gain, squares=old.squares + gain * gain, **counts)


def regret(seed: int, runs: int, people: int, *, evenly: bool) -> float:
    """What was lost over the runs against who knows the best rung; results come in two runs late."""
    chance, sums = random.Random(seed), dict[tuple[str, str], Learned]()
    late: list[list[tuple[str, str, int]]] = [[], []]
    lost = 0.0
    for _ in range(runs):
        lesson = lesson_of("", "c", START, RUNGS, list(sums.values()))
        seen = []
        for cell in CHANCE:
            known = {one.rung: one for one in lesson.of(cell)}
            best = max(mean_of(cell, rung.id) for rung in RUNGS)
            for number in range(people):
                if number % 10 == 0:
                    seen.append((cell, HOLDOUT, gain_of(chance, cell, HOLDOUT)))
                    continue
                rung = chance.choice(RUNGS) if evenly else pick(RUNGS, known, chance.random())[0]
                lost += best - mean_of(cell, rung.id)
                seen.append((cell, rung.id, gain_of(chance, cell, rung.id)))
        late.append(seen)
        for one in late.pop(0):
            added(sums, *one)
    return lost


def test_what_is_lost_while_learning_is_under_half_of_an_even_splits() -> None:
    for seed in range(20 if FULL else 1):
        learned = regret(seed, 26, 150, evenly=False)
        assert learned < regret(seed, 26, 150, evenly=True) / 2, f"seed {seed}"


def test_nobody_knows_anything_at_first_and_a_new_kind_of_people_goes_by_all() -> None:
    lesson = lesson_of("", "c", START, RUNGS, [])
    assert [(one.share, one.gain, one.loses) for one in lesson.of("high/late")] == [
        (50, None, False),
        (30, None, False),
        (20, None, False),
    ]
    seen = [Learned(cell="a", rung=name, customers=400, buyers=9, gain=gain, squares=gain * 900) for name, gain in
            (("note", 40_000), ("five", 4_000), ("ten", 4_000), (HOLDOUT, 4_000))]  # fmt: skip
    lesson = lesson_of("", "c", START, RUNGS, seen)
    assert lesson.of("b") == lesson.of(ANYWHERE)
    assert lesson.of("a")[0].share > 80
    assert lesson.of("a")[0].gain == 90.0


def test_a_rung_that_clearly_loses_is_given_to_nobody() -> None:
    arms = {"note": Arm(customers=500, revenue=0), HOLDOUT: Arm(customers=500, revenue=500_000, squares=1e9)}
    stand = standings(RUNGS, arms, arms)
    assert [(one.rung, one.loses) for one in stand] == [("note", True), ("five", False), ("ten", False)]
    drawn = Counter(_wish(stand, place / 50).rung for place in range(50))
    assert drawn["note"] == 0
    every = [msgspec.structs.replace(one, loses=True) for one in stand]
    assert _wish(every, 0.5).reason is Reason.DOES_NOT_PAY


def _wish(stand: list[Standing], place: float, worth: int = 5_000) -> Wish:
    letters = {rung.id: 0.0 for rung in RUNGS}
    person = Person(cell="a", worth=worth, last_order=None, held_out=False, place=place, letters=letters)
    return wished(Ladder(), RUNGS, stand, person, Climb(id="x", campaign="c", customer="ana"), START)


def test_nobody_gets_what_costs_more_than_they_bring() -> None:
    stand = standings(RUNGS, {}, {})
    got: defaultdict[int, set[str]] = defaultdict(set)
    for worth in (0, 100, 700, 2_000):
        got[worth] = {_wish(stand, place / 40, worth).rung for place in range(40)}
    assert got == {0: {""}, 100: {"note"}, 700: {"note", "five"}, 2_000: {"note", "five", "ten"}}
