"""What a large import owes: profiles come out the same as if they had followed at once, whatever happens meanwhile."""

import io
import threading
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.jobs import Job
from customers import importing
from customers.customer import Customer
from customers.order_events import OrderEvent
from customers.orders import Line, Order, OrderRow
from customers.profile import reckon
from storage.jobs import MongoJobs
from storage.orders import MongoOrders
from storage.owed import Owed
from storage.profiles import LEFT_OVER
from tests.storage.test_profiles import kept, reckoned, scratch
from tests.support.clock import START, ManualClock
from tests.support.histories import HISTORIES, Told
from tests.support.wire import wired
from wiring import Services

__all__ = ["scratch"]
FILE, JOB = "file", "job"


def row(number: int, order: str, customer: str = "ana", days: float = -30, product: str = "p1") -> OrderRow:
    placed = START + timedelta(days=days)
    line = Line(product_id=product, quantity=1, unit_price=1_000)
    return OrderRow(
        row=number, order_id=order, customer_id=customer, placed_at=placed, currency="EUR", packed_by="", line=line
    )


def rows_of(orders: Sequence[Order]) -> list[OrderRow]:
    """Orders as the rows of a file, one a line."""
    return [
        OrderRow(
            row=1_000 * number + place, order_id=one.id, customer_id=one.customer_id, placed_at=one.placed_at,
            currency=one.currency, packed_by="", line=line,
        )
        for number, one in enumerate(orders)
        for place, line in enumerate(one.lines)
    ]  # fmt: skip


def follow(orders: MongoOrders, job: str = JOB) -> int:
    """Have all follow that a job owes; how many customers those were."""
    steps = list(orders.follow(job))
    assert (steps[-1].parts, [one.parts for one in steps]) == (steps[-1].of, sorted(one.parts for one in steps))
    return steps[-1].customers


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    history=HISTORIES,
    portions=st.lists(st.integers(1, 4), min_size=12, max_size=12),
    meanwhile=st.lists(st.sampled_from(["nothing", "upsert", "events", "follow"]), min_size=12, max_size=12),
)
def test_what_is_owed_comes_to_what_all_orders_add_up_to(
    scratch: Any, clock: ManualClock, history: list[Told], portions: list[int], meanwhile: list[str]
) -> None:
    database = scratch()
    orders = MongoOrders(database, clock)
    left = rows_of([told.order for told in history])
    for portion, also in zip(portions * len(left), meanwhile * len(left), strict=False):
        orders.add_rows(FILE, left[:portion], JOB)
        left = left[portion:]
        if also == "upsert":
            orders.upsert([history[0].order, history[-1].order])
        elif also == "events":
            orders.add_events({told.order.id: told.events for told in history if told.events})
        elif also == "follow":
            follow(orders)
        if not left:
            break
    follow(orders)
    assert kept(database) == reckoned(orders, sorted({told.order.customer_id for told in history}))
    assert [database[name].count_documents({}) for name in ("unrolled", "owed_profiles")] == [0, 0]


def test_only_history_is_owed_and_news_is_told_rightly_at_once(services: Services) -> None:
    services.customers.upsert([Customer(id="cy")])
    services.orders.add_rows(FILE, [row(1, "o1"), row(2, "o2", "cy"), row(3, "o3", "bo")], JOB)
    assert {name: profile.orders for name, profile in kept(services.database).items()} == {"cy": 0}
    services.orders.add_rows(FILE, [row(4, "o4", days=-1), row(5, "o5", "dan", days=-1), row(6, "o6", "bo")], JOB)
    told = {one["pending"][0]["customer"]: one for one in services.database["orders"].find({"pending": {"$ne": None}})}
    assert {name: one["pending"][0]["data"]["first"] for name, one in told.items()} == {"ana": False, "dan": True}
    services.orders.add_event("o3", OrderEvent(type="delayed", at=START))
    assert {name: profile.orders for name, profile in kept(services.database).items()} == {
        "ana": 2, "dan": 1, "bo": 2, "cy": 0,
    }  # fmt: skip
    assert follow(services.orders) == 4
    assert kept(services.database) == reckoned(services.orders, ["ana", "bo", "cy", "dan"])


