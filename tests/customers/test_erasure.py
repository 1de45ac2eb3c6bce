"""Erasing somebody: to the end, whoever dies on the way, and never with a message still on its way."""

from datetime import timedelta

import pytest

from common.errors import NotFound, Unavailable
from common.ids import new_id
from customers.consent import BY_HAND, SuppressionWord
from customers.customer import Customer
from customers.identity import AGAIN_AFTER, LEFT_OVER, Work
from customers.orders import Line, Order
from messaging.channel import Hook
from messaging.message import State
from tests.support.clock import ManualClock
from tests.support.lives import hits
from tests.support.office import Office
from wiring import Services

_ORDERS = {"zebedee": "o1", "zebulon": "o2"}
TRACES = ["anaconda", "anaconda@example.com", "12125550142"]


@pytest.fixture
def office(services: Services, clock: ManualClock) -> Office:
    """A sending office."""
    return Office(services, clock)


@pytest.fixture
def ana(office: Office, services: Services) -> Services:
    """A customer with a message planned."""
    office.customer("anaconda", addresses={"email": ["anaconda@example.com"], "sms": ["+12125550142"]})
    office.customer("bob")
    office.plan("anaconda", "bob")
    return services


def state_of(services: Services) -> list[tuple[str, str]]:
    found = services.database["messages"].find({"customer": {"$ne": "bob"}})
    return [(one["state"], one.get("reason", "")) for one in found]


def test_what_was_planned_is_not_sent(ana: Services, office: Office) -> None:
    [batch] = [one["_id"] for one in ana.database["batches"].find({"open": True})]
    ana.eraser.erase("anaconda")
    assert state_of(ana) == [("cancelled", "erased")]
    office.delivery.deliver(batch)
    assert office.provider.sent() == [office.get("bob").id]
    assert hits(ana.database, TRACES) == []


def test_nobody_is_told_it_is_done_while_a_message_is_being_handed_over(ana: Services) -> None:
    ana.database["messages"].update_many({"customer": "anaconda"}, {"$set": {"state": State.HANDING_OVER.value}})
    for _ in range(2):
        with pytest.raises(Unavailable):
            ana.eraser.erase("anaconda")
    assert ana.customers.get(["anaconda"]) == {}  # nothing new is begun
    ana.database["messages"].update_many({"customer": "anaconda"}, {"$set": {"state": State.ACCEPTED.value}})
    ana.eraser.erase("anaconda")
    assert hits(ana.database, TRACES) == []
    with pytest.raises(NotFound):
        ana.eraser.erase("anaconda")


def test_what_could_not_be_finished_is_finished_by_the_chore(ana: Services, clock: ManualClock) -> None:
    ana.database["messages"].update_many({"customer": "anaconda"}, {"$set": {"state": State.HANDING_OVER.value}})
    with pytest.raises(Unavailable):
        ana.eraser.erase("anaconda")
    clock.advance(LEFT_OVER.total_seconds() + 1)
    assert ana.identities.finish() == 1
    assert hits(ana.database, TRACES)
    ana.database["messages"].update_many({"customer": "anaconda"}, {"$set": {"state": State.UNCERTAIN.value}})
    clock.advance(LEFT_OVER.total_seconds() + 1)
    assert ana.identities.finish() == 1
    assert hits(ana.database, TRACES) == []
    assert state_of(ana) == [("uncertain_final", "")]


def test_an_erasure_that_died_at_any_step_is_finished_by_whoever_comes_by(
    services: Services, clock: ManualClock
) -> None:
    for step in range(90):
        services.customers.upsert([Customer(id="anaconda", addresses={"email": ["anaconda@example.com"]})])
        work = Work(id=new_id(), kind="erasure", customer="anaconda", nobody=f"erased-{new_id()}", at=clock.now())
        assert services.works.begin(work, clock.now() + LEFT_OVER)
        steps = services.eraser.steps(work)
        done = any(next(steps, None) is None for _ in range(step))
        clock.advance(LEFT_OVER.total_seconds() + 1)
        services.identities.finish()
        assert hits(services.database, ["anaconda"]) == [], step
        clock.advance(AGAIN_AFTER.total_seconds() + 1)
        services.identities.finish()
        if done:
            assert step > 20
            return
    raise AssertionError("It never came to its end.")


