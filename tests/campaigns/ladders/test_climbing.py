"""Ladders at work: once in a set time, higher each time, an end at the first order, and caps that hold whoever dies."""

import threading
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from campaigns.ladder import HOLDOUT
from customers.consent import Consent
from loyalty.basket import Basket
from messaging.desk import Terms
from messaging.message import State
from tests.campaigns.ladders.climbers import (
    DAY,
    FULL,
    bought,
    campaign,
    decided,
    dying,
    euros,
    kept,
    people,
    truth,
)
from tests.support.clock import ManualClock
from tests.support.dying import Died
from wiring import Services


def test_nobody_twice_in_a_set_time_higher_each_time_and_an_order_is_the_end(
    offers: Services, clock: ManualClock
) -> None:
    [ana, bo] = people(offers, clock, 2)
    made = campaign(offers, shares=(100, 0, 0), rest_days=30)
    first = decided(offers, made, [ana, bo], "1")
    assert [(one.rung, one.reason, one.step) for one in first.values()] == [("note", "tried", 0)] * 2
    assert decided(offers, made, [ana, bo], "1") == first  # planned again, it is the same
    clock.advance(29 * DAY)
    assert decided(offers, made, [ana, bo], "2") == {}
    clock.advance(1 * DAY)
    offers.orders.upsert([bought("c001", clock.now() - timedelta(days=3))])
    second = decided(offers, made, [ana, bo], "3")
    # Who has not ordered goes up; of the one who has, the next lapse begins at the bottom.
    assert {name: (one.rung, one.reason, one.step) for name, one in second.items()} == {
        "c000": ("five", "climbed", 1),
        "c001": ("note", "tried", 0),
    }
    clock.advance(31 * DAY)
    assert decided(offers, made, [ana], "4")["c000"].rung == "ten"
    clock.advance(31 * DAY)
    assert decided(offers, made, [ana], "5") == {}
    clock.advance(31 * DAY)
    assert decided(offers, made, [ana], "6") == {}
    [climb] = offers.climbs.page(made.id, "", 9, customer="c000")
    # A no for the same reason is said once.
    assert [one.reason for one in climb.decisions] == ["tried", "climbed", "climbed", "top_reached"]


def test_a_persons_cap_counts_what_can_still_be_used_and_what_was(offers: Services, clock: ManualClock) -> None:
    [ana, bo] = people(offers, clock, 2)
    caps: dict[str, Any] = {"person_most": euros(1_400), "person_days": 60}
    made = campaign(offers, shares=(0, 0, 100), days=90, rest_days=5, climbs=False, **caps)
    assert {one.rung for one in decided(offers, made, [ana, bo], "1").values()} == {"ten"}
    clock.advance(6 * DAY)
    # 4.00 is left, and something must be above the cheapest: the note.
    second = decided(offers, made, [ana, bo], "2")
    assert {(one.rung, one.reason) for one in second.values()} == {("note", "under_cap")}
    code = offers.vouchers.mint("ten", {kept(offers, made)[0].id: "c000"}, made.id)
    offers.vouchers.redeem(code.popitem()[1], "c000", Basket(id="o1", total=euros(700)))
    clock.advance(30 * DAY)
    while offers.settle_ladders():
        pass
    # Ana used 7.00 of her ten; Bo used nothing, and has it all again.
    third = decided(offers, made, [ana, bo], "3")
    assert {name: one.rung for name, one in third.items()} == {"c000": "five", "c001": "ten"}
    assert offers.purses.promised(made.id) == 700 + 500 + 1_000


def test_what_came_of_a_decision_is_learned_when_its_time_is_over(offers: Services, clock: ManualClock) -> None:
    who = people(offers, clock, 8)
    # The time of every rung begins when the last would have been sent, two days later.
    made = campaign(offers, shares=(0, 100, 0), holdout=40, days=12, later=2 * 24 * 60)
    first = decided(offers, made, who, "1")
    rungs = {name: one.rung for name, one in first.items()}
    assert set(rungs.values()) == {"five", HOLDOUT}
    used = next(name for name, rung in rungs.items() if rung == "five")
    code = offers.vouchers.mint("five", {first[used].id: used}, made.id)[first[used].id]
    offers.vouchers.redeem(code, used, Basket(id=f"{used}-o", total=euros(10_500)))
    offers.orders.upsert([bought(used, clock.now() + timedelta(days=2))])
    clock.advance(13 * DAY)
    assert offers.lessons.learned(made.id) == []
    clock.advance(2 * DAY)
    while offers.settle_ladders():
        pass
    told = {(one.rung, one.customers, one.buyers, one.gain) for one in offers.lessons.learned(made.id)}
    counts = {rung: sum(one == rung for one in rungs.values()) for rung in ("five", HOLDOUT)}
    # The goods of 105.00 cost 63.00; 100.00 was paid.
    assert told == {("five", counts["five"], 1, 3_700), (HOLDOUT, counts[HOLDOUT], 0, 0)}


