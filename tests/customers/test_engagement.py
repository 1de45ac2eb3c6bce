"""What a customer's doings come to: the same in any order, in any parts, and for two who are one."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from common.events import Event
from customers.engagement import MAX_VIEWED, Site, counted, joined, written
from tests.support.clock import START

DATA: list[dict[str, Any]] = [
    {},
    {"product_id": "tea"},
    {"product": "mug"},
    {"lines": []},
    {"lines": [{"product_id": "tea"}, {"product_id": "mug"}, {"quantity": 1}, 5]},
    {"items": ["tea", "tea", 7]},
    {"product_id": "a/b"},
    {"product_id": {"$gt": ""}},
]


def happened(id: str, type: str, minutes: int, data: dict[str, Any]) -> Event:
    return Event(id=id, type=type, at=START + timedelta(minutes=minutes), customer="ana", data=data)


def histories() -> st.SearchStrategy[list[Event]]:
    kinds = st.sampled_from(["product_viewed", "cart_updated", "quiz_taken", "wish"])
    products = st.integers(0, 30).map(lambda number: {"product_id": f"p{number}"})
    drawn = st.tuples(kinds, st.integers(0, 40), st.sampled_from(DATA) | products)
    return st.lists(drawn, max_size=40).map(
        lambda rows: [happened(f"e{index:02}", *row) for index, row in enumerate(rows)]
    )


def folded(parts: Sequence[Sequence[Event]]) -> Site:
    site = Site()
    for part in parts:
        site = counted(site, part)
    return site


@given(history=histories(), data=st.data())
def test_any_order_and_any_parts_come_to_the_same(history: list[Event], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(history))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(history)), max_size=4)))
    parts = [shuffled[start:end] for start, end in zip([0, *cuts], [*cuts, len(history)], strict=True)]
    assert folded(parts) == counted(Site(), history)


@given(history=histories(), data=st.data())
def test_two_who_are_one_did_what_both_did(history: list[Event], data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(history)))
    both = joined(counted(Site(), history[:cut]), counted(Site(), history[cut:]))
    assert msgspec.structs.replace(both, round=0) == counted(Site(), history)


def test_the_plain_meaning() -> None:
    site = counted(
        Site(),
        [
            happened("a", "product_viewed", 5, {"product_id": "tea"}),
            happened("b", "product_viewed", 9, {"product_id": "mug"}),
            happened("c", "product_viewed", 3, {"product_id": "mug"}),
            happened("d", "cart_updated", 4, {"lines": [{"product_id": "mug"}]}),
            happened("e", "quiz_taken", 1, {}),
        ],
    )
    assert (site.views, site.carts, site.products) == (3, 1, ["mug", "tea"])
    assert (site.seen_at, site.cart_at) == (START + timedelta(minutes=9), START + timedelta(minutes=4))
    assert site.cart is not None
    assert site.cart.products == ["mug"]
    assert site.types["quiz_taken"] == START + timedelta(minutes=1)
    emptied = counted(site, [happened("f", "cart_updated", 6, {"lines": []})])
    assert (emptied.cart_at, emptied.carts) == (None, 2)
    late = counted(emptied, [happened("g", "cart_updated", 5, {"lines": [{"product_id": "tea"}]})])
    assert (late.cart_at, late.carts) == (None, 3)


def test_only_the_latest_products_are_kept() -> None:
    events = [happened(f"e{n}", "product_viewed", n, {"product_id": f"p{n}"}) for n in range(50)]
    assert counted(Site(), events).products == [f"p{n}" for n in range(49, 49 - MAX_VIEWED, -1)]


def test_what_is_written_knows_what_it_was_written_with() -> None:
    first = written(Site(), [happened("a", "wish", 1, {}), happened("b", "wish", 2, {})])
    second = written(first, [happened("c", "wish", 3, {})])
    assert [(site.round, site.applied) for site in (first, second)] == [(1, ["a", "b"]), (2, ["c"])]