def test_whoever_comes_again_meanwhile_is_left_alone(ana: Services, clock: ManualClock) -> None:
    ana.eraser.erase("anaconda")
    ana.customers.upsert([Customer(id="anaconda", first_name="Anaconda")])
    clock.advance(AGAIN_AFTER.total_seconds() + 1)
    assert ana.identities.finish() == 1
    assert ana.customers.get(["anaconda"])["anaconda"].first_name == "Anaconda"
    assert ana.database["identity"].count_documents({}) == 0


def test_a_webhook_that_nobody_could_read_goes_where_it_names_them(ana: Services, clock: ManualClock) -> None:
    for number, text in enumerate(["From=%2B12125550142&x", "From=%2B12125550143", '{"to": "Anaconda@example.com"}']):
        hook = Hook(url="http://shop.test/webhooks/sms", at=clock.now(), headers={}, body=text.encode())
        ana.inbox.store("twilio", hook)
        waiting = ana.inbox.claim(10, 60)
        assert len(waiting) == 1, number
        ana.inbox.spoil(waiting[0].id, "unreadable")
    ana.eraser.erase("anaconda")
    assert [bytes(one["body"]) for one in ana.database["webhooks"].find()] == [b"From=%2B12125550143"]


@pytest.mark.parametrize("pause", [0, AGAIN_AFTER.total_seconds() + 1])
def test_whoever_was_merged_just_before_is_forgotten_under_the_old_id_too(
    ana: Services, clock: ManualClock, pause: float
) -> None:
    ana.customers.upsert([Customer(id="zebulon", first_name="Zebulon"), Customer(id="zebedee")])
    ana.orders.upsert([_order("zebulon", clock), _order("zebedee", clock)])
    ana.merger.merge("zebulon", "zebedee")
    ana.merger.merge("anaconda", "zebulon")
    clock.advance(pause)
    ana.eraser.erase("anaconda")
    assert hits(ana.database, [*TRACES, "zebulon", "zebedee"]) == []
    clock.advance(AGAIN_AFTER.total_seconds() + 1)
    for _ in range(2):
        ana.identities.finish()
    assert hits(ana.database, [*TRACES, "zebulon", "zebedee"]) == []
    assert ana.database["identity"].count_documents({}) == 0
    assert len({one["customer_id"] for one in ana.database["orders"].find()}) == 1


def test_a_merge_whose_survivor_was_erased_takes_in_nobody_who_comes_under_the_old_id_later(
    ana: Services, clock: ManualClock
) -> None:
    ana.customers.upsert([Customer(id="zebulon")])
    ana.merger.merge("anaconda", "zebulon")
    ana.eraser.erase("anaconda")
    ana.customers.upsert([Customer(id="anaconda"), Customer(id="zebulon", first_name="Zeb")])
    clock.advance(AGAIN_AFTER.total_seconds() + 1)
    ana.identities.finish()
    assert ana.aliases.resolve(["zebulon"]) == {}
    assert ana.customers.get(["zebulon"])["zebulon"].first_name == "Zeb"


def test_an_old_id_that_is_somebody_again_is_left_alone(ana: Services, clock: ManualClock) -> None:
    ana.customers.upsert([Customer(id="zebulon")])
    ana.merger.merge("anaconda", "zebulon")
    ana.eraser.erase("anaconda")
    ana.customers.upsert([Customer(id="zebulon")])
    ana.orders.upsert([_order("zebulon", clock)])
    clock.advance(AGAIN_AFTER.total_seconds() + 1)
    ana.identities.finish()
    assert [one.id for one in ana.orders.of_customer("zebulon")] == ["o2"]


def test_what_was_noted_about_their_address_goes_and_they_stay_suppressed(ana: Services, clock: ManualClock) -> None:
    word = SuppressionWord(purpose="all", reason=BY_HAND, at=clock.now(), by="key", note="Anaconda Costa called")
    ana.suppressions.add_by_hand("email", "anaconda@example.com", word)
    ana.eraser.erase("anaconda")
    assert hits(ana.database, [*TRACES, "Costa"]) == []
    assert ana.suppressions.among("email", ["anaconda@example.com"], "service") == {"anaconda@example.com": BY_HAND}


def _order(customer: str, clock: ManualClock) -> Order:
    line = Line(product_id="cd", quantity=1, unit_price=1_000)
    placed = clock.now() - timedelta(hours=1)
    return Order(
        id=_ORDERS[customer], customer_id=customer, placed_at=placed, currency="EUR", total=1_000, lines=[line]
    )
