"""Recency, frequency, money: borders and scores from the database mean what the plain words say."""

from datetime import timedelta
from random import Random

import pytest

from customers.customer import Customer
from customers.profile import Profile
from segments import rfm
from segments.rfm import CELLS, GRID, Borders, scores_of
from storage.mongo import from_document, to_document
from storage.scores import MongoScores
from tests.support import people
from tests.support.clock import START, ManualClock
from wiring import Services

NUMBER = 400


@pytest.fixture
def crowd(services: Services) -> Services:
    """A shop with random customers, some without orders."""
    random = Random("rfm")
    made = people.customers(random, NUMBER, START)
    services.database["customers"].insert_many(people.documents(random, made))
    return services


def read(services: Services) -> list[Customer]:
    return [from_document(document, Customer) for document in services.database["customers"].find()]


def test_every_customer_with_orders_gets_the_scores_that_follow_from_the_borders(crowd: Services) -> None:
    crowd.scores.refresh()
    borders = MongoScores(crowd.database).borders("EUR")
    assert borders is not None
    cells = set()
    for customer in read(crowd):
        expected = scores_of(customer.profile, borders, "EUR")
        kept = customer.scores.get("rfm")
        if expected is None:
            assert kept is None
        else:
            assert {name: kept[name] for name in ("r", "f", "m", "cell")} == to_document(expected)
            cells.add(expected.cell)
    assert len(cells) > 5


def test_the_counts_add_up_to_the_customers_with_orders(crowd: Services) -> None:
    counts = crowd.scores.refresh()
    assert list(counts) == list(CELLS)
    assert sum(counts.values()) == crowd.database["customers"].count_documents({"profile.orders": {"$gt": 0}}) > 100
    assert crowd.scores.cells() == counts


def test_the_fifths_hold_a_fifth_each_where_all_numbers_differ(services: Services) -> None:
    made = [
        Customer(
            id=f"{index:03}",
            profile=Profile(
                orders=index + 1,
                days=index + 1,
                spend={"EUR": index * 100},
                last_at=START - timedelta(days=index),
            ),
        )
        for index in range(100)
    ]
    services.database["customers"].insert_many([to_document(customer) for customer in made])
    services.scores.refresh()
    # A server may estimate a border, so that a customer next to one may be on either side of it.
    for name, best in (("r", "000"), ("f", "099"), ("m", "099")):
        found = {customer.id: customer.scores["rfm"][name] for customer in read(services)}
        assert found[best] == 5
        assert {score: sum(one == score for one in found.values()) for score in range(1, 6)} == {
            score: pytest.approx(20, abs=1) for score in range(1, 6)
        }


def test_customers_are_scored_batch_by_batch_and_none_is_left_out(crowd: Services) -> None:
    store = MongoScores(crowd.database, batch=64)
    borders = store.borders("EUR")
    assert borders is not None
    batches = list(store.write(borders, "EUR", START))
    ordered = crowd.database["customers"].count_documents({"profile.orders": {"$gt": 0}})
    assert sum(batches) == ordered
    assert max(batches) == 64


def test_a_score_that_stays_the_same_is_not_written_again(crowd: Services, clock: ManualClock) -> None:
    crowd.scores.refresh()
    clock.advance(86_400)
    crowd.scores.refresh()
    assert {c.scores["rfm"]["at"] for c in read(crowd) if "rfm" in c.scores and c.profile.orders} == {START}


def test_whoever_has_no_order_left_loses_the_score_and_keeps_the_rest(services: Services) -> None:
    document = to_document(Customer(id="a", scores={"rfm": {"r": 5, "f": 5, "m": 5, "cell": "champions"}, "x": 1}))
    services.database["customers"].insert_one(document)
    assert sum(services.scores.refresh().values()) == 0
    assert read(services)[0].scores == {"x": 1}


def test_the_table_of_cells_names_each_cell_and_ranks_the_extremes() -> None:
    assert {cell for row in GRID for cell in row} == set(CELLS)
    assert [len(row) for row in GRID] == [5] * 5
    assert (GRID[4][4], GRID[4][0], GRID[0][0], GRID[0][4]) == ("champions", "new", "lost", "at_risk")


def test_equal_numbers_get_equal_scores() -> None:
    borders = Borders(recency=[1, 2, 3, 4], frequency=[1, 1, 1, 3], money=[0, 0, 0, 0])
    once = Profile(orders=1, days=1, last_at=START)
    found = scores_of(once, borders, "EUR")
    assert found is not None
    assert (found.r, found.f, found.m, found.cell) == (5, 1, 1, "new")
    assert rfm.score(2, borders.frequency) == 4
