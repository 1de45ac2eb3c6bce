"""A profile means what all orders add up to, and adding them bit by bit comes to the very same."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers.order_events import OrderEvent, OrderEventType
from customers.orders import Line, Order, with_events
from customers.profile import Account, Profile, added, reckon, share
from tests.support.histories import DISTINCT, Told

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
CATEGORIES = {"p1": ["vinyl", "jazz"], "p2": ["vinyl"], "p9": ["never bought"]}


def order(number: int, *events: OrderEventType, total: int = 1_000, currency: str = "EUR") -> Order:
    """An order placed on the day of that number, at noon, to which these things happened in a row after it."""
    placed = NOON + timedelta(days=number)
    happened = [OrderEvent(type=kind, at=placed + timedelta(hours=at)) for at, kind in enumerate(events, 1)]
    lines = [Line(product_id=f"p{number}", quantity=1, unit_price=total)]
    bare = Order(id=f"o{number}", customer_id="ana", placed_at=placed, currency=currency, total=total, lines=lines)
    return with_events(bare, happened)


def test_nobody_who_bought_nothing_has_more_than_an_empty_profile() -> None:
    assert reckon([]) == Profile() == added(Account(), [], {}).profile


def test_what_orders_add_up_to() -> None:
    orders = [order(1, total=1_000), order(2, total=1_001), order(9, total=500, currency="JPY")]
    assert reckon(orders, CATEGORIES) == Profile(
        orders=3,
        days=3,
        spend={"EUR": 2_001, "JPY": 500},
        first_at=NOON + timedelta(days=1),
        last_at=NOON + timedelta(days=9),
        gap_days=4.0,
        products=["p1", "p2", "p9"],
        counts={"EUR": 2, "JPY": 1},
        average={"EUR": 1_001, "JPY": 500},  # 1,000.5 is rounded up
        categories=["jazz", "never bought", "vinyl"],
    )


def test_two_orders_of_one_day_are_one_occasion() -> None:
    twice = [order(1), Order(id="b", customer_id="ana", placed_at=NOON + timedelta(days=1.4), currency="EUR", total=1)]
    assert (reckon(twice).orders, reckon(twice).days, reckon(twice).gap_days) == (2, 1, None)


@pytest.mark.parametrize(
    ("orders", "in_a_row", "opened", "counted", "returns"),
    [
        ([order(1, "delayed"), order(2)], 0, 1, 1, 0),
        ([order(1), order(2, "delayed", "delivered"), order(3, "cancelled")], 2, 0, 2, 0),
        ([order(1, "damaged", "wrong_item"), order(2, "delayed"), order(3, "out_of_stock")], 3, 3, 4, 0),
        ([order(1, "delayed"), order(2, "delivered", "returned"), order(3, "delayed")], 1, 2, 2, 1),
    ],
)
def test_troubles_and_returns_are_counted(
    orders: list[Order], in_a_row: int, opened: int, counted: int, returns: int
) -> None:
    profile = reckon(orders)
    assert (profile.bad_in_a_row, profile.open_incidents, profile.incidents, profile.returns) == (
        in_a_row, opened, counted, returns,
    )  # fmt: skip


def test_a_cancelled_order_was_not_bought_but_was_a_trouble() -> None:
    profile = reckon([order(1, "cancelled")])
    assert (profile.orders, profile.spend, profile.products, profile.first_at) == (0, {}, [], None)
    assert (profile.incidents, profile.last_incident_at) == (1, NOON + timedelta(days=1, hours=1))


@given(told=DISTINCT, seed=st.randoms(use_true_random=False), cuts=st.lists(st.integers(1, 4), min_size=1))
def test_adding_in_any_order_and_any_portions_is_reckoning(told: list[Told], seed: object, cuts: list[int]) -> None:
    orders = [one.whole for one in told]
    expected = reckon(orders, CATEGORIES)
    seed.shuffle(orders)  # type: ignore[attr-defined]  # Hypothesis gives a Random
    account = Account()
    while orders:
        portion, orders = orders[: cuts[0]], orders[cuts[0] :]
        account = added(account, portion, CATEGORIES)
        cuts = [*cuts[1:], cuts[0]]
    assert account.profile == expected


@given(told=DISTINCT, changed=DISTINCT)
def test_an_order_whose_share_stays_the_same_leaves_the_profile_the_same(told: list[Told], changed: list[Told]) -> None:
    others = [one.whole for one in told]
    for one in changed:
        before, after = one.order, one.whole
        if share(before) == share(after):
            assert reckon([*others, before]) == reckon([*others, after])
