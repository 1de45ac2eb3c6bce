"""Who may enter again, and what ends a campaign that triggers itself; who is not let in is noted, and nobody lost."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, cast

import msgspec
import pytest

from campaigns.journey import Journey
from campaigns.occasion import Occasion
from campaigns.refusals import LOOP
from campaigns.steps import JourneyRules
from common.events import event
from messaging.message import State
from tests.campaigns.test_journeys import DAY, HOUR, TWO, letters, refusals, running, told, way, why
from tests.journeys.shop import open_shop, someone
from tests.support.clock import START, ManualClock
from wiring import Services


def test_where_each_occasion_counts_somebody_is_on_several_ways_at_once_and_stays_on_them_when_merged(
    services: Services, clock: ManualClock
) -> None:
    open_shop(services, [someone(1, START), someone(2, START)])
    campaign = running(services, steps=TWO)  # an order's trigger: each is about a thing of its own
    since = services.clock.now()
    both = [Occasion(customer="c1", key=key, since=since, data={"event": {"order": key}}) for key in ("o1", "o2")]
    assert services.entrance.enter(campaign, both) == 2
    assert services.entrance.enter(campaign, both) == 0, "told again"
    services.mover.move()
    assert {one.data["event"]["order"] for one in letters(services, campaign)} == {"o1", "o2"}
    assert {one.state for one in letters(services, campaign)} == {State.QUEUED}, "one is not the other's copy"
    services.merger.merge("c2", "c1")
    assert services.entrance.enter(campaign, [msgspec.structs.replace(one, customer="c2") for one in both]) == 0
    clock.advance(DAY)
    services.mover.move()
    assert [one.customer for one in letters(services, campaign)] == ["c2"] * 4
    assert refusals(services, campaign) == []


def test_who_is_inside_begins_anew_where_a_campaign_says_so_and_what_waits_is_withdrawn(
    services: Services, clock: ManualClock
) -> None:
    open_shop(services, [someone(1, START)])
    campaign = running(services, steps=TWO, journey=JourneyRules(reentry="restart"))
    assert told(services, campaign, "a") == 1
    services.mover.move()
    clock.advance(HOUR)
    late, later = clock.now(), clock.now() + timedelta(minutes=5)
    two = [Occasion(customer="c1", key=key, since=at) for key, at in (("c", later), ("b", late))]
    assert services.entrance.enter(campaign, two) == 1
    assert services.entrance.enter(campaign, two) == 0, "told again"
    assert (way(services, campaign).entry, way(services, campaign).number) == ("c", 2)
    assert why(services, campaign) == {"b": "overtaken"}
    services.mover.move()
    assert [(one.state, one.reason) for one in letters(services, campaign)] == [
        (State.CANCELLED, "journey_ended"),
        (State.QUEUED, ""),
    ]
    clock.advance(DAY)
    services.mover.move()
    assert [one.step for one in letters(services, campaign)] == [0, 0, 1]


def test_an_entry_that_another_process_overtook_is_decided_again_and_not_lost(
    services: Services, clock: ManualClock
) -> None:
    open_shop(services, [someone(1, START)])
    campaign = running(services, steps=TWO, journey=JourneyRules(reentry="restart"))
    told(services, campaign, "a")
    entrance = services.entrance
    real = entrance._journeys

    class Beaten:
        """The mover is faster, once."""

        def __getattr__(self, name: str) -> Any:
            return getattr(real, name)

        def put(self, journeys: Sequence[Journey]) -> int:
            entrance._journeys = real
            services.mover.move()
            return real.put(journeys)

    entrance._journeys = cast(Any, Beaten())
    assert told(services, campaign, "b") == 1
    assert (way(services, campaign).entry, way(services, campaign).step) == ("b", 0)


@pytest.mark.parametrize(
    ("trigger", "type"),
    [({"kind": "site_event", "type": "letter_opened"}, "letter_opened"), ({"kind": "tier_reached"}, "tier_reached")],
)
def test_a_message_that_brings_its_own_trigger_about_is_stopped_with_a_name(
    trigger: dict[str, Any], type: str, services: Services, clock: ManualClock
) -> None:
    open_shop(services, [someone(1, START)])
    campaign = running(services, trigger=trigger)
    clock.advance(60)
    for number in range(LOOP + 5):
        services.events.add([event(type, clock.now(), "c1", [number], tier="Gold")])
        services.schedule.react()
        services.mover.move()
        for run in services.runs.of_campaigns([campaign.id]):
            services.planner.plan(run.id)
        clock.advance(60)
    assert len(letters(services, campaign)) == LOOP
    stopped = services.campaigns.get(campaign.id).loop
    assert stopped is not None
    assert (stopped.place, stopped.reason.split(" came ")[0]) == ("trigger", trigger["kind"])
    assert [one.reason for one in refusals(services, campaign)] == ["trigger_loop"] * 5
    if type == "letter_opened":
        assert (way(services, campaign).state, way(services, campaign).why) == ("ended", "trigger_loop")
    clock.advance(DAY)
    services.events.add([event(type, clock.now(), "c1", ["tomorrow"], tier="Gold")])
    services.schedule.react()
    services.mover.move()
    for run in services.runs.of_campaigns([campaign.id]):
        services.planner.plan(run.id)
    assert len(letters(services, campaign)) == LOOP + 1


def test_many_different_orders_in_a_day_are_no_loop_and_what_a_paused_campaign_misses_is_noted(
    services: Services, clock: ManualClock
) -> None:
    open_shop(services, [someone(1, START)])
    plain, stepped = running(services), running(services, steps=TWO)
    clock.advance(60)
    many = [event("order_placed", clock.now(), "c1", [n], order=f"o{n}") for n in range(LOOP + 3)]
    services.events.add(many)
    services.schedule.react()
    assert len(services.runs.of_campaigns([plain.id])) == LOOP + 3
    assert len(list(services.journeys.of_campaign(stepped.id, "", 0))) == LOOP + 3
    for campaign in (plain, stepped):
        services.launcher.pause(campaign.id)
    services.events.add([event("order_placed", clock.now(), "c1", ["late"], order="late")])
    services.schedule.react()
    assert [one.reason for campaign in (plain, stepped) for one in refusals(services, campaign)] == ["paused"] * 2
    assert services.campaigns.get(plain.id).loop is None
    clock.advance(184 * DAY)
    assert services.refusals.tidy() == 2
