"""What an order, or something else that happened, does to the account of who it happened to.

An order's points are not added up from its events: each look at the order enters what is missing between what it has
given so far, by the ledger, and what it gives as it is now. So its events may come in any order, twice, or late.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from common.events import Event
from common.ids import derive
from customers.orders import Order
from loyalty.points import Book, earn, reverse
from loyalty.points_account import Entry, EntryKind, Lot
from loyalty.points_books import Terms
from loyalty.points_earning import Bill, Granted, Item, basis, items_of, kept, kept_points, shares
from loyalty.points_expiry import after, ends, local, local_day

# An order that is so gives nothing, to whoever it was to give something.
UNDONE = frozenset({"cancelled", "returned", "refunded"})
_GIVES_OR_TAKES = frozenset({EntryKind.EARNED, EntryKind.REVERSED})


def order_lot(order: str) -> str:
    """The lot of an order's own points."""
    return f"order:{order}"


def friend_lot(order: str) -> str:
    """The lot of the points that somebody else got for this order of a friend."""
    return f"friend:{order}"


def enter_order(
    book: Book, order: Order, known: Sequence[Entry], terms: Terms, categories: Mapping[str, Iterable[str]]
) -> None:
    """Enter what is missing between what an order has given and what it gives as it is now."""
    lot = order_lot(order.id)
    told = [entry for entry in known if entry.lot == lot]
    if not told and not terms.programme.earns(order.placed_at):
        return
    items = items_of(order, categories)
    base = basis(order)
    of_lines = _reckoned(told, base) or shares(terms.programme.rules, _bill(order, items, terms))
    counted = kept_points(of_lines, kept(order, items)) - sum(entry.counted for entry in told)
    paid = (
        order.total - order.refunded if order.stands and order.currency == terms.programme.worth.money.currency else 0
    )
    money = paid - sum(entry.money for entry in told)
    if not counted and not money:
        return
    id_ = derive("points of order", order.id, sum(entry.kind in _GIVES_OR_TAKES for entry in told))
    day = local_day(order.placed_at, terms.zone)
    if counted > 0 or (not counted and money > 0):
        active_at = after(order.placed_at, terms.window)
        expires_at = ends(terms.programme.expiry, active_at, terms.zone)
        new = Lot(id=lot, points=counted, active_at=active_at, expires_at=expires_at)
        earn(book, id_, new, counted, money, day, order=order.id, shares=of_lines, basis=base)
    else:
        back = min(-counted, still_there(told))
        reverse(book, id_, lot, back, -counted, -money, day, order=order.id, shares=of_lines, basis=base)


def enter_event(book: Book, event: Event, granted: Granted, known: Sequence[Entry], terms: Terms) -> None:
    """Enter what an event has given, once."""
    lot = event_lot(event, granted)
    if any(entry.lot == lot for entry in known):
        return
    active_at = after(event.at, timedelta(days=granted.pending_days))
    expires_at = ends(terms.programme.expiry, active_at, terms.zone)
    new = Lot(id=lot, points=granted.points, active_at=active_at, expires_at=expires_at)
    day = local_day(event.at, terms.zone)
    order = str(event.data.get("order", ""))
    earn(book, derive("points of", lot), new, granted.points, 0, day, event=event.type, order=order)


def event_lot(event: Event, granted: Granted) -> str:
    """The lot of an event's points. One that a friend's order brought about is known by that order."""
    order = event.data.get("order")
    if granted.cause[0] == "event" and event.type == "referral_redeemed" and isinstance(order, str):
        return friend_lot(order)
    return f"event:{derive(*granted.cause)}"


def enter_undone(book: Book, lot: str, known: Sequence[Entry]) -> None:
    """Enter that what gave a lot's points is undone: they go back, once."""
    told = [entry for entry in known if entry.lot == lot]
    counted = sum(entry.counted for entry in told)
    day = next((entry.day for entry in told if entry.day), None)
    if counted > 0 and day is not None:
        id_ = derive("points undone", lot, len(told))
        reverse(book, id_, lot, min(counted, still_there(told)), counted, 0, day, order=told[0].order)


def _bill(order: Order, items: Sequence[Item], terms: Terms) -> Bill:
    return Bill(at=local(order.placed_at, terms.zone), currency=order.currency, items=items)


def _reckoned(told: Sequence[Entry], base: str) -> list[int]:
    """An order's points line by line as they were first reckoned, while what it is made of is the same."""
    return next((entry.shares for entry in told if entry.shares and entry.basis == base), [])


def still_there(told: Sequence[Entry]) -> int:
    """What a cause has given and not taken back, but for what was lost unspent: that is not taken twice."""
    given = sum(entry.points + entry.pending for entry in told if entry.kind in _GIVES_OR_TAKES)
    lost = -sum(entry.points for entry in told if entry.kind is EntryKind.EXPIRED)
    return max(0, given - lost)