def test_the_cap_of_all_goes_to_who_is_worth_most_and_the_others_get_less(offers: Services, clock: ManualClock) -> None:
    who = people(offers, clock, 5)
    offers.orders.upsert([bought("c003", clock.now() - timedelta(days=days)) for days in (400, 500)])
    offers.database["customers"].update_one({"_id": "c003"}, {"$set": {"profile.average.EUR": 30_000}})
    made = campaign(offers, shares=(0, 0, 100), total_most=euros(1_700))
    told = {name: (one.rung, one.reason) for name, one in decided(offers, made, who, "1").items()}
    assert told["c003"] == ("ten", "tried")
    assert told["c000"] == ("five", "under_cap")
    assert {told[name] for name in ("c001", "c002", "c004")} == {("note", "under_cap")}
    assert offers.purses.promised(made.id) == 1_500


def test_the_caps_hold_at_every_step_at_which_a_planner_or_a_settling_dies(
    offers: Services, clock: ManualClock
) -> None:
    who = people(offers, clock, 6)
    moments = [(at, after) for at in range(4) for after in ((False, True) if FULL else (bool(at % 2),))]
    for at, after in moments:
        made = campaign(offers, shares=(0, 50, 50), total_most=euros(3_000), person_most=euros(1_000), rest_days=20)
        climbing, settling, _ = dying(offers, at, after)
        with pytest.raises(Died):
            decided(offers, made, who, "1", climbing)
        assert offers.purses.promised(made.id) <= 3_000
        told = decided(offers, made, who, "1")  # whoever comes next
        assert len(told) == 6
        assert offers.purses.promised(made.id) == truth(offers, made) <= 3_000
        clock.advance(16 * DAY)
        try:
            settling = dying(offers, at, after)[1]
            settling.settle("EUR")
        except Died:
            clock.advance(300)
        while offers.settle_ladders():
            pass
        offers.settle_ladders()
        assert offers.purses.promised(made.id) == truth(offers, made) == 0, (at, after)
        marked = offers.climbs.left_over(clock.now(), 99)
        assert marked == []
        clock.advance(5 * DAY)  # the next one's people have rested, too


def test_planners_at_once_never_promise_more_than_the_cap_and_nobody_anything_twice(
    offers: Services, clock: ManualClock
) -> None:
    who = people(offers, clock, 60 if FULL else 24)
    made = campaign(offers, shares=(0, 0, 100), total_most=euros(9_500))
    begin, failures = threading.Barrier(4), list[BaseException]()

    def plan(name: str) -> None:
        own = Services(offers.settings, clock)
        try:
            begin.wait()
            decided(own, made, who, name)
        except BaseException as error:  # noqa: BLE001  # told below, where it fails the test
            failures.append(error)
        finally:
            own.close()

    threads = [threading.Thread(target=plan, args=(name,)) for name in ("1", "1", "2", "3")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    climbs = offers.climbs.page(made.id, "", 999)
    assert [sum(one.taken for one in climb.decisions) for climb in climbs] == [1] * len(who)
    assert offers.purses.promised(made.id) == truth(offers, made) == 9_500


def test_two_who_become_one_are_not_written_to_twice(offers: Services, clock: ManualClock) -> None:
    who = people(offers, clock, 2)
    made = campaign(offers, shares=(0, 100, 0))
    decided(offers, made, who, "1")
    offers.merger.merge("c000", "c001")
    assert decided(offers, made, who[:1], "2") == {}
    offers.eraser.erase("c000")
    assert offers.climbs.page(made.id, "", 9, customer="c000") == []
    assert len(kept(offers, made)) == 2
    assert msgspec.json.encode(kept(offers, made)).count(b"c00") == 0


def test_no_money_is_promised_to_who_may_not_be_written_to_and_none_kept_for_a_letter_that_never_went_out(
    offers: Services, clock: ManualClock
) -> None:
    who = people(offers, clock, 4)
    for provider in offers.providers.of_channel("email"):
        offers.provider_book.put(Terms(id=provider.name, price=euros(200_000)))  # two euros a letter
    clock.advance(60)
    no = Consent(state="denied", at=clock.now(), how="page", source="customer")
    offers.customers.set_consent("c000", "email", "marketing", no)
    offers.customers.change("c001", {"addresses": {}})
    dear = campaign(offers, shares=(0, 0, 100), margin_percent=1.5)  # they bring 1.50
    assert decided(offers, dear, who, "1") == {}
    assert [one.reason for one in kept(offers, dear)] == ["unreachable", "unreachable", "not_worth_it", "not_worth_it"]

    made = campaign(offers, shares=(0, 0, 100), total_most=euros(2_000))
    told = decided(offers, made, who, "1")
    assert sorted(told) == ["c002", "c003"], "the two whom the gate would not stop, who get all of the money"
    assert offers.purses.promised(made.id) == 2_000
    sent, skipped = (told[name].id for name in ("c002", "c003"))
    for message, state in ((sent, State.ACCEPTED), (skipped, State.SKIPPED)):
        offers.database["messages"].insert_one({"_id": message, "channel": "email", "state": state.value})
    clock.advance(14 * DAY)
    offers.settle_ladders()
    outcomes = {one.id: one for one in kept(offers, made)}
    assert (outcomes[sent].outcome.letter, outcomes[sent].outcome.gain) == (200, -200)  # type: ignore[union-attr]
    assert (outcomes[skipped].outcome.letter, outcomes[skipped].promised) == (0, 0)  # type: ignore[union-attr]
    assert offers.purses.promised(made.id) == outcomes[sent].promised
