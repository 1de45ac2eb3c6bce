"""Journeys: who may enter, what a step waits for and looks at, what ends it; once, whoever dies where."""

from collections.abc import Callable
from typing import Any

import pytest

from campaigns.campaign import Campaign, CampaignState
from campaigns.journey import Journey
from campaigns.occasion import Occasion
from campaigns.refusals import Refusal
from campaigns.steps import JourneyRules, JourneyStep
from common.errors import Invalid
from loyalty.offer import Offer
from messaging.message import Message, State
from messaging.receipts import Fact
from segments.segment import Segment
from tests.journeys.shop import bought, draft, open_shop, someone
from tests.support.clock import START, ManualClock
from tests.support.dying import Died
from wiring import Services

HOUR = 3_600
DAY = 24 * HOUR
ORDER = {"kind": "order_placed"}
TWO = [JourneyStep(), JourneyStep(wait_minutes=24 * 60)]


def running(services: Services, **settings: Any) -> Campaign:
    """A campaign that people enter with an order."""
    return services.launcher.launch(draft(services, **{"segment": "", "trigger": ORDER, **settings}).id)


def told(services: Services, campaign: Campaign, key: str, customer: str = "c1") -> int:
    """An occasion; how many it let in."""
    since = services.clock.now()
    return services.entrance.enter(campaign, [Occasion(customer=customer, key=key, since=since)])


def way(services: Services, campaign: Campaign, customer: str = "c1") -> Journey:
    every = services.journeys.of_campaign(campaign.id, "", 0)
    return max((one for one in every if one.customer == customer), key=lambda one: one.entered_at)


def refusals(services: Services, campaign: Campaign) -> list[Refusal]:
    return list(services.refusals.of_campaign(campaign.id, "", 0))


def why(services: Services, campaign: Campaign) -> dict[str, str]:
    return {one.key: one.reason for one in refusals(services, campaign)}


def letters(services: Services, campaign: Campaign) -> list[Message]:
    every = services.messages.of_campaign(campaign.id, "", 100)
    return sorted(every, key=lambda one: (one.customer, one.planned_at or START, one.step))


def test_whoever_is_inside_or_was_let_in_by_this_already_is_not_and_others_as_the_campaign_says(
    services: Services, clock: ManualClock
) -> None:
    open_shop(services, [someone(1, START), someone(2, START)])
    left = JourneyRules(reentry="left")
    always = running(services, steps=TWO, journey=left)
    after = running(services, journey=JourneyRules(reentry="after", reentry_days=2))
    never = running(services, journey=JourneyRules(reentry="never"))
    members = running(services, segment="all", steps=TWO, journey=left)
    campaigns = (always, after, never, members)
    assert [told(services, one, "a") for one in campaigns] == [1, 1, 1, 1]
    assert [told(services, one, "b") for one in campaigns] == [0, 0, 0, 0], "inside"
    services.mover.move()
    clock.advance(DAY)
    services.mover.move()
    assert [way(services, one).state for one in campaigns] == ["ended"] * 4
    assert [told(services, one, "a") for one in campaigns] == [0, 0, 0, 0], "told again"
    assert [told(services, one, "c") for one in campaigns] == [1, 0, 0, 1]
    clock.advance(DAY)
    assert told(services, after, "d") == 1
    assert told(services, members, "e", "nobody") == 0, "not in the segment"
    assert way(services, after).number == 2
    assert len(letters(services, always)) == 2
    assert [why(services, one) for one in campaigns] == [
        {"b": "inside"},
        {"b": "inside", "c": "too_soon"},
        {"b": "inside", "c": "never_again"},
        {"b": "inside", "e": "not_in_segment"},
    ]


def test_a_person_is_let_in_by_a_kind_of_trigger_once_a_period_whichever_campaign_it_is(
    services: Services, clock: ManualClock
) -> None:
    open_shop(services, [someone(1, START)])
    daily = JourneyRules(every_hours=24)
    one, other = running(services, journey=daily), running(services, journey=daily)
    elsewhere = running(services, journey=daily, trigger={"kind": "order_shipped"})
    assert [told(services, campaign, "a") for campaign in (one, other, elsewhere)] == [1, 0, 1]
    services.mover.move()
    clock.advance(23 * HOUR)
    assert told(services, other, "b") == 0
    clock.advance(HOUR)
    assert [told(services, campaign, "c") for campaign in (other, one)] == [1, 0]


