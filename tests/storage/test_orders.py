"""Orders are kept once, with their events, and customers' profiles follow them."""

import threading
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from common.errors import Conflict
from customers.customer import Customer
from customers.orders import Line, Order, OrderEvent, OrderRow
from customers.profile import Profile, reckon
from storage.aliases import Aliases
from storage.orders import MongoOrders
from storage.profiles import LEFT_OVER, Profiles
from tests.support.clock import START, ManualClock
from wiring import Services


def order(id: str, customer: str = "ana", days: int = -30, total: int = 1_000, currency: str = "EUR") -> Order:
    line = Line(product_id=f"p{total}", quantity=1, unit_price=total)
    return Order(
        id=id,
        customer_id=customer,
        placed_at=START + timedelta(days=days),
        currency=currency,
        total=total,
        lines=[line],
    )


def profile(services: Services, customer: str) -> Profile:
    return services.customers.get([customer])[customer].profile


def test_an_order_of_an_unknown_customer_creates_them_bare(services: Services) -> None:
    services.orders.upsert([order("o1")])
    ana = services.customers.get(["ana"])["ana"]
    assert msgspec.structs.replace(ana, profile=Profile()) == Customer(
        id="ana", created_at=START, updated_at=START, version=1
    )
    assert ana.profile == reckon([order("o1")])


def test_a_known_customer_keeps_all_else(services: Services) -> None:
    services.customers.upsert([Customer(id="ana", first_name="Ana")])
    services.orders.upsert([order("o1")])
    ana = services.customers.get(["ana"])["ana"]
    assert (ana.first_name, ana.version, ana.profile.orders) == ("Ana", 1, 1)


def test_an_order_given_twice_is_kept_once(services: Services) -> None:
    services.orders.upsert([order("o1"), order("o2")])
    services.orders.upsert([order("o1"), order("o2", total=5)])
    kept = services.orders.get(["o1", "o2", "o3"])
    assert {one.id: (one.version, one.total) for one in kept.values()} == {"o1": (1, 1_000), "o2": (2, 5)}
    assert profile(services, "ana").spend == {"EUR": 1_005}


def test_a_new_version_of_an_order_keeps_its_events(services: Services) -> None:
    services.orders.upsert([order("o1")])
    services.orders.add_event("o1", OrderEvent(type="shipped", at=START))
    services.orders.upsert([order("o1", total=7)])
    kept = services.orders.get(["o1"])["o1"]
    assert (kept.state, kept.total, len(kept.events)) == ("shipped", 7, 1)


def test_an_order_of_somebody_else_is_refused_and_nothing_of_the_batch_is_kept(services: Services) -> None:
    services.orders.upsert([order("o1")])
    with pytest.raises(Conflict):
        services.orders.upsert([order("o2"), order("o1", customer="bo")])
    assert set(services.orders.get(["o1", "o2"])) == {"o1"}
    assert services.customers.get(["bo"]) == {}


def test_a_cancelled_order_leaves_the_profile_and_a_refund_its_money(services: Services) -> None:
    services.orders.upsert([order("o1"), order("o2", days=-10)])
    services.orders.add_event("o1", OrderEvent(type="cancelled", at=START))
    services.orders.add_event("o2", OrderEvent(type="refunded", at=START, amount=400))
    assert profile(services, "ana") == reckon(services.orders.of_customer("ana"))
    assert (profile(services, "ana").orders, profile(services, "ana").spend) == (1, {"EUR": 600})
    services.orders.add_event("o2", OrderEvent(type="cancelled", at=START))
    assert profile(services, "ana") == Profile(incidents=2, bad_in_a_row=2, last_incident_at=START)
    assert services.orders.last_of(["ana", "bo"]) == {}


def test_the_last_order_of_each_customer_is_found(services: Services) -> None:
    services.orders.upsert([order("o1"), order("o2", days=-2), order("o3", customer="bo")])
    assert {customer: one.id for customer, one in services.orders.last_of(["ana", "bo", "cy"]).items()} == {
        "ana": "o2",
        "bo": "o3",
    }


