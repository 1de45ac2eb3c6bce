"""Two schedulers, with clocks that are two hours apart, one of which is killed anywhere: no run twice, none skipped."""

import os
import random
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import pytest

from campaigns.run import Run
from campaigns.schedule import Schedule
from campaigns.triggers.recurring import IN_TIME
from common.ids import new_id
from storage.leases import MongoLeases
from tests.journeys.shop import Bench, draft, open_shop, someone
from tests.support.clock import START, ManualClock
from tests.support.dying import Died
from wiring import Services

FULL = os.environ.get("ENCORE_FAULTS") == "full"
ROUNDS = 40 if FULL else 1
DAYS = 7 if FULL else 2
OFF = timedelta(hours=2)


class Mortal:
    """A store whose process dies right before or after one of the calls that are still to come."""

    def __init__(self, real: Any, fate: Callable[[], bool]) -> None:
        self._real, self._fate = real, fate

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._real, name)
        if name not in ("open", "move"):
            return real

        def call(*given: Any, **more: Any) -> Any:
            if self._fate():
                raise Died
            answer = real(*given, **more)
            if self._fate():
                raise Died
            return answer

        return call


class Tick(NamedTuple):
    """What a scheduler's clock said when it looked, and whether it came to the end of it."""

    at: datetime
    lived: bool


def in_time(noon: datetime, ticks: Sequence[Tick]) -> bool:
    """Whether somebody who lived on looked before it was too late: later than that, `skip` leaves it out."""
    for one in ticks:
        if one.at >= noon and (one.lived or one.at > noon + IN_TIME):
            return one.at <= noon + IN_TIME
    return False


class Scheduler:
    """One of two: its clock is off by so much, and it dies now and then."""

    def __init__(self, services: Services, off: timedelta, chance: random.Random) -> None:
        self.clock, self._off = ManualClock(START + off), off
        self._services, self._chance = services, chance

    def tick(self, elapsed: timedelta) -> "Tick | None":
        """Open what is due by its own clock, unless the other holds the lease; or die."""
        self.clock.set(START + elapsed + self._off)
        leases = MongoLeases(self._services.database, self.clock)
        owner = new_id()
        if leases.hold("scheduler", owner, 30):
            try:
                self._schedule().open_due()
            except Died:
                return Tick(self.clock.now(), lived=False)  # and its lease runs out by itself
            leases.release("scheduler", owner)
            return Tick(self.clock.now(), lived=True)
        return None

    def _schedule(self) -> Schedule:
        made = self._services
        return Schedule(
            campaigns=Mortal(made.campaigns, self._dies),
            runs=made.runs,
            launcher=made.launcher,
            events=made.events,
            past=made.orders,
            entrance=made.entrance,
            brake=made.brake,
            refusals=made.refusals,
            inside=made.journeys,
            shops=made.shops,
            doorbell=Bench(),
            clock=self.clock,
            ring_again_after=30,
        )

    def _dies(self) -> bool:
        return self._chance.random() < 0.1


def opened(services: Services, campaign: str) -> list[Run]:
    return services.runs.of_campaigns([campaign])


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_two_schedulers_with_wrong_clocks_open_each_run_once_and_skip_none(seed: int, services: Services) -> None:
    chance = random.Random(seed)
    open_shop(services, [someone(1, START)])
    lines = [
        {"cron": "0 12 * * *", "time_zone": "Europe/Berlin", "missed": "skip"},
        {"cron": "0 */6 * * *", "missed": "all"},
        {"cron": "0 12 * * *", "zone": "customer", "missed": "all"},
    ]
    campaigns = [services.launcher.launch(draft(services, trigger={"kind": "recurring", **one}).id) for one in lines]
    both = [Scheduler(services, off, chance) for off in (-OFF, OFF)]
    elapsed, ticks = timedelta(0), list[Tick | None]()
    while elapsed < timedelta(days=DAYS):
        elapsed += timedelta(minutes=chance.choice([20, 40, 60]))
        ticks += [one.tick(elapsed) for one in chance.sample(both, chance.choice([1, 2]))]
    for _ in range(12):  # whoever lives on comes to the end of it
        elapsed += timedelta(minutes=5)
        ticks += [one.tick(elapsed) for one in both]
    sure = START + timedelta(days=DAYS) - OFF  # what both have seen pass
    berlin, every_six, everyone = [opened(services, one.id) for one in campaigns]
    noons = [START.replace(hour=11) + timedelta(days=day) for day in range(DAYS)]
    looked = [one for one in ticks if one is not None]
    wanted = [at.isoformat() for at in noons if at < sure]
    assert set(_named(berlin, sure)) <= set(wanted)
    must = {at.isoformat() for at in noons if at < sure and in_time(at, looked)}
    assert set(_named(berlin, sure)) >= must
    assert len(must) >= len(wanted) / 2, "whoever always dies proves nothing"
    sixes = [START.replace(hour=12) + timedelta(hours=6 * number) for number in range(4 * DAYS + 4)]
    assert _named(every_six, sure) == [at.isoformat() for at in sixes if at < sure]
    tokyo = [run for run in everyone if "Asia/Tokyo" in run.rules["all"][1].get("any_of", [])]
    waves = [run.occurrence.partition(" at ")[0] for run in tokyo]
    assert len(set(waves)) == len(waves)
    assert {f"2026-03-0{day}T12:00:00" for day in range(3, 2 + DAYS)} <= set(waves)


def _named(runs: list[Run], sure: Any) -> list[str]:
    names = sorted(run.occurrence for run in runs)
    assert len(set(names)) == len(names)
    return [name for name in names if name < sure.isoformat()]