def test_a_step_is_for_those_it_names_and_goes_by_its_channels(services: Services, clock: ManualClock) -> None:
    open_shop(services, [someone(number, START) for number in (1, 2, 3)])
    rules = {"rule": "bought", "any_of": ["gold"]}
    services.segments.add(Segment(id="gold", name="Gold", rules=rules, created_at=START, updated_at=START))
    steps = [
        JourneyStep(),
        JourneyStep(wait_minutes=60, if_previous="not_opened", channels=["sms"]),
        JourneyStep(wait_minutes=60, segment="gold", otherwise="end"),
        JourneyStep(wait_minutes=60),
    ]
    campaign = running(services, steps=steps)
    for customer in ("c1", "c2"):
        told(services, campaign, "a", customer)
    services.mover.move()
    opened = next(one for one in letters(services, campaign) if one.customer == "c1")
    about = {"message": opened.id, "campaign": campaign.id, "customer": "c1", "channel": "email", "provider": "p"}
    services.facts.add([Fact(id="f", type="opened", at=clock.now(), **about)])
    for _ in range(4):
        clock.advance(HOUR)
        services.mover.move()
    sent = [(one.customer, one.step, one.channel) for one in letters(services, campaign)]
    assert sent == [("c1", 0, "email"), ("c2", 0, "email"), ("c2", 1, "sms")]
    assert {way(services, campaign, one).why for one in ("c1", "c2")} == {"condition"}


def test_in_everybodys_own_time_each_is_written_to_once_however_they_move(
    services: Services, clock: ManualClock
) -> None:
    homes = {1: "Asia/Tokyo", 2: "America/Los_Angeles", 4: "Asia/Tokyo"}
    people = [someone(number, START, time_zone=zone) for number, zone in homes.items()]
    open_shop(services, [*people, someone(3, START, addresses={"email": ["nowhere@example.com"]})])
    trigger = {"kind": "recurring", "cron": "0 10 3 3 *", "zone": "customer"}
    campaign = services.launcher.launch(draft(services, trigger=trigger).id)
    written: dict[str, str] = {}
    for hour in range(36):
        services.schedule.open_due()
        for run in services.runs.of_campaigns([campaign.id]):
            services.planner.plan(run.id)
        for one in letters(services, campaign):
            written.setdefault(one.customer, clock.now().strftime("%d %H:%M"))
        if hour == 20:  # after ten in Tokyo, and before ten in Los Angeles
            services.customers.change("c4", {"time_zone": "America/Los_Angeles"})
        clock.advance(HOUR)
    assert written == {"c1": "03 01:00", "c2": "03 18:00", "c3": "03 10:00", "c4": "03 01:00"}
    assert len(letters(services, campaign)) == 4


def test_a_message_that_waits_is_withdrawn_at_an_exit_and_a_cancelled_campaign_lets_go_of_everybody(
    services: Services, clock: ManualClock
) -> None:
    open_shop(services, [someone(1, START), someone(2, START)])
    rules = JourneyRules(exits=["ordered", "redeemed", "replied"], reentry="left")
    campaign = running(services, steps=TWO, journey=rules)
    for customer in ("c1", "c2"):
        told(services, campaign, "a", customer)
    services.mover.move()
    clock.advance(300)
    services.orders.upsert([bought("c1", clock.now())])
    services.events.pump()
    services.schedule.react()
    services.launcher.pause(campaign.id)
    services.mover.move()
    assert way(services, campaign).state == "going", "paused"
    services.launcher.resume(campaign.id)
    services.mover.move()
    assert (way(services, campaign).why, way(services, campaign, "c2").why) == ("ordered", "")
    assert [(one.state, one.reason) for one in letters(services, campaign)] == [
        (State.CANCELLED, "journey_ended"),
        (State.QUEUED, ""),
    ]
    services.launcher.cancel(campaign.id)
    assert way(services, campaign, "c2").why == "cancelled"
    clock.advance(2 * DAY)
    assert services.mover.move() == 0


class Fatal:
    """A store that dies at one of its writes, before or after it."""

    def __init__(self, real: Any, fate: Callable[[], bool]) -> None:
        self._real, self._fate = real, fate

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._real, name)
        if name not in ("open", "move", "plan", "put", "withdraw"):
            return real

        def call(*given: Any, **more: Any) -> Any:
            if self._fate():
                raise Died
            answer = real(*given, **more)
            if self._fate():
                raise Died
            return answer

        return call


