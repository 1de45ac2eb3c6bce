"""What went wrong with an order, and whether it was put right."""

from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers.incidents import CAUSES, causes, is_open, last_at
from customers.orders import Order, OrderEvent, OrderEventType, with_event

START = datetime(2026, 1, 1, tzinfo=UTC)
PROMISED = START + timedelta(hours=10)
ORDER = Order(id="o1", customer_id="ana", placed_at=START, currency="EUR", total=5_000, promised_at=PROMISED)


def event(type: OrderEventType, hours: int, amount: int | None = None) -> OrderEvent:
    return OrderEvent(type=type, at=START + timedelta(hours=hours), amount=amount)


def lived(*happened: OrderEvent) -> Order:
    order = ORDER
    for one in happened:
        order = with_event(order, one)
    return order


def test_an_order_that_went_well_has_no_causes() -> None:
    well = lived(event("placed", 0), event("shipped", 1), event("delivered", 5))
    assert (causes(well), is_open(well), last_at(well)) == (frozenset(), False, None)


@pytest.mark.parametrize("cause", sorted(CAUSES - {"late"}))
def test_each_trouble_is_a_cause_once(cause: OrderEventType) -> None:
    order = lived(event(cause, 2), event(cause, 3))
    assert causes(order) == {cause}
    assert last_at(order) == START + timedelta(hours=3)


def test_late_is_a_first_delivery_after_what_was_promised() -> None:
    assert causes(lived(event("delivered", 10))) == frozenset()
    late = lived(event("delivered", 11))
    assert (causes(late), last_at(late), is_open(late)) == ({"late"}, START + timedelta(hours=11), False)
    assert causes(lived(event("delivered", 9), event("delivered", 30))) == frozenset()


@pytest.mark.parametrize("cause", ["delayed", "out_of_stock", "delivery_failed"])
def test_a_trouble_on_the_way_is_open_until_the_parcel_arrives(cause: OrderEventType) -> None:
    assert is_open(lived(event(cause, 2)))
    assert is_open(lived(event(cause, 2), event("shipped", 3)))
    assert not is_open(lived(event(cause, 2), event("delivered", 3)))
    assert is_open(lived(event("delivered", 1), event(cause, 2)))


@pytest.mark.parametrize("cause", ["damaged", "wrong_item"])
def test_goods_that_were_wrong_are_made_good_by_money_or_by_another_parcel(cause: OrderEventType) -> None:
    came = event("delivered", 1)
    assert is_open(lived(came, event(cause, 2)))
    assert is_open(lived(came, event(cause, 2), event("returned", 3)))
    assert not is_open(lived(came, event(cause, 2), event("returned", 3, 500)))
    assert not is_open(lived(came, event(cause, 2), event("refunded", 3, 500)))
    assert not is_open(lived(came, event(cause, 2), event("delivered", 9)))
    assert is_open(lived(came, event(cause, 2), event("refunded", 3, 0)))
    assert is_open(lived(event("refunded", 1, 500), event(cause, 2)))


def test_a_part_refund_does_not_end_the_wait_but_a_whole_one_does() -> None:
    assert is_open(lived(event("delayed", 2), event("refunded", 3, 500)))
    assert not is_open(lived(event("delayed", 2), event("refunded", 3)))


def test_nothing_is_open_on_an_order_that_was_cancelled() -> None:
    cancelled = lived(event("out_of_stock", 2), event("cancelled", 3))
    assert (causes(cancelled), is_open(cancelled)) == ({"out_of_stock", "cancelled"}, False)
    assert not is_open(lived(event("cancelled", 3), event("shipped", 4)))


histories = st.lists(
    st.builds(
        event,
        st.sampled_from(get_args(OrderEventType)),
        st.integers(0, 20),
        st.none() | st.integers(0, 5_000),
    ),
    max_size=8,
    unique_by=lambda one: (one.type, one.at),
)


@given(histories.flatmap(lambda known: st.tuples(st.just(known), st.permutations(known))))
def test_causes_do_not_depend_on_the_order_in_which_events_came(
    two: tuple[list[OrderEvent], list[OrderEvent]],
) -> None:
    told, shuffled = (lived(*one) for one in two)
    assert (causes(told), is_open(told), last_at(told)) == (causes(shuffled), is_open(shuffled), last_at(shuffled))
    assert bool(causes(told)) == (last_at(told) is not None)
    assert causes(told) or not is_open(told)
