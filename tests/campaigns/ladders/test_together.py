"""Several ladders of a shop: what one did for a person counts for all, whoever dies, and who comes in between."""

import threading
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest

from campaigns.campaign import Campaign
from campaigns.ladder import HOLDOUT
from campaigns.ladder_climb import Climb
from campaigns.ladder_climbing import Climbing
from campaigns.run import Run, run_id
from tests.campaigns.ladders.climbers import DAY, FULL, campaign, decided, dying, euros, kept, people, truth
from tests.support.clock import ManualClock
from tests.support.dying import Died
from wiring import Services


def test_what_one_ladder_did_counts_for_every_other_of_the_shop(offers: Services, clock: ManualClock) -> None:
    who = people(offers, clock, 6)
    settings: dict[str, Any] = {"rest_days": 30, "person_most": euros(1_200), "person_days": 100, "climbs": False}
    made = campaign(offers, shares=(0, 0, 100), holdout=40, days=90, **settings)
    first = decided(offers, made, who, "1")
    assert {one.rung for one in first.values()} == {"ten", HOLDOUT}
    clock.advance(360)
    copy = campaign(offers, shares=(0, 0, 100), days=90, **settings)
    run = Run(id=run_id(copy.id, "1"), campaign=copy, occurrence="1", started_at=clock.now())
    tried = offers.climbing.wishes(run, offers.shops.get(), who, 0)
    assert {one.reason for one in tried.values()} == {"rested"}
    # Who is held out of the one rests as well, or would be no comparison.
    assert decided(offers, copy, who, "1") == {} == {one.id: one for one in kept(offers, copy)}
    assert decided(offers, made, who, "1") == first
    clock.advance(30 * DAY)
    later = {name: (one.rung, one.reason) for name, one in decided(offers, copy, who, "2").items()}
    # 2.00 is left to who was promised 10.00 by the other.
    assert later == {
        name: ("ten", "tried") if one.rung == HOLDOUT else ("note", "under_cap") for name, one in first.items()
    }
    assert decided(offers, made, who, "2") == {}


def test_of_two_ladders_at_once_and_of_one_that_died_only_one_writes_to_a_person(
    offers: Services, clock: ManualClock
) -> None:
    who = people(offers, clock, 40 if FULL else 10)
    both = [campaign(offers, shares=share) for share in ((100, 0, 0), (0, 50, 50))]
    begin, failures = threading.Barrier(2), list[BaseException]()

    def plan(made: Campaign) -> None:
        own = Services(offers.settings, clock)
        try:
            begin.wait()
            decided(own, made, who, "1")
        except BaseException as error:  # noqa: BLE001  # told below, where it fails the test
            failures.append(error)
        finally:
            own.close()

    threads = [threading.Thread(target=plan, args=(made,)) for made in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    taken = Counter(climb.customer for made in both for climb in offers.climbs.page(made.id, "", 99) if climb.latest)
    assert taken == dict.fromkeys((one.id for one in who), 1)
    assert all(offers.purses.promised(made.id) == truth(offers, made) for made in both)
    clock.advance(91 * DAY)
    with pytest.raises(Died):
        decided(offers, both[0], who, "2", dying(offers, 0, True)[0])  # written down, and no more
    third = campaign(offers, shares=(0, 100, 0))
    assert decided(offers, third, who, "1") == {}
    clock.advance(300)
    offers.settle_ladders()
    assert len(decided(offers, third, who, "2")) == len(who)


def test_a_decision_that_another_ladder_made_between_reading_and_writing_is_seen(
    offers: Services, clock: ManualClock
) -> None:
    who = people(offers, clock, 4)
    one, other = campaign(offers, shares=(100, 0, 0)), campaign(offers, shares=(0, 100, 0))

    class Between:
        """Lets the other ladder decide about two of them just before the first one writes."""

        def __init__(self) -> None:
            self.left = 1

        def __getattr__(self, name: str) -> Any:
            return getattr(offers.climbs, name)

        def write(self, changed: Sequence[Climb], by: str) -> list[Climb]:
            if self.left:
                self.left = 0
                assert set(decided(offers, other, who[:2], "1")) == {"c000", "c001"}
            return offers.climbs.write(changed, by)

    climbing = Climbing(
        Between(), offers.purses, offers.lessons, offers.offers, offers.templates, offers.price_of_a_letter, clock
    )
    assert set(decided(offers, one, who, "1", climbing)) == {"c002", "c003"}
    assert {name.customer for name in offers.climbs.page(one.id, "", 9) if name.latest} == {"c002", "c003"}
