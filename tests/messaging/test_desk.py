"""The desk: who carries the next letters, how fast, who is left alone, and how that ends."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from common.money import Money
from messaging.channel import Accepted, Letter, NotTaken, Outcome, Uncertain
from messaging.desk import Held, Picked, Terms
from messaging.message import State
from messaging.spending import Limit
from storage.rates import RedisRates
from storage.spending import MongoSpending
from tests.support.clock import ManualClock
from tests.support.office import Office, Puppet
from wiring import Services


@pytest.fixture
def office(services: Services, clock: ManualClock) -> Office:
    return Office(services, clock)


@pytest.fixture
def second(office: Office, clock: ManualClock) -> Puppet:
    class Second(Puppet):
        name = "second"

    other = Second(office.settings, clock)
    office.understudies.append(other)
    return other


def terms(office: Office, **by_name: object) -> None:
    for name, changes in by_name.items():
        office.services.provider_book.put(Terms(id=name, **changes))  # type: ignore[arg-type]


def picked(office: Office, *, cheapest: bool = False) -> str:
    found = office.desk().pick("email", cheapest=cheapest)
    return found.provider.name if isinstance(found, Picked) else found.reason


def always(outcome: Outcome) -> Callable[[Letter], Outcome]:
    return lambda letter: outcome


def test_letters_are_shared_out_by_weight_or_go_to_the_cheapest(office: Office, second: Puppet) -> None:
    terms(office, puppet={"weight": 3}, second={"weight": 1, "price": Money(90, "EUR")})
    counts = Counter(picked(office) for _ in range(200))
    assert 110 < counts["puppet"] < 185  # 150 expected; six standard deviations are 37
    assert counts["second"] == 200 - counts["puppet"]
    assert {picked(office, cheapest=True) for _ in range(5)} == {"second"}
    terms(office, puppet={"weight": 1}, second={"weight": 0})
    assert {picked(office) for _ in range(20)} == {"puppet"}


def test_prices_are_compared_in_the_currency_that_most_are_in(
    office: Office, second: Puppet, clock: ManualClock
) -> None:
    """90 dollars are not less than 100 yen, and nobody here knows by how much they are more."""
    third = type("Third", (Puppet,), {"name": "third"})(office.settings, clock)
    office.understudies.append(third)
    terms(office, puppet={"price": Money(90, "USD")}, second={"price": Money(100, "JPY")}, third={"weight": 0})
    assert picked(office, cheapest=True) == "second"  # one of each: by the currency's code
    assert office.desk().expected("email", cheapest=True) == {"JPY": 100}
    terms(office, third={"price": Money(95, "USD")})
    assert picked(office, cheapest=True) == "puppet"
    assert office.desk().expected("email", cheapest=True) == {"USD": 90}


def test_wrong_credentials_open_the_breaker_and_the_other_provider_goes_on_at_once(
    office: Office, second: Puppet, clock: ManualClock
) -> None:
    terms(office, second={"weight": 0})
    office.provider.answer = always(NotTaken(reason="credentials", stop=True))
    batch = office.plan("ana", "bo")
    office.delivery.deliver(batch.id)
    assert office.states("ana", "bo") == [(State.WAITING, "credentials")] * 2
    terms(office, second={"weight": 1})
    clock.advance(1)
    batch = office.plan("cy", run="next")
    office.delivery.deliver(batch.id)
    assert office.get("cy", "next").provider == "second"


def test_after_its_time_one_letter_is_tried_and_then_all_is_as_before(office: Office, clock: ManualClock) -> None:
    office.provider.answer = always(NotTaken(reason="credentials", stop=True))
    batch = office.plan("ana", "bo", "cy")
    office.delivery.deliver(batch.id)
    assert isinstance(office.desk().pick("email"), Held)
    clock.advance(61)
    office.delivery.deliver(batch.id)
    assert [len(parcel.letters) for parcel in office.provider.parcels] == [3, 1]
    clock.advance(61)
    assert isinstance(office.desk().pick("email"), Held)  # twice as long, the second time
    clock.advance(60)
    office.provider.answer = always(Accepted("id"))
    office.delivery.deliver(batch.id)
    assert [len(parcel.letters) for parcel in office.provider.parcels] == [3, 1, 1, 2]
    assert {state for state, _ in office.states("ana", "bo", "cy")} == {State.ACCEPTED}
    assert office.services.database["breakers"].count_documents({}) == 0


def test_only_one_tries_a_provider_again(office: Office, clock: ManualClock) -> None:
    office.provider.answer = always(NotTaken(reason="credentials", stop=True))
    office.delivery.deliver(office.plan("ana").id)
    clock.advance(61)
    found = [office.desk().pick("email") for _ in range(3)]
    assert [isinstance(one, Picked) and office.desk().try_again(one) for one in found] == [True, False, False]
    assert isinstance(office.desk().pick("email"), Held)


def test_a_claim_with_nobody_to_send_to_does_not_use_the_trial_up(office: Office, clock: ManualClock) -> None:
    office.provider.answer = always(NotTaken(reason="credentials", stop=True))
    office.delivery.deliver(office.plan("ana", run="first").id)
    office.provider.answer = always(Accepted("id"))
    clock.advance(61)
    office.customer("no", consent=False)
    office.delivery.deliver(office.plan("no", run="second").id)
    begin = office.delivery._claims.begin
    batch = office.plan("stopped", run="third")

    def interrupted(*asked: Any) -> list[str]:
        won = begin(*asked)
        office.services.suppressions.add("email", "stopped@example.com", "all", "stop", clock.now())
        return won

    office.delivery._claims.begin = interrupted  # type: ignore[assignment, method-assign]
    office.delivery.deliver(batch.id)
    office.delivery._claims.begin = begin  # type: ignore[method-assign]
    office.delivery.deliver(office.plan("bo", run="fourth").id)
    assert office.states("bo", run="fourth") == [(State.ACCEPTED, "")]
    assert office.services.database["breakers"].count_documents({}) == 0


@pytest.mark.parametrize(
    ("outcome", "seconds", "reason"),
    [
        (Uncertain(reason="provider_error"), 0.1, "errors"),
        (NotTaken(reason="unreachable"), 0.1, "errors"),
        (Accepted("id"), 99.0, "slow"),
        (Accepted("id"), 0.1, ""),
        (NotTaken(reason="another_refused", retry_after=0.0), 0.1, ""),
    ],
)
def test_errors_and_slowness_open_the_breaker_when_they_are_half_of_the_latest_requests(
    office: Office, outcome: Outcome, seconds: float, reason: str
) -> None:
    desk = office.desk()
    found = desk.pick("email")
    assert isinstance(found, Picked)
    opened = [desk.heard(found, {"m": outcome}, seconds) for _ in range(5)]
    assert opened[:4] == [None] * 4
    assert (opened[4].reason if opened[4] else "") == reason
    assert isinstance(desk.pick("email"), Held if reason else Picked)


def test_retry_after_is_obeyed_by_all_workers_and_needs_no_trial(office: Office, clock: ManualClock) -> None:
    office.provider.answer = always(NotTaken(reason="rate_limited", retry_after=17.0))
    office.delivery.deliver(office.plan("ana").id)
    other = office.plan("bo", run="other")
    office.worker().deliver(other.id)
    assert len(office.provider.parcels) == 1
    assert office.get("bo", "other").not_before == clock.now() + timedelta(seconds=17)
    clock.advance(17)
    found = office.desk().pick("email")
    assert isinstance(found, Picked)
    assert not found.trial


@pytest.mark.parametrize("after", [1e10, 1e300, float("inf")])
def test_no_provider_is_left_alone_for_longer_than_a_day_whatever_it_says(
    office: Office, clock: ManualClock, after: float
) -> None:
    office.provider.answer = always(NotTaken(reason="rate_limited", retry_after=after))
    office.delivery.deliver(office.plan("ana").id)
    assert office.states("ana") == [(State.WAITING, "rate_limited")]
    assert office.get("ana").not_before == clock.now() + timedelta(days=1)
    assert isinstance(office.desk().pick("email"), Held)
    clock.advance(86_400)
    assert isinstance(office.desk().pick("email"), Picked)


def test_a_rate_is_kept_by_all_workers_together(services: Services) -> None:
    """Four at once, each as fast as it may: so many in a second as are allowed, to two in a hundred."""
    rates, rate, taken = RedisRates(services.redis, services.settings), 200.0, list[float]()

    def work() -> None:
        for _ in range(40):
            time.sleep(rates.reserve("fast", 1, rate, 5.0))
            taken.append(time.monotonic())

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    due = rates.reserve("fast", 1, rate, 5.0)
    lasted = max(taken) - min(taken)
    assert len(taken) == 160
    assert lasted >= 159 / rate * 0.98  # never faster; how much slower is the machine's business
    assert due <= 1 / rate + 0.001


def test_what_would_wait_too_long_is_not_reserved(services: Services) -> None:
    rates = RedisRates(services.redis, services.settings)
    assert rates.reserve("slow", 10, 1.0, 5.0) == 0.0
    assert 9.0 < rates.reserve("slow", 1, 1.0, 5.0) <= 10.0
    assert 9.0 < rates.reserve("slow", 1, 1.0, 5.0) <= 10.0  # not 11: nothing was reserved
    assert rates.reserve("another", 1, 1.0, 5.0) == 0.0


def test_a_letter_beyond_the_providers_rate_waits(office: Office) -> None:
    terms(office, puppet={"rate": 0.01})
    first, second = office.plan("ana", run="a"), office.plan("bo", run="b")
    office.delivery.deliver(first.id)
    office.delivery.deliver(second.id)
    assert office.get("ana", "a").state is State.ACCEPTED
    assert office.states("bo", run="b") == [(State.WAITING, "rate_limited")]


def test_a_letter_that_waits_for_the_providers_rate_costs_the_campaign_nothing_yet(office: Office) -> None:
    terms(office, puppet={"rate": 0.01})
    office.limit = Limit(messages=9)
    for run in ("a", "b"):
        office.delivery.deliver(office.plan("ana", run=run).id)
    assert office.states("ana", run="b") == [(State.WAITING, "rate_limited")]
    assert MongoSpending(office.services.database).spent("campaign") == (1, 0)


def test_a_budget_is_never_exceeded_and_gets_back_what_nobody_took(office: Office, clock: ManualClock) -> None:
    terms(office, puppet={"price": Money(2_000, "EUR")})  # 2 cents each
    office.limit = Limit(messages=4, money=6, currency="EUR")
    office.provider.answer = always(NotTaken(reason="unreachable"))
    batch = office.plan("ana", "bo", run="a")
    office.delivery.deliver(batch.id)
    office.provider.answer = always(Accepted("id"))
    clock.advance(30)
    office.delivery.deliver(batch.id)
    office.delivery.deliver(office.plan("cy", "di", run="b").id)
    assert len(office.provider.parcels) == 3
    assert sorted(office.states("cy", "di", run="b")) == [
        (State.ACCEPTED, ""),
        (State.SKIPPED, "campaign_budget"),
    ]


def test_what_is_urgent_waits_a_second_behind_a_campaign_at_a_slow_rate(office: Office) -> None:
    terms(office, puppet={"rate": 2.0})
    slept: list[float] = []
    office.delivery._sleep = slept.append
    office.delivery.deliver(office.plan(*[f"c{number}" for number in range(20)]).id)
    assert {len(parcel.letters) for parcel in office.provider.parcels} == {1}
    assert sum(slept) <= 7  # and then puts the rest back
    slept.clear()
    batch = office.plan("zoe", run="single", purpose="transactional")
    batch = msgspec.structs.replace(batch, urgent=True)
    office.services.database["batches"].update_one({"_id": batch.id}, {"$set": {"urgent": True}})
    office.delivery.deliver(batch.id)
    assert office.states("zoe", run="single") == [(State.ACCEPTED, "")]
    assert sum(slept) <= 1.01


def test_at_a_rate_a_worker_leaves_others_their_share_of_a_batch(office: Office) -> None:
    terms(office, puppet={"rate": 1.0})
    batch = office.plan(*[f"c{number}" for number in range(25)])
    told: list[int] = []

    def join(*asked: Any) -> Any:
        told.append(len(asked[1]))
        if len(told) == 1:
            other = office.worker()
            other._sleep, other._render = (lambda seconds: None), rendering
            other.deliver(batch.id)
        return office.rendering(*asked)

    def rendering(*asked: Any) -> Any:
        told.append(len(asked[1]))
        return office.rendering(*asked)

    office.delivery._sleep, office.delivery._render = (lambda seconds: None), join
    office.delivery.deliver(batch.id)
    assert told == [10, 10]
    assert ("deliver", batch.id) in office.bell.rung
    assert len(set(office.provider.sent())) == len(office.provider.sent())
