"""An order takes the rows of a file that agree with it, whatever batches they come in, and no more than it holds."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers.agreeing import MAX_LINES, agreeing
from customers.orders import Line, Order, OrderEvent, OrderRow, with_rows

FILE = "file"
DAY = datetime(2026, 1, 1, tzinfo=UTC)


def row(number: int, **more: object) -> OrderRow:
    """A line of the order."""
    plain = {
        "row": number, "order_id": "o1", "customer_id": "ana", "placed_at": DAY,
        "currency": "EUR", "packed_by": "", "line": Line(product_id="cd", quantity=1, unit_price=100),
    }  # fmt: skip
    return OrderRow(**(plain | more))  # type: ignore[arg-type]


def taken(rows: Sequence[OrderRow], size: int, order: Order | None = None, file: str = FILE) -> tuple[Order, list[str]]:
    """The order after these rows came in batches of a size, and what was refused: lines and kinds."""
    refused: list[str] = []
    for start in range(0, len(rows), size):
        good, bad = agreeing(order, file, rows[start : start + size])
        refused += [f"{error.line} {error.kind}" for error in bad]
        order = with_rows(order, file, good) if good else order
    assert order is not None
    return order, refused


def test_an_order_takes_so_many_lines_and_refuses_the_rest_whatever_their_batches() -> None:
    rows = [row(number) for number in range(2, MAX_LINES + 5)]
    order, refused = taken(rows, 1_700)
    assert (len(order.lines), order.total) == (MAX_LINES, MAX_LINES * 100)
    assert refused == [f"{number} order_full" for number in range(MAX_LINES + 2, MAX_LINES + 5)]
    assert taken(rows, len(rows)) == (order, refused)
    assert taken(rows, 2_500, order) == (order, refused)  # the same file again
    assert taken(rows[:10], 10, order, "another file")[1] == []


def refund(amount: int) -> dict[str, object]:
    """What a row says of a refund."""
    given = OrderEvent(type="refunded", at=DAY, id="import-refunded", amount=amount)
    return {"refunded": amount, "events": [given]} if amount else {}


@pytest.mark.parametrize(
    ("first", "second"),
    [({"total": 3_000}, {"total": 9_900}), ({"added": -100}, {"added": -200}), (refund(400), refund(300))],
)
@pytest.mark.parametrize("size", [1, 2])
def test_rows_that_contradict_their_order_are_refused_whatever_their_batches(
    first: dict[str, object], second: dict[str, object], size: int
) -> None:
    rows = [row(2, **first), row(3, **second)]
    order, refused = taken(rows, size)
    assert refused == ["3 contradicts_order"]
    assert order == taken(rows[:1], 1)[0]
    mended, refused = taken([row(3, **first)], 1, order)
    assert (len(mended.lines), refused) == (2, [])
    assert taken(rows, size, mended) == (mended, ["3 contradicts_order"])


def test_another_file_may_say_otherwise() -> None:
    order, _ = taken([row(2, total=3_000, **refund(400))], 1)
    newer, refused = taken([row(2, total=2_500, **refund(700)), row(3, **refund(700))], 1, order, "newer")
    assert (newer.total, newer.refunded, refused) == (2_500, 700, [])


words = st.fixed_dictionaries(
    {
        "packed_by": st.sampled_from(["", "Rui", "Eva"]), "vouchers": st.sampled_from([[], ["A"], ["B"]]),
        "total": st.sampled_from([None, 0, 500]), "added": st.sampled_from([0, -10, 20]),
        "currency": st.sampled_from(["EUR", "USD"]), "customer_id": st.sampled_from(["ana", "ana", "bo"]),
    },
    optional={"refunded": st.just(0)},
)  # fmt: skip
PUT = Order(
    id="o1", customer_id="ana", placed_at=DAY, currency="EUR", total=700, vouchers=["OLD"], packed_by="Ivo",
    lines=[Line(product_id="lp", quantity=1, unit_price=700)],
)  # fmt: skip


@given(st.lists(st.tuples(words, st.sampled_from([0, 100, 300])), min_size=1, max_size=7), st.integers(1, 7))
def test_what_becomes_of_an_order_depends_on_no_batches_and_the_same_file_changes_nothing(
    said: list[tuple[dict[str, object], int]], size: int
) -> None:
    rows = [row(number, **(word | refund(back))) for number, (word, back) in enumerate(said, 2)]
    rows[0] = row(2, **(said[0][0] | refund(said[0][1]) | {"customer_id": "ana"}))
    for known in (None, PUT):
        whole = taken(rows, len(rows), known)
        assert taken(rows, size, known) == whole
        assert taken(rows, size, whole[0]) == whole


def test_a_file_that_names_no_packer_takes_none_away() -> None:
    assert taken([row(2)], 1, PUT)[0].packed_by == "Ivo"
    assert taken([row(2), row(3, packed_by="Rui"), row(4, packed_by="Eva")], 1, PUT)[0].packed_by == "Rui"
