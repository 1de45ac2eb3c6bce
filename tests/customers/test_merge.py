"""Two ids that are one person: what becomes of what was the one's, however often and by whomever it is tried."""

from datetime import timedelta
from typing import Any

import pytest

from common.errors import Conflict, Invalid, NotFound
from customers.consent import IMPORTED, Consent
from customers.customer import Customer
from customers.identity import AGAIN_AFTER
from customers.merge import holding, together, united
from customers.orders import Line, Order
from customers.profile import reckon
from tests.support.clock import ManualClock
from wiring import Services


def word(state: str, days: int, clock: ManualClock, source: str = "api") -> Consent:
    return Consent(state=state, at=clock.now() - timedelta(days=days), source=source)  # type: ignore[arg-type]


def order(customer: str, number: int, clock: ManualClock) -> Order:
    line = Line(product_id=f"p{number % 3}", quantity=1, unit_price=1_000 + number)
    return Order(
        id=f"{customer}-{number}",
        customer_id=customer,
        placed_at=clock.now() - timedelta(days=number),
        currency="EUR" if number % 2 else "USD",
        total=1_000 + number,
        lines=[line],
    )


@pytest.fixture
def two(services: Services, clock: ManualClock) -> Services:
    """Ana, known by two ids."""
    services.customers.upsert(
        [
            Customer(id="ana", first_name="Ana", addresses={"email": ["ana@example.com"]}, tags=["vip"]),
            Customer(
                id="anna",
                first_name="Anna",
                last_name="Costa",
                addresses={"email": ["anna@example.com", "ana@example.com"], "sms": ["+351912345678"]},
                attributes={"size": "M"},
                tags=["vip", "lisbon"],
            ),
        ]
    )
    services.orders.upsert([order("ana", 1, clock), order("ana", 2, clock), order("anna", 3, clock)])
    services.customers.set_consent("ana", "email", "marketing", word("granted", 3, clock))
    services.customers.set_consent("anna", "email", "marketing", word("denied", 5, clock))
    services.customers.set_consent("anna", "sms", "marketing", word("granted", 5, clock))
    return services


def test_what_was_the_ones_is_the_others(two: Services, clock: ManualClock) -> None:
    assert two.merger.merge("ana", "anna") == "ana"
    ana = two.customers.get(["ana"])["ana"]
    assert (ana.first_name, ana.last_name) == ("Ana", "Costa")
    assert ana.addresses == {"email": ["ana@example.com", "anna@example.com"], "sms": ["+351912345678"]}
    assert (ana.tags, ana.attributes) == (["vip", "lisbon"], {"size": "M"})
    assert (ana.time_zone, ana.time_zone_source) == ("Europe/Lisbon", "phone")
    assert ana.consents["email"]["marketing"].state == "granted"
    assert ana.consents["sms"]["marketing"].state == "granted"
    assert ana.merged_from == ["anna"]
    orders = two.orders.of_customer("ana")
    assert {one.id for one in orders} == {"ana-1", "ana-2", "anna-3"}
    assert ana.profile == reckon(orders)
    assert two.orders.of_customer("anna") == []
    assert two.customers.get(["anna"]) == {"anna": ana}
    assert two.database["customers"].count_documents({}) == 1
    assert two.database["consents"].count_documents({"customer": "ana"}) == 3


def test_merging_again_is_merging_once(two: Services, clock: ManualClock) -> None:
    two.merger.merge("ana", "anna")
    before = two.customers.get(["ana"])["ana"]
    assert two.merger.merge("ana", "anna") == "ana"
    clock.advance(AGAIN_AFTER.total_seconds() + 1)
    assert two.identities.finish() == 1
    assert two.identities.finish() == 0
    assert two.customers.get(["ana"])["ana"] == before
    assert two.database["identity"].count_documents({}) == 0


def test_what_comes_late_under_the_old_id_is_brought_along(two: Services, clock: ManualClock) -> None:
    two.merger.merge("ana", "anna")
    late = {"_id": "late", "customer": "anna", "type": "x", "at": clock.now(), "data": {}}
    two.database["events"].insert_one({**late, "todo": []})
    clock.advance(AGAIN_AFTER.total_seconds() + 1)
    two.identities.finish()
    assert "late" in {event.id for event in two.events.of_customer("ana", 10)}


def test_a_merge_that_died_at_any_step_is_finished_by_whoever_comes_by(services: Services, clock: ManualClock) -> None:
    step = 0
    while True:
        old, new = f"old{step}", f"new{step}"
        services.customers.upsert(
            [Customer(id=old, last_name="Costa", engagement={"views": 2}), Customer(id=new, engagement={"views": 1})]
        )
        services.orders.upsert([order(old, 1, clock), order(new, 2, clock)])
        services.database["customers"].update_one({"_id": old}, {"$set": {"engagement": {"views": 2}}})
        services.database["customers"].update_one({"_id": new}, {"$set": {"engagement": {"views": 1}}})
        done = _die_after(services, step, new, old)
        clock.advance(61)
        assert services.identities.finish() >= 1
        survivor = services.customers.get([old])[old]
        assert (survivor.id, survivor.last_name, survivor.engagement) == (new, "Costa", {"views": 3})
        assert survivor.profile == reckon(services.orders.of_customer(new))
        assert survivor.profile.orders == 2
        if done:
            assert step > 20
            return
        step += 1


