"""What every kind of earning must keep, whoever adds the next."""

from datetime import datetime
from fractions import Fraction
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.errors import Invalid
from common.events import event
from customers.orders import Line, Order
from loyalty.points_account import MOST
from loyalty.points_earning import Bill, EarningKind, items_of, kinds, make, shares
from tests.support.clock import START
from tests.support.settings import settings_of

KINDS = sorted(kinds())
# Words that mean something to a kind, where any text would do for their type: by kind and setting.
WORDS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "product": {"products": st.lists(st.sampled_from(["tea", "mug"]), min_size=1, max_size=2)},
    "category": {"categories": st.lists(st.sampled_from(["new", "old"]), min_size=1, max_size=2)},
    "event": {"event": st.sampled_from(["review_written", "referral_redeemed", "a"])},
    "multiplier_days": {
        "first_day": st.none() | st.dates().map(str),
        "last_day": st.none() | st.dates().map(str),
        "factor": st.floats(0.01, 100),
    },
}
PRODUCTS = ["tea", "mug", "pot"]
CATEGORIES = {"tea": ["new"], "mug": ["new", "old"]}


def anything(name: str) -> st.SearchStrategy[dict[str, Any]]:
    """Settings of this kind that make sense."""
    words = WORDS.get(name, {})
    plain = settings_of(_without(kinds()[name].Settings, set(words)))
    return st.tuples(plain, st.fixed_dictionaries(words)).map(lambda both: both[0] | both[1])


def _without(kind: type[msgspec.Struct], names: set[str]) -> type[msgspec.Struct]:
    """The settings but for those that have words of their own."""
    hints = {one.name: one for one in msgspec.structs.fields(kind) if one.name not in names}
    return msgspec.defstruct(
        "Plain",
        [(name, one.type) for name, one in hints.items() if one.required]
        + [(name, one.type, one.default) for name, one in hints.items() if not one.required],
    )


def bills() -> st.SearchStrategy[Bill]:
    """Orders of all sizes."""
    line = st.builds(
        Line,
        product_id=st.sampled_from(PRODUCTS),
        quantity=st.integers(1, 1_000),
        unit_price=st.sampled_from([0, 1, 99, 10**9]),
    )
    return st.builds(_bill, st.lists(line, max_size=4), st.integers(0, 10**12), st.sampled_from(["EUR", "JPY"]))


def _bill(lines: list[Line], total: int, currency: str) -> Bill:
    order = Order(id="o", customer_id="c", placed_at=START, currency=currency, total=total, lines=lines)
    return Bill(at=START, currency=currency, items=items_of(order, CATEGORIES))


@pytest.mark.parametrize("name", KINDS)
def test_it_says_what_it_is_and_its_settings_have_a_schema(name: str) -> None:
    kind: type[EarningKind[Any]] = kinds()[name]
    assert kind.name == name
    assert kind.about[:1].isupper()
    assert kind.about.endswith(".")
    described = msgspec.json.schema(kind.Settings)["$defs"][kind.Settings.__name__]
    assert set(described["properties"]) == {field.encode_name for field in msgspec.structs.fields(kind.Settings)}
    assert described["additionalProperties"] is False


@pytest.mark.parametrize("name", KINDS)
def test_what_it_gives_is_whole_points_never_below_zero_and_never_beyond_the_most(name: str) -> None:
    @settings(max_examples=60, deadline=None)
    @given(anything(name), bills(), st.floats(0.01, 100))
    def promise(given_settings: dict[str, Any], bill: Bill, factor: float) -> None:
        rule = make(name, given_settings)
        exact = rule.of_order(bill)
        assert len(exact) == len(bill.items)
        assert all(isinstance(one, Fraction) and one >= 0 for one in exact)
        assert rule.factor(bill.at) > 0
        whole = shares([rule, make("multiplier_days", {"factor": factor})], bill)
        assert all(isinstance(one, int) and one >= 0 for one in whole)
        assert sum(whole) <= MOST

    promise()


@pytest.mark.parametrize("name", KINDS)
def test_the_same_order_and_the_same_event_give_the_same(name: str) -> None:
    @settings(max_examples=40, deadline=None)
    @given(anything(name), bills())
    def promise(given_settings: dict[str, Any], bill: Bill) -> None:
        one, other = make(name, given_settings), make(name, given_settings)
        assert one.of_order(bill) == other.of_order(bill)
        for type_ in ("review_written", "referral_redeemed", "a", "order_placed", "points_expiring", "tier_reached"):
            told = event(type_, START, "ana", ["it"], order="o1")
            granted = one.of_event(told)
            assert granted == other.of_event(told)
            assert granted is None or (0 < granted.points <= MOST and granted.cause)
            # What points bring about must not earn points, and orders earn as orders.
            assert granted is None or not type_.startswith(("order_", "points_", "tier_"))

    promise()


@pytest.mark.parametrize("name", KINDS)
def test_a_setting_that_it_does_not_know_is_refused_by_name(name: str) -> None:
    @settings(max_examples=5, deadline=None)
    @given(anything(name))
    def promise(given_settings: dict[str, Any]) -> None:
        with pytest.raises(Invalid) as refused:
            make(name, {**given_settings, "nonsense": 1})
        assert "nonsense" in str(refused.value)
        assert all(path.startswith("settings") for path in refused.value.fields)

    promise()


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("wrong", [0, -1, 1.5, 10**30, "5", None, [], {}, True])
def test_points_that_cannot_be_are_refused_by_name(name: str, wrong: Any) -> None:
    field = "factor" if name == "multiplier_days" else "points"
    if name == "multiplier_days" and wrong == 1.5:
        pytest.skip("Half as much again is a factor.")
    with pytest.raises(Invalid) as refused:
        make(name, _example(name) | {field: wrong})
    assert list(refused.value.fields) == [f"settings.{field}"]


def _example(name: str) -> dict[str, Any]:
    euro = {"amount": 100, "currency": "EUR"}
    return {
        "per_amount": {"points": 1, "per": euro},
        "category": {"categories": ["new"], "points": 1, "per": euro},
        "product": {"products": ["tea"], "points": 1},
        "event": {"event": "review_written", "points": 1},
        "multiplier_days": {"factor": 2},
    }[name]


@pytest.mark.parametrize(
    ("weekdays", "at", "factor"),
    [
        (["mon"], datetime(2026, 3, 2, 23, 59), 2),  # noqa: DTZ001  # the shop's own time, which is given
        (["mon"], datetime(2026, 3, 3, 0, 0), 1),  # noqa: DTZ001  # as above
        ([], datetime(2026, 3, 3, 0, 0), 2),  # noqa: DTZ001  # as above
    ],
)
def test_multiplier_days_are_the_shops_own_days(weekdays: list[str], at: datetime, factor: int) -> None:
    assert make("multiplier_days", {"factor": 2, "weekdays": weekdays}).factor(at) == factor
