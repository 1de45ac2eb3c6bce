"""Two random histories merged are one customer's with both: the same profile, however the merge was killed."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.ids import new_id
from customers.customer import Customer
from customers.identity import LEFT_OVER
from customers.orders import Line, Order, OrderEvent
from customers.profile import reckon
from loyalty.conditions import Refused
from tests.loyalty.makers import basket, generic
from tests.support.clock import ManualClock
from wiring import Services

START = datetime(2024, 1, 1, tzinfo=UTC)
TYPES = ["shipped", "delayed", "damaged", "delivered", "cancelled", "refunded", "returned"]

happenings = st.lists(st.tuples(st.sampled_from(TYPES), st.integers(0, 700)), max_size=3)
histories = st.lists(
    st.tuples(st.integers(0, 700), st.integers(0, 9_999_999), st.sampled_from(["EUR", "USD"]), happenings), max_size=6
)


def orders_of(customer: str, history: list[tuple[int, int, str, list[tuple[str, int]]]]) -> list[Order]:
    return [
        Order(
            id=new_id(),
            customer_id=customer,
            placed_at=START + timedelta(hours=hours),
            currency=currency,
            total=total,
            lines=[Line(product_id=f"p{total % 7}", quantity=1, unit_price=total)],
            events=[OrderEvent(type=kind, at=START + timedelta(hours=at)) for kind, at in events],  # type: ignore[arg-type]
        )
        for hours, total, currency, events in history
    ]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(mine=histories, theirs=histories, killed=st.integers(0, 60))
def test_two_histories_merged_are_one(
    services: Services, clock: ManualClock, mine: Any, theirs: Any, killed: int
) -> None:
    into, other, whole = f"a-{new_id()}", f"b-{new_id()}", f"c-{new_id()}"
    services.customers.upsert([Customer(id=one) for one in (into, other, whole)])
    services.orders.upsert([*orders_of(into, mine), *orders_of(other, theirs)])
    services.orders.upsert([*orders_of(whole, mine), *orders_of(whole, theirs)])
    steps = services.merger.begun(into, other)
    for _ in range(killed):
        next(steps, None)
    clock.advance(LEFT_OVER.total_seconds() + 1)
    services.identities.finish()
    assert services.merger.merge(into, other) == into
    profile = services.customers.get([other])[other].profile
    assert profile == services.customers.get([whole])[whole].profile
    assert profile == reckon(services.orders.of_customer(into))
    assert len(services.orders.of_customer(into)) == len(mine) + len(theirs)


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_what_both_used_of_an_offer_counts_as_theirs(services: Services, limit: int) -> None:
    services.customers.upsert([Customer(id="ana"), Customer(id="anna")])
    code = generic(services, per_customer=limit)
    services.vouchers.redeem(code, "ana", basket("o1"))
    services.vouchers.redeem(code, "anna", basket("o2"))
    services.merger.merge("ana", "anna")
    left = max(0, limit - 2)
    for number in range(left):
        services.vouchers.redeem(code, "ana", basket(f"n{number}"))
    with pytest.raises(Refused):
        services.vouchers.redeem(code, "ana", basket("last"))
