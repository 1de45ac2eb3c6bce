"""The table of cells: how many people are in each, what they spent, and what is to be expected of them."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from segments.rfm import CELLS, GRID, Cell, Place, column


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """Some customers: how many, their `share` of all scored ones, what they ordered and spent in minor units.

    `alive` of them are likely still customers, `gone` likely not; `value` is what they will likely spend in a year.
    """

    customers: int
    share: float
    orders: int
    money: int
    alive: float
    gone: int
    value: int


class CellRow(Row, frozen=True, kw_only=True):
    """A named cell's row."""

    cell: Cell


class Square(Row, frozen=True, kw_only=True):
    """A square of the grid: its recency, and the mean of frequency and money, both 1 to 5."""

    recency: int
    frequency_money: int
    cell: Cell


def cells(places: Sequence[Place]) -> list[CellRow]:
    """A row for each cell, the empty ones too."""
    total = _total(places)
    return [CellRow(cell=cell, **_sums([place for place in places if place.cell == cell], total)) for cell in CELLS]


def grid(places: Sequence[Place]) -> list[Square]:
    """The 25 squares, row by row from the lowest recency."""
    total = _total(places)
    found: dict[tuple[int, int], list[Place]] = {}
    for place in places:
        found.setdefault((place.r - 1, column(place.f, place.m)), []).append(place)
    return [
        Square(recency=r + 1, frequency_money=c + 1, cell=cell, **_sums(found.get((r, c), []), total))
        for r, row in enumerate(GRID)
        for c, cell in enumerate(row)
    ]


def _total(places: Iterable[Place]) -> int:
    return sum(place.customers for place in places)


def _sums(places: Sequence[Place], total: int) -> dict[str, Any]:
    customers = _total(places)
    return {
        "customers": customers,
        "share": round(customers / total, 4) if total else 0.0,
        "orders": sum(place.orders for place in places),
        "money": sum(place.money for place in places),
        "alive": round(sum(place.alive for place in places), 1),
        "gone": sum(place.gone for place in places),
        "value": sum(place.value for place in places),
    }