def test_an_event_of_an_order_nobody_knows_is_told(services: Services) -> None:
    assert services.orders.add_event("o1", OrderEvent(type="shipped", at=START)) is None


def test_what_happens_to_orders_is_told_once(services: Services) -> None:
    services.orders.upsert([order("old"), order("o1", customer="bo", days=-1), order("o2", customer="bo", days=0)])
    for _ in range(2):
        services.orders.upsert([order("o1", customer="bo", days=-1, total=9)])
        services.orders.add_event("o1", OrderEvent(type="shipped", at=START, carrier="CTT"))
        services.events.pump()
    assert services.events.pump() == 0
    told = [(event.type, event.data["order"]) for event in services.events.waiting_for("triggers", 10)]
    # An order of a month ago is history, not news.
    assert sorted(told) == [("order_placed", "o1"), ("order_placed", "o2"), ("order_shipped", "o1")]
    placed = {
        event.data["order"]: event.data for event in services.events.of_customer("bo", 10) if "first" in event.data
    }
    assert (placed["o1"]["first"], placed["o2"]["first"]) == (True, False)
    assert services.database["orders"].count_documents({"pending_at": {"$exists": True}}) == 0


def test_profiles_hold_when_many_write_orders_of_one_customer_at_once(services: Services) -> None:
    def write(worker: int) -> None:
        for number in range(10):
            services.orders.upsert([order(f"o{worker}-{number}", total=1), order(f"shared-{number}", total=worker)])

    workers = [threading.Thread(target=write, args=[worker]) for worker in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    kept = services.orders.of_customer("ana")
    assert len(kept) == 50
    assert profile(services, "ana") == reckon(kept)


class Died(Exception):
    """What a process that dies would not raise."""


def test_profiles_of_a_process_that_died_are_made_good(services: Services, clock: ManualClock) -> None:
    class Dying(Profiles):
        def add(self, *_: Any) -> set[str]:
            raise Died

    services.orders.upsert([order("o1")])
    dying = MongoOrders(services.database, clock)
    dying._profiles = Dying(services.database)
    with pytest.raises(Died):
        dying.upsert([order("o2"), order("o3", customer="bo")])
    assert profile(services, "ana").orders == 1
    assert services.orders.roll_up_left_over() == 0  # it may still be at it
    clock.advance(LEFT_OVER.total_seconds() + 1)
    assert services.orders.roll_up_left_over() == 1
    assert profile(services, "ana") == reckon(services.orders.of_customer("ana"))
    assert profile(services, "bo").orders == 1
    assert services.orders.roll_up_left_over() == 0


def test_the_orders_of_an_erased_customer_keep_their_sums_and_stay_nobodys(services: Services) -> None:
    services.orders.upsert([order("o1"), order("o2", days=0)])
    assert services.orders.forget("ana") == 2
    assert services.orders.of_customer("ana") == []
    kept = services.orders.get(["o1", "o2"])
    assert len({one.customer_id for one in kept.values()}) == 1
    assert [row["sum"] for row in services.orders.revenue([{"$group": {"_id": None, "sum": {"$sum": "$total"}}}])] == [
        2_000
    ]
    services.events.pump()
    assert services.events.of_customer("ana", 10) == []
    with pytest.raises(Conflict) as refusal:
        services.orders.upsert([order("o1")])
    assert refusal.value.reason == "erased"


def test_orders_under_the_old_id_of_somebody_merged_are_the_survivors(services: Services) -> None:
    aliases = Aliases(services.database)
    aliases.add("anna", "ana", START)
    services.orders.upsert([order("o1", customer="anna"), order("o2")])
    line = Line(product_id="p", quantity=1, unit_price=5)
    rows = [
        OrderRow(row=row, order_id="o3", customer_id=customer, placed_at=START, currency="EUR", packed_by="", line=line)
        for row, customer in enumerate(["anna", "ana"], 2)
    ]
    assert services.orders.add_rows("file", rows).errors == []
    assert services.database["customers"].distinct("_id") == ["ana"]
    assert profile(services, "ana") == reckon(services.orders.of_customer("ana"))
    assert profile(services, "ana").orders == 3
