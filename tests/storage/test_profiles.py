"""Profiles follow orders exactly: whoever writes at once, wherever a process dies, whatever moves in the catalogue."""

import multiprocessing
import random
import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cli.demo.cdnow import purchases
from common.ids import new_id
from common.settings import Settings
from customers.catalogue import Product
from customers.customer import Customer
from customers.order_events import OrderEvent
from customers.orders import Line, Order
from customers.profile import Categories, Profile, reckon
from storage import shelves
from storage.mongo import Mongo
from storage.orders import MongoOrders
from storage.profiles import LEFT_OVER, Profiles
from tests.support.clock import START, ManualClock
from tests.support.histories import HISTORIES, Told
from tests.support.wire import wired
from wiring import Services

RETAIL = Path(__file__).resolve().parents[3] / "shared" / "data" / "orders" / "online_retail_uci352.parquet"


def order(id: str, customer: str = "ana", days: int = -30, product: str = "p1") -> Order:
    line = Line(product_id=product, quantity=1, unit_price=1_000)
    placed = START + timedelta(days=days)
    return Order(id=id, customer_id=customer, placed_at=placed, currency="EUR", total=1_000, lines=[line])


def kept(database: Mongo) -> dict[str, Profile]:
    """The profiles as they stand, by customer."""
    return {one["_id"]: msgspec.convert(one.get("profile", {}), Profile) for one in database["customers"].find()}


def reckoned(orders: MongoOrders, customers: Sequence[str], categories: Categories | None = None) -> dict[str, Profile]:
    """What their orders add up to, by customer, of those who have any."""
    found = {customer: orders.of_customer(customer) for customer in customers}
    return {customer: reckon(placed, categories) for customer, placed in found.items() if placed}


@pytest.fixture
def scratch(services: Services) -> Iterator[Any]:
    """Makes empty databases on the same server, for one example each."""
    made: list[Mongo] = []

    def make() -> Mongo:
        made.append(services.database.client[f"{services.database.name}_{new_id()[-8:]}"])
        return made[-1]

    yield make
    for database in made:
        database.client.drop_database(database.name)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    history=HISTORIES,
    portions=st.lists(st.integers(1, 4), min_size=12, max_size=12),
    again=st.booleans(),
    shuffled=st.randoms(use_true_random=False),
)
def test_what_is_kept_is_what_all_orders_add_up_to(
    scratch: Any, clock: ManualClock, history: list[Told], portions: list[int], again: bool, shuffled: Any
) -> None:
    database = scratch()
    orders = MongoOrders(database, clock)
    left = history * 2 if again else history
    events = [(told.order.id, event) for told in left for event in told.events]
    shuffled.shuffle(events)
    while left:
        batch, left = left[: portions[0]], left[portions[0] :]
        portions = [*portions[1:], portions[0]]
        orders.upsert([told.order for told in batch])
        for id_, event in events[::2]:
            orders.add_event(id_, event)  # most of them of orders that are not there yet
    for id_, event in events:
        orders.add_event(id_, event)
    customers = sorted({told.order.customer_id for told in history})
    assert kept(database) == reckoned(orders, customers)
    assert database["unrolled"].count_documents({}) == 0
    before = kept(database)
    Profiles(database).roll_up(customers, START)
    assert kept(database) == before