def test_a_mover_that_dies_at_any_of_its_writes_sends_each_step_once_in_the_end(
    services: Services, clock: ManualClock
) -> None:
    open_shop(services, [someone(number, START) for number in (1, 2, 3)])
    for moment in range(9):
        campaign = running(services, steps=[JourneyStep(), JourneyStep(wait_minutes=60)])
        for customer in ("c1", "c2", "c3"):
            told(services, campaign, "a", customer)
        left = [moment]

        def fate(left: list[int] = left) -> bool:
            left[0] -= 1
            return left[0] == -1

        writer, places, mover = services.step_writer, services.batching, services.mover
        kept = (writer._runs, places._messages, mover._journeys)
        writer._runs, places._messages, mover._journeys = (Fatal(one, fate) for one in kept)
        died = False
        try:
            mover.move()
        except Died:
            died = True
        writer._runs, places._messages, mover._journeys = kept
        assert died is (moment < 8), "not all moments were tried, or one too many"
        mover.move()
        for run in services.runs.of_campaigns([campaign.id]):
            services.planner.plan(run.id)  # as the scheduler has it done, of what was left
        clock.advance(HOUR)
        mover.move()
        mover.move()
        sent = [(one.customer, one.step) for one in letters(services, campaign)]
        assert sorted(sent) == [(customer, step) for customer in ("c1", "c2", "c3") for step in (0, 1)]
        services.launcher.cancel(campaign.id)


def test_who_is_merged_goes_on_where_they_were_and_who_is_erased_is_nowhere(
    services: Services, clock: ManualClock
) -> None:
    open_shop(services, [someone(number, START) for number in (1, 2, 3)])
    campaign = running(services, steps=TWO, journey=JourneyRules(every_hours=1))
    for customer in ("c1", "c3"):
        told(services, campaign, "a", customer)
    told(services, campaign, "b", "c3")
    services.mover.move()
    services.merger.merge("c2", "c1")
    clock.advance(DAY)
    services.mover.move()
    mine = [(one.customer, one.step) for one in letters(services, campaign) if one.customer != "c3"]
    assert mine == [("c2", 0), ("c2", 1)]
    assert told(services, campaign, "a", "c2") == 0
    services.eraser.erase("c3")
    assert [one.customer for one in services.journeys.of_campaign(campaign.id, "", 0)] == ["c2"]
    assert services.database["trigger_turns"].count_documents({"customer": "c3"}) == 0
    assert refusals(services, campaign) == []


@pytest.mark.parametrize("kind", ["voucher_unused", "entered_segment"])
def test_a_circle_of_campaigns_is_refused_when_it_is_saved(kind: str, services: Services) -> None:
    open_shop(services, [someone(1, START)])
    for name in ("ten", "twenty"):
        settings = {"percent": 10}
        offer = Offer(id=name, name=name, kind="percent", settings=settings, created_at=START, updated_at=START)
        services.offers.add(offer)
    listens: dict[str, dict[str, Any]] = {
        name: {"kind": "voucher_unused", "after_days": 5, "offer": name} for name in ("ten", "twenty")
    }
    if kind == "entered_segment":
        for name in listens:
            rules = {"all": [{"rule": "voucher_held", "offer": name}]}
            services.segments.add(
                Segment(id=name, name=name, rules=rules, tracked=True, created_at=START, updated_at=START)
            )
        listens = {name: {"kind": kind, "segment": name} for name in listens}
    first = running(services, offer="ten", trigger=listens["twenty"], name="First")
    assert first.state is CampaignState.RUNNING
    with pytest.raises(Invalid) as refused:
        services.launcher.check(draft(services, segment="", offer="twenty", trigger=listens["ten"], name="Second"))
    assert refused.value.fields == {"trigger": ["A circle that would never end: Second -> First -> Second."]}
    with pytest.raises(Invalid) as refused:
        services.launcher.check(draft(services, segment="", offer="ten", trigger=listens["ten"]))
    assert refused.value.fields == {"trigger": ["Its own messages would trigger it, again and again."]}
    services.launcher.check(draft(services, segment="", offer="ten", trigger={"kind": "order_placed"}))
