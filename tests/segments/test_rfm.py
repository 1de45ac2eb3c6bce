"""Recency, frequency, money: borders from the database, or set by the shop, give the scores that the words say."""

from datetime import timedelta
from random import Random

import pytest

from customers.customer import Customer
from customers.profile import Profile
from segments import statistics
from segments.rfm import CELLS, GRID, Borders, SetBorders, borders_at, score, scored
from storage.mongo import from_document, to_document
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


def refresh(services: Services) -> None:
    assert services.refreshing.refresh(statistics)


def test_every_customer_with_orders_gets_the_scores_that_follow_from_the_borders(crowd: Services) -> None:
    refresh(crowd)
    borders = crowd.scores.borders("EUR")
    assert borders is not None
    cells = set()
    for customer in read(crowd):
        profile, kept = customer.profile, customer.scores.get("rfm")
        if not profile.orders or profile.last_at is None:
            assert kept is None
            continue
        assert kept is not None
        assert kept["r"] == 1 + sum(profile.last_at.timestamp() * 1_000 > border for border in borders.recency)
        assert kept["f"] == 1 + sum(profile.days > border for border in borders.frequency)
        assert kept["m"] == 1 + sum(profile.spend.get("EUR", 0) > border for border in borders.money)
        assert kept["cell"] == GRID[kept["r"] - 1][round((kept["f"] + kept["m"]) / 2 + 0.25) - 1]
        cells.add(kept["cell"])
    assert len(cells) > 5


def test_the_counts_and_the_table_add_up_to_the_customers_with_orders(crowd: Services) -> None:
    refresh(crowd)
    counts = crowd.scores.cells()
    ordered = [customer.profile for customer in read(crowd) if customer.profile.orders]
    places = crowd.scores.places("EUR", START)
    assert set(counts) <= set(CELLS)
    assert sum(counts.values()) == sum(place.customers for place in places) == len(ordered) > 100
    assert sum(place.orders for place in places) == sum(profile.orders for profile in ordered)
    assert sum(place.money for place in places) == sum(profile.spend.get("EUR", 0) for profile in ordered)
    assert len({(place.r, place.f, place.m) for place in places}) == len(places) <= 125


def test_the_fifths_hold_a_fifth_each_where_all_numbers_differ(services: Services) -> None:
    made = [
        Customer(
            id=f"{index:03}",
            profile=Profile(
                orders=index + 1,
                days=index + 1,
                spend={"EUR": index * 100},
                first_at=START - timedelta(days=index),
                last_at=START - timedelta(days=index),
            ),
        )
        for index in range(100)
    ]
    services.database["customers"].insert_many([to_document(customer) for customer in made])
    refresh(services)
    # A server may estimate a border, so that a customer next to one may be on either side of it.
    for name, best in (("r", "000"), ("f", "099"), ("m", "099")):
        found = {customer.id: customer.scores["rfm"][name] for customer in read(services)}
        assert found[best] == 5
        assert {score: sum(one == score for one in found.values()) for score in range(1, 6)} == {
            score: pytest.approx(20, abs=1) for score in range(1, 6)
        }


def test_borders_that_the_shop_set_are_taken_instead_of_fifths(crowd: Services) -> None:
    chosen = SetBorders(recency_days=[30, 90, 180, 365], frequency=[1, 2, 4, 9], money=[1, 5_000, 10_000, 20_000])
    crowd.models.write("rfm", chosen=chosen)
    refresh(crowd)
    seen = set()
    for customer in read(crowd):
        if customer.profile.orders and customer.profile.last_at:
            days = (START - customer.profile.last_at) / timedelta(days=1)
            expected = 5 - sum(days > border for border in chosen.recency_days)
            assert customer.scores["rfm"]["r"] == expected, days
            seen.add(expected)
    assert seen == {1, 2, 3, 4, 5}


def test_exactly_so_many_days_ago_is_still_within_them() -> None:
    borders = borders_at(SetBorders(recency_days=[30, 90, 180, 365], frequency=[1, 2, 4, 9], money=[0, 1, 2, 3]), START)
    for days, expected in ((0, 5), (30, 5), (31, 4), (90, 4), (91, 3), (365, 2), (366, 1)):
        assert scored(borders, START - timedelta(days=days), 1, 0)["r"] == expected


def test_a_score_that_stays_the_same_is_not_written_again(crowd: Services, clock: ManualClock) -> None:
    refresh(crowd)
    clock.advance(1)
    refresh(crowd)
    assert {c.scores["rfm"]["at"] for c in read(crowd) if "rfm" in c.scores and c.profile.orders} == {START}
    refresh(crowd)
    current = crowd.refreshing.current()
    assert current is not None
    assert (current.seen > 100, current.changed) == (True, 0)


def test_whoever_has_no_order_left_loses_the_scores_and_keeps_the_rest(services: Services) -> None:
    document = to_document(
        Customer(id="a", scores={"rfm": {"r": 5, "cell": "champions"}, "lapse": {"value": 1}, "x": 1})
    )
    services.database["customers"].insert_one(document)
    refresh(services)
    assert services.scores.cells() == {}
    assert read(services)[0].scores == {"x": 1}


def test_the_table_of_cells_names_each_cell_and_ranks_the_extremes() -> None:
    assert {cell for row in GRID for cell in row} == set(CELLS)
    assert [len(row) for row in GRID] == [5] * 5
    assert (GRID[4][4], GRID[4][0], GRID[0][0], GRID[0][4]) == ("champions", "new", "lost", "at_risk")


def test_equal_numbers_get_equal_scores() -> None:
    borders = Borders(recency=[1, 2, 3, 4], frequency=[1, 1, 1, 3], money=[0, 0, 0, 0])
    assert scored(borders, START, 1, 0) == {"r": 5, "f": 1, "m": 1, "cell": "new"}
    assert score(2, borders.frequency) == 4