def test_each_of_cdnows_customers_is_reckoned_to_the_last_cent(services: Services) -> None:
    bought = [purchase for purchase in purchases() if purchase.customer.endswith(("1", "7"))]
    orders = [
        Order(
            id=f"{number}",
            customer_id=one.customer,
            placed_at=START.replace(year=one.day.year, month=one.day.month, day=one.day.day),
            currency="USD",
            total=one.cents,
            lines=[Line(product_id=f"cd{one.quantity}", quantity=one.quantity, unit_price=one.cents // one.quantity)],
        )
        for number, one in enumerate(bought)
    ]
    random.Random(1).shuffle(orders)
    for start in range(0, len(orders), 150):
        services.orders.upsert(orders[start : start + 150])
    by_customer: dict[str, list[Order]] = defaultdict(list)
    for one in orders:
        by_customer[one.customer_id].append(one)
    assert kept(services.database) == {customer: reckon(placed) for customer, placed in by_customer.items()}
    assert sum(one.spend["USD"] for one in kept(services.database).values()) == sum(one.cents for one in bought)


@pytest.mark.skipif(not RETAIL.exists(), reason=f"{RETAIL.name} is not here: it comes with the shared data")
def test_a_gift_shops_customers_are_reckoned_to_the_last_penny(services: Services) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    rows = parquet.read_table(RETAIL).to_pylist()
    chosen = sorted({row["CustomerID"] for row in rows if row["CustomerID"]})[::60]
    orders = list(_invoices([row for row in rows if row["CustomerID"] in set(chosen)]))
    random.Random(2).shuffle(orders)
    for start in range(0, len(orders), 100):
        services.orders.upsert(orders[start : start + 100])
    by_customer: dict[str, list[Order]] = defaultdict(list)
    for one in orders:
        by_customer[one.customer_id].append(one)
    assert len(by_customer) > 70
    assert kept(services.database) == {customer: reckon(placed) for customer, placed in by_customer.items()}


def _invoices(rows: Sequence[dict[str, Any]]) -> Iterator[Order]:
    """The invoices of a shop's till that are sales, as orders."""
    grouped: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        if row["Quantity"] > 0 and Decimal(str(row["UnitPrice"])) > 0:
            grouped[str(row["InvoiceNo"])].append(row)
    for invoice, sold in grouped.items():
        lines = [
            Line(
                product_id=str(row["StockCode"]),
                quantity=row["Quantity"],
                unit_price=int((Decimal(str(row["UnitPrice"])) * 100).to_integral_value()),
            )
            for row in sold
        ]
        yield Order(
            id=invoice,
            customer_id=str(int(sold[0]["CustomerID"])),
            placed_at=datetime.combine(sold[0]["InvoiceDate"].date(), sold[0]["InvoiceDate"].time(), UTC),
            currency="GBP",
            total=sum(line.quantity * line.unit_price for line in lines),
            lines=lines,
        )


@pytest.mark.parametrize("after", [False, True])
def test_a_process_that_dies_at_any_step_leaves_nothing_that_is_not_made_good(
    services: Services, clock: ManualClock, after: bool
) -> None:
    services.products.upsert([Product(id="p1", categories=["vinyl"])])
    services.orders.upsert([order("o0"), order("o1", "bo")])
    steps = cut_at = 0
    while cut_at <= steps:
        cut_at += 1
        with wired(services.settings) as wire:
            wire.after = after
            dying = MongoOrders(wire.database, clock)
            # New orders of somebody known and of somebody new, and one that changes.
            wanted = [
                order(f"a{cut_at}", "ana", days=-cut_at),
                order(f"d{cut_at}", f"dan{cut_at}"),
                order("o1", "bo", cut_at),
            ]
            steps = len(wire.until_cut(cut_at, partial(dying.upsert, wanted)))
        clock.advance(LEFT_OVER.total_seconds() + 1)
        services.orders.roll_up_left_over()
        everybody = ["ana", "bo", f"dan{cut_at}"]
        expected = reckoned(services.orders, everybody, {"p1": ["vinyl"]})
        now = kept(services.database)
        assert {one: now[one] for one in everybody if one in now} == expected, cut_at
        assert services.database["unrolled"].count_documents({}) == 0
    assert steps >= 8


def _write(settings: Settings, worker: int) -> None:
    """What one of several processes writes: orders of its own, and some that the others write too."""
    made = Services(settings, ManualClock())
    rng = random.Random(worker)
    for number in range(12):
        shared = f"shared-{rng.randrange(8)}"
        made.orders.upsert([order(f"{worker}-{number}", rng.choice(["ana", "bo"])), order(shared, days=-worker)])
        made.orders.add_event(shared, OrderEvent(type="delayed", at=START + timedelta(hours=number), id=str(worker)))
    made.close()


def test_profiles_hold_when_several_processes_write_the_same_customers(services: Services) -> None:
    fork = multiprocessing.get_context("spawn")
    processes = [fork.Process(target=_write, args=[services.settings, worker]) for worker in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert kept(services.database) == reckoned(services.orders, ["ana", "bo"])
    assert kept(services.database)["ana"].incidents >= 3


def test_rolling_up_while_orders_come_in_loses_none(services: Services) -> None:
    over = threading.Event()

    def roll_up() -> None:
        while not over.is_set():
            services.profiles.roll_up(["ana", "bo"], START)

    roller = threading.Thread(target=roll_up)
    roller.start()
    try:
        for number in range(25):
            services.orders.upsert([order(f"a{number}"), order(f"b{number}", "bo", days=-number)])
    finally:
        over.set()
        roller.join()
    assert kept(services.database) == reckoned(services.orders, ["ana", "bo"])


def test_a_profile_of_an_earlier_make_is_reckoned_before_anything_is_added(services: Services) -> None:
    services.orders.upsert([order("o1"), order("o2", days=-20)])
    services.database["customers"].update_one({"_id": "ana"}, {"$set": {"rolled": 2}, "$unset": {"profile.counts": ""}})
    services.orders.upsert([order("o3", days=-10)])
    assert kept(services.database) == reckoned(services.orders, ["ana"])


def test_who_is_erased_or_has_no_orders_is_not_made_up(services: Services) -> None:
    services.orders.upsert([order("o1")])
    services.customers.upsert([Customer(id="cy")])
    services.orders.forget("ana")
    services.customers.erase("ana")
    services.profiles.roll_up(["ana", "bo", "cy"], START)
    (erased,) = services.database["orders"].distinct("customer_id")
    services.orders.add_event("o1", OrderEvent(type="delayed", at=START))
    assert erased.startswith("erased-")
    assert kept(services.database) == {"cy": Profile()}


def test_categories_are_those_of_the_catalogue_and_follow_it(services: Services) -> None:
    services.products.upsert([Product(id="p1", categories=["vinyl", "jazz"])])
    services.orders.upsert([order("o1"), order("o2", product="p2"), order("o3", "bo", product="p3")])
    assert kept(services.database)["ana"].categories == ["jazz", "vinyl"]
    assert services.profiles.follow_products(START) == 0  # seen
    assert services.profiles.follow_products(START + shelves.SETTLED) == 1  # nobody's changes, one looked at
    assert not services.profiles.products_moved()
    services.products.upsert([Product(id="p1", categories=["pop"]), Product(id="p2", categories=["tapes"])])
    services.products.put(Product(id="p3", categories=["tapes"]))
    services.products.put(Product(id="p3", name="renamed", categories=["cassettes"]), 1)
    assert services.profiles.products_moved()
    services.profiles.follow_products(START)
    services.profiles.follow_products(START + shelves.SETTLED)
    catalogue = {one.id: one.categories for one in services.products.get(["p1", "p2", "p3"]).values()}
    assert kept(services.database) == reckoned(services.orders, ["ana", "bo"], catalogue)
    assert kept(services.database)["bo"].categories == ["cassettes"]
    services.orders.upsert([order("o4")])
    assert kept(services.database) == reckoned(services.orders, ["ana", "bo"], catalogue)
    assert not services.profiles.products_moved()


def test_stock_and_prices_move_nobodys_profile(services: Services) -> None:
    services.products.upsert([Product(id="p1", categories=["vinyl"], stock=3)])
    services.profiles.follow_products(START)
    services.profiles.follow_products(START + shelves.SETTLED)
    services.products.upsert([Product(id="p1", categories=["vinyl"], stock=2)])
    services.products.put(Product(id="p1", categories=["vinyl"], price=7), 2)
    assert not services.profiles.products_moved()


def test_a_process_that_dies_while_it_moves_a_product_leaves_a_note(services: Services) -> None:
    services.orders.upsert([order("o1")])
    moves = shelves.Moves(services.database)
    moves.announce(["p1"])
    services.database["products"].insert_one({"_id": "p1", "categories": ["vinyl"], "version": 1})
    assert services.profiles.follow_products(START) == 0  # it may still be at it
    assert services.profiles.follow_products(START + shelves.LEFT_OVER) == 1
    assert kept(services.database)["ana"].categories == ["vinyl"]
    assert not services.profiles.products_moved()


def test_a_product_that_moves_while_orders_are_added_is_noticed(services: Services) -> None:
    services.products.upsert([Product(id="p1", categories=["vinyl"])])

    class Slow(shelves.Shelves):
        """Somebody moves the product as soon as it is read."""

        def open(self, products: Iterable[str]) -> None:
            super().open(products)
            services.database["products"].update_one({"_id": "p1"}, {"$set": {"categories": ["pop"]}})

    for aged, categories in ((3_600, ["vinyl"]), (0, ["pop"])):
        known = Slow(services.database["products"], aged)
        known.open(["p1"])
        assert known.categories == {"p1": ["vinyl"]}
        assert known.moved() == ({"p1"} if categories == ["pop"] else set())
        services.database["products"].update_one({"_id": "p1"}, {"$set": {"categories": ["vinyl"]}})
    profiles = Profiles(services.database, aged=0)
    before = profiles.read(["ana"])
    assert profiles.add(before, {"ana": [order("o1")]}, START) == set()
    assert kept(services.database)["ana"].categories == ["vinyl"]
