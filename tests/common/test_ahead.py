"""The next item is made while the last is worked on, and nothing of it is lost."""

import threading
from collections.abc import Iterator

import pytest

from common.ahead import ahead


def test_the_items_come_in_their_order() -> None:
    assert list(ahead(iter(range(1, 50)))) == list(range(1, 50))
    assert list(ahead(iter([]))) == []


def test_the_next_item_is_made_while_one_is_worked_on() -> None:
    made = threading.Event()

    def items() -> Iterator[int]:
        yield 1
        made.set()
        yield 2

    for item in ahead(items()):
        if item == 1:
            assert made.wait(10)


def test_what_the_making_raises_comes_after_what_was_made() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise ValueError("cut off")

    got: list[int] = []
    with pytest.raises(ValueError, match="cut off"):
        got.extend(ahead(items()))
    assert got == [1]


def test_who_stops_early_leaves_no_thread() -> None:
    before = threading.active_count()
    items = ahead(iter(range(1, 9)))
    assert next(items) == 1
    items.close()  # type: ignore[attr-defined]  # a generator is an iterator that can be closed
    assert threading.active_count() == before