def test_what_changes_no_profile_is_not_owed(services: Services) -> None:
    rows = [row(1, "o1"), row(2, "o2", "bo")]
    services.orders.add_rows(FILE, rows, JOB)
    assert follow(services.orders) == 2
    services.orders.add_rows(FILE, rows, JOB)
    assert services.database["owed_profiles"].count_documents({}) == 0


def imported(orders: MongoOrders, rows: Sequence[OrderRow]) -> None:
    orders.add_rows(FILE, rows, JOB)
    follow(orders)


def test_a_process_that_dies_at_any_step_of_an_import_that_owes_leaves_nothing_that_is_not_made_good(
    services: Services, clock: ManualClock
) -> None:
    steps = cut_at = 0
    while cut_at <= steps:
        cut_at += 1
        rows = [row(cut_at, f"a{cut_at}"), row(cut_at, f"d{cut_at}", f"dan{cut_at}")]
        with wired(services.settings) as wire:
            wire.after = cut_at % 2 == 0
            begun = wire.until_cut(cut_at, partial(imported, MongoOrders(wire.database, clock), rows))
            steps = min(len(begun), 17)  # what comes then is one part like the next
        clock.advance(LEFT_OVER.total_seconds() + 1)
        while services.orders.roll_up_left_over():  # nobody goes on with the job: there is none
            pass
        everybody = ["ana", f"dan{cut_at}"]
        now = kept(services.database)
        assert {one: now[one] for one in everybody if one in now} == reckoned(services.orders, everybody), cut_at
        assert services.database["owed_profiles"].count_documents({}) == 0
    assert steps >= 12


def test_what_a_job_owes_that_goes_on_is_left_to_it(services: Services) -> None:
    services.jobs.add(Job(id=JOB, kind="import_orders", created_at=START))
    services.orders.add_rows(FILE, [row(1, "o1")], JOB)
    assert services.orders.roll_up_left_over() == 0
    assert kept(services.database) == {}
    services.database["jobs"].update_one({"_id": JOB}, {"$unset": {"open": ""}, "$set": {"state": "failed"}})
    assert services.orders.roll_up_left_over() == 1
    assert kept(services.database) == reckoned(services.orders, ["ana"])


def test_a_slow_writer_whose_notes_were_taken_for_done_sees_to_the_profiles_itself(
    services: Services, clock: ManualClock
) -> None:
    owed = Owed(services.database, services.profiles, clock)
    notes = owed.announce(JOB, ["ana", "bo"])
    assert follow(services.orders) == 2  # who took the job over: no order is there yet
    assert owed.ready(notes)  # but the notes are
    notes = owed.announce(JOB, ["ana"])
    clock.advance(LEFT_OVER.total_seconds() + 1)
    assert follow(services.orders) == 2
    assert not owed.ready(notes)


def test_whoever_is_merged_or_erased_while_profiles_are_owed_is_so_for_good(
    services: Services, clock: ManualClock
) -> None:
    services.customers.upsert([Customer(id=one) for one in ("ana", "anna", "bo")])
    everybody = ["ana", "anna", "bo", "cy"]
    services.orders.add_rows(FILE, [row(number, f"o{number}", one) for number, one in enumerate(everybody)], JOB)
    services.merger.merge("ana", "anna")
    services.eraser.erase("bo")
    assert services.database["owed_profiles"].count_documents({"customers": {"$in": ["anna", "bo"]}}) == 0
    services.orders.add_rows(FILE, [row(8, "o8", "anna")], JOB)
    follow(services.orders)
    assert kept(services.database) == reckoned(services.orders, ["ana", "cy"])
    assert kept(services.database)["ana"].orders == 3
    assert services.database["orders"].count_documents({"customer_id": {"$regex": "^erased-"}}) == 1