def _die_after(services: Services, step: int, into: str, other: str) -> bool:
    """Begin a merge and go no further than so many steps; whether that was all of it."""
    steps = services.merger.begun(into, other)
    return any(next(steps, None) is None for _ in range(step))


def test_nobody_is_merged_into_themselves_or_with_somebody_who_is_not_there(two: Services) -> None:
    with pytest.raises(Invalid):
        two.merger.merge("ana", "ana")
    with pytest.raises(NotFound):
        two.merger.merge("nobody", "ana")
    with pytest.raises(Invalid) as refusal:
        two.merger.merge("ana", "nobody")
    assert list(refusal.value.fields) == ["other"]


def test_chains_are_joined_and_rings_and_second_homes_refused(two: Services) -> None:
    two.customers.upsert([Customer(id="ann"), Customer(id="bob")])
    two.merger.merge("ana", "anna")
    two.merger.merge("ann", "ana")
    assert two.aliases.resolve(["anna", "ana"]) == {"anna": "ann", "ana": "ann"}
    assert two.customers.get(["anna"])["anna"].merged_from == ["anna", "ana"]
    assert two.merger.merge("ann", "anna") == "ann"
    for into, other, reason in [
        ("ana", "ann", "cycle"), ("anna", "ann", "cycle"), ("bob", "anna", "merged"), ("ana", "bob", "merged"),
    ]:  # fmt: skip
        with pytest.raises(Conflict) as refusal:
            two.merger.merge(into, other)
        assert refusal.value.reason == reason, (into, other)


def test_two_merges_never_have_one_person_at_once(two: Services, clock: ManualClock) -> None:
    two.customers.upsert([Customer(id="bob")])
    begun = two.merger.begun("ana", "anna")
    next(begun)
    for into, other in [("bob", "ana"), ("bob", "anna"), ("ana", "bob"), ("anna", "ana")]:
        with pytest.raises(Conflict):
            two.merger.merge(into, other)
    with pytest.raises(Conflict):
        two.eraser.erase("ana")
    assert two.merger.merge("ana", "anna") == "ana"
    assert two.merger.merge("ana", "bob") == "ana"


def test_a_shop_that_goes_on_with_the_old_id_changes_the_survivor(two: Services, clock: ManualClock) -> None:
    two.merger.merge("ana", "anna")
    two.customers.change("anna", {"first_name": "Annamaria"}, create=True)
    two.customers.upsert([Customer(id="anna", locale="pt")])
    two.customers.set_consent("anna", "sms", "marketing", word("denied", 0, clock))
    ana = two.customers.get(["ana"])["ana"]
    assert (ana.first_name, ana.locale) == ("Annamaria", "pt")
    assert ana.consents["sms"]["marketing"].state == "denied"
    assert two.database["customers"].count_documents({}) == 1


@pytest.mark.parametrize(
    ("one", "other", "held"),
    [
        (("granted", 3), ("denied", 5), "granted"),
        (("granted", 5), ("denied", 3), "denied"),
        (("granted", 3), ("denied", 3), "denied"),
        (("granted", 1, IMPORTED), ("denied", 9), "denied"),
        (("pending", 1), ("granted", 9), "granted"),
        (("pending", 9), ("denied", 1), "denied"),
    ],
)
def test_of_a_yes_and_a_no_the_later_holds_and_in_doubt_the_no(
    one: tuple[Any, ...], other: tuple[Any, ...], held: str, clock: ManualClock
) -> None:
    words = [word(said[0], said[1], clock, *said[2:]) for said in (one, other)]
    assert holding(*words).state == held
    assert holding(*reversed(words)).state == held


def test_what_both_did_is_added_up(clock: ManualClock) -> None:
    now = clock.now()
    mine = {"views": 2, "seen_at": now, "channels": {"email": {"sent": 3}}, "products": ["a", "b"], "vip": True}
    theirs = {"views": 5, "seen_at": now - timedelta(days=1), "channels": {"sms": {"sent": 1}}, "products": ["b", "c"]}
    assert together(mine, theirs) == {
        "views": 7,
        "seen_at": now,
        "channels": {"email": {"sent": 3}, "sms": {"sent": 1}},
        "products": ["a", "b", "c"],
        "vip": True,
    }


def test_uniting_a_second_time_changes_nothing() -> None:
    into = Customer(id="a", merged_from=["b"], addresses={"email": ["x@example.com"]}, engagement={"views": 3})
    other = Customer(id="b", addresses={"email": ["x@example.com"]}, engagement={"views": 2})
    assert united(into, other) == {}
