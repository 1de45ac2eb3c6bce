"""What earns points: the kinds of rule (one file each in loyalty/earning/), and what they make of an order.

An order's points are reckoned once, line by line, in whole points (`shares`); what is cancelled, returned or refunded
then takes back its part of them (`kept_points`). So many partial refunds come to exactly what was earned, in any order.
"""

from abc import ABC
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from fractions import Fraction
from functools import cache
from math import floor
from typing import Any, ClassVar, Generic, TypeVar

import msgspec

import loyalty.earning
from common.errors import Invalid
from common.events import Event
from common.ids import derive
from common.kinds import scan
from customers.orders import Order
from loyalty.points_account import MOST

S = TypeVar("S", bound=msgspec.Struct)


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """A line of an order, with its part of what was paid in minor units; one without a product is the whole order."""

    product: str
    quantity: int
    paid: Fraction
    categories: frozenset[str] = frozenset()


class Bill(msgspec.Struct, frozen=True, kw_only=True):
    """An order as rules look at it; `at` is in the shop's own time zone."""

    at: datetime
    currency: str
    items: Sequence[Item]


class Granted(msgspec.Struct, frozen=True, kw_only=True):
    """What an event gives: points once for each `cause` (a word that is the same when it is told again)."""

    points: int
    cause: Sequence[str]
    pending_days: int = 0


class EarningKind(ABC, Generic[S]):
    """A way to earn: a kind declares its `name`, `about` and `Settings`, and says what differs."""

    name: ClassVar[str]
    # One line for a person who chooses a kind.
    about: ClassVar[str]
    Settings: ClassVar[type[msgspec.Struct]]

    def __init__(self, settings: S) -> None:
        self.settings = settings

    def of_order(self, bill: Bill) -> Sequence[Fraction]:
        """The points that each item earns, not rounded."""
        return [Fraction()] * len(bill.items)

    def of_event(self, event: Event) -> Granted | None:
        """What an event that is not an order's earns."""
        return None

    def factor(self, at: datetime) -> Fraction:
        """By how much all that an order earns is multiplied; `at` is when it was placed, in the shop's time zone."""
        return Fraction(1)


def kinds() -> dict[str, type[EarningKind[Any]]]:
    """Every kind of earning by its name."""
    return dict(_scanned())


@cache
def _scanned() -> dict[str, type[EarningKind[Any]]]:
    return scan(loyalty.earning, EarningKind)


def make(kind: str, settings: Mapping[str, Any]) -> EarningKind[Any]:
    """A kind with its settings; raises Invalid naming the setting that is wrong."""
    if kind not in _scanned():
        raise Invalid.field("kind", f"Must be one of: {', '.join(_scanned())}.")
    chosen = _scanned()[kind]
    try:
        return chosen(msgspec.convert(settings, chosen.Settings))
    except msgspec.ValidationError as error:
        message, _, place = str(error).partition(" - at `$")
        raise Invalid.field(f"settings{place.rstrip('`')}", f"{message}.") from None


def items_of(order: Order, categories: Mapping[str, Iterable[str]]) -> list[Item]:
    """The order's lines with what was paid for each: its total is shared out as the lines' prices are.

    An order without lines, or whose lines cost nothing, has one item without a product, beside those lines.
    """
    worth = [Fraction(line.quantity * line.unit_price) for line in order.lines]
    whole = sum(worth, Fraction())
    scale = Fraction(order.total) / whole if whole > 0 else Fraction()
    items = [
        Item(
            product=line.product_id,
            quantity=line.quantity,
            paid=part * scale,
            categories=frozenset(categories.get(line.product_id, ())),
        )
        for line, part in zip(order.lines, worth, strict=True)
    ]
    return items if whole > 0 else [*items, Item(product="", quantity=1, paid=Fraction(order.total))]


def shares(rules: Sequence[EarningKind[Any]], bill: Bill) -> list[int]:
    """The whole points that each item earns: the sum is cut to whole points, and shared out to the largest rests."""
    exact = [Fraction()] * len(bill.items)
    for rule in rules:
        exact = [known + more for known, more in zip(exact, rule.of_order(bill), strict=True)]
    for rule in rules:
        factor = rule.factor(bill.at)
        exact = [known * factor for known in exact]
    total = sum(exact, Fraction())
    if total <= 0:
        return [0] * len(exact)
    if total > MOST:
        exact, total = [known * MOST / total for known in exact], Fraction(MOST)
    whole = [floor(known) for known in exact]
    by_rest = sorted(range(len(exact)), key=lambda place: (whole[place] - exact[place], place))
    for place in by_rest[: floor(total) - sum(whole)]:
        whole[place] += 1
    return whole


def basis(order: Order) -> str:
    """What of an order its points are reckoned from, as a word; the same as long as that is the same."""
    lines = [f"{line.product_id}\0{line.quantity}\0{line.unit_price}" for line in order.lines]
    return derive("points basis", order.currency, order.total, order.placed_at.isoformat(), *lines)


def kept(order: Order, items: Sequence[Item]) -> list[Fraction]:
    """The part of each item that the customer has kept and paid for, from 0 to 1.

    What came back is gone from its line; money given back beyond that is taken off what is left, evenly.
    """
    if not order.stands or order.state == "returned" or order.refunded >= order.total > 0:
        return [Fraction()] * len(items)
    back = dict(order.returned)
    left: list[Fraction] = []
    for item in items:
        gone = min(back.get(item.product, 0), item.quantity)
        back[item.product] = back.get(item.product, 0) - gone
        left.append(Fraction(item.quantity - gone, item.quantity) if item.quantity > 0 else Fraction(1))
    standing = sum((item.paid * part for item, part in zip(items, left, strict=True)), Fraction())
    paid = Fraction(order.total - order.refunded)
    beyond = min(Fraction(1), paid / standing) if standing > 0 else Fraction(1)
    return [part * beyond for part in left]


def kept_points(shares: Sequence[int], kept: Sequence[Fraction]) -> int:
    """The whole points that what was kept still earns."""
    return floor(sum((share * part for share, part in zip(shares, kept, strict=True)), Fraction()))