def test_following_while_people_are_merged_erased_and_buy_makes_nobody_up(services: Services) -> None:
    people = [f"c{number}" for number in range(24)]
    services.customers.upsert([Customer(id=one) for one in people])
    services.orders.add_rows(FILE, [row(number, f"o{number}", one) for number, one in enumerate(people * 3)], JOB)
    over = threading.Event()

    def live() -> None:
        for number in range(0, 24, 4):
            services.merger.merge(people[number], people[number + 1])
            services.eraser.erase(people[number + 2])
            services.orders.upsert([_bought(f"new{number}", people[number + 3])])
        over.set()

    living = threading.Thread(target=live)
    living.start()
    while not over.is_set():
        follow(services.orders)
    living.join()
    follow(services.orders)
    stay = [one for number, one in enumerate(people) if number % 4 in (0, 3)]
    assert kept(services.database) == reckoned(services.orders, stay)


def _bought(id: str, customer: str) -> Order:
    line = Line(product_id="p9", quantity=1, unit_price=5)
    return Order(id=id, customer_id=customer, placed_at=START, currency="EUR", total=5, lines=[line])


class Telling(MongoJobs):
    """Remembers what a job said it was at."""

    details: list[str]

    def save(self, job: Job) -> bool:
        """Keep it."""
        self.details.append(job.detail)
        return super().save(job)


def test_a_large_file_is_finished_when_its_profiles_have_followed_and_says_how_far_they_are(
    services: Services, clock: ManualClock
) -> None:
    jobs = services.__dict__["jobs"] = Telling(services.database)
    jobs.details = []
    head = "order_id,customer_id,placed_at,product_id,quantity,unit_price,currency\n"
    text = head + "".join(f"o{n},c{n % 50},2025-01-0{1 + n % 9},p{n % 7},1,5.00,EUR\n" for n in range(400))
    job = services.importer.start("orders", io.BytesIO(text.encode()), "text/csv", large=399)
    done = services.importer.run(job.id)
    assert done == services.jobs.get(job.id)
    assert done is not None
    assert (done.state, done.good, done.detail, done.notes) == ("finished", 400, "", {})
    assert "Profiles follow: 50 customers so far, 8 of 8 parts." in jobs.details
    profiles = kept(services.database)
    assert profiles == reckoned(services.orders, [f"c{number}" for number in range(50)])
    assert [services.database[name].count_documents({}) for name in ("unrolled", "owed_profiles")] == [0, 0]
    again = services.importer.run(services.importer.start("orders", io.BytesIO(text.encode()), "text/csv", large=9).id)
    assert again is not None
    assert (again.good, kept(services.database)) == (400, profiles)


def test_a_slow_file_does_not_owe_for_longer_than_is_said(services: Services, clock: ManualClock) -> None:
    class Slow(MongoJobs):
        """Each batch takes more than half of the time that profiles may be owed."""

        def save(self, job: Job) -> bool:
            clock.advance(importing.OWED.total_seconds() * 0.6 if job.starts == 0 and not job.detail else 0)
            seen.append(services.database["customers"].count_documents({}))
            return super().save(job)

    seen: list[int] = []
    services.__dict__["jobs"] = Slow(services.database)
    head = "order_id,customer_id,placed_at,product_id,quantity,unit_price,currency\n"
    text = head + "".join(f"o{n},c{n},2025-01-01,p1,1,5.00,EUR\n" for n in range(50))
    done = services.importer.run(
        services.importer.start("orders", io.BytesIO(text.encode()), "text/csv", large=9).id, most=10
    )
    assert done is not None
    assert done.state == "finished"
    assert {0, 20, 40, 50} <= set(seen)
    profile = services.customers.get(["c9"])["c9"].profile
    assert profile == reckon(services.orders.of_customer("c9"))
