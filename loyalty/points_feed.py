"""Listens to what happens to customers and orders, and enters what it means for their points."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, Protocol

import msgspec

from common.events import Event, Events
from customers.catalogue import Products
from customers.orders import ERASED, Order, Orders
from loyalty.points import Book
from loyalty.points_account import Entry
from loyalty.points_books import Books, Task, Terms
from loyalty.points_earning import EarningKind, Granted
from loyalty.points_orders import UNDONE, enter_event, enter_order, enter_undone, event_lot, friend_lot, order_lot

CONSUMER = "points"
OF_ORDERS = "order_"
# Orders, or customers, that are looked at together.
AT_ONCE = 500
# How much of the catching up is done in one go: orders, and days without any.
MOST_ORDERS = 2_000
MOST_DAYS = 400
LAP = timedelta(days=1)


class Progress(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How far the catching up has come: the next day to look at, None between two laps."""

    begun_at: datetime | None = None
    rules: int = 0
    next_day: date | None = None


class OrderDays(Protocol):
    """Orders by the day on which they were placed (UTC), and how far somebody has come with them."""

    def first(self) -> date | None:
        """The day of the first order of all."""
        ...

    def of_day(self, day: date) -> list[str]:
        """The orders of a day."""
        ...

    def progress(self) -> Progress:
        """How far it has come."""
        ...

    def note(self, progress: Progress) -> None:
        """Note how far it has come."""
        ...


class PointsFeed:
    """Reacts to events, and catches up with orders that came without one. Twice is once."""

    def __init__(self, books: Books, events: Events, orders: Orders, products: Products, days: OrderDays) -> None:
        self._books = books
        self._events = events
        self._orders = orders
        self._products = products
        self._days = days

    def react(self, limit: int = 500) -> int:
        """Enter what the events that came in mean; how many were looked at."""
        events = self._events.waiting_for(CONSUMER, limit)
        if not events:
            return 0
        terms = self._books.terms()
        if terms.programme.version:
            self._grant(events, terms)
            self.reconcile(sorted({str(one.data["order"]) for one in events if "order" in one.data}), terms)
        self._events.done(CONSUMER, [event.id for event in events])
        return len(events)

    def reconcile(self, orders: Sequence[str], terms: Terms | None = None) -> None:
        """Enter what these orders, as they are now, have not given yet, or gave too much."""
        terms = terms or self._books.terms()
        for start in range(0, len(orders), AT_ONCE):
            self._reconcile(orders[start : start + AT_ONCE], terms)

    def catch_up(self) -> int:
        """Go on looking through the orders that may earn, day by day, once a lap; how many were looked at.

        Orders that are no news when they come in, and those from before the programme where it is for them too, come
        without an event.
        """
        terms = self._books.terms()
        if not terms.programme.active:
            return 0
        progress = self._begun(self._days.progress(), terms)
        seen = 0
        for _ in range(MOST_DAYS):
            if progress.next_day is None or seen >= MOST_ORDERS:
                break
            found = self._days.of_day(progress.next_day)
            self.reconcile(found, terms)
            seen += len(found)
            over = progress.next_day >= terms.now.date()
            following = None if over else progress.next_day + timedelta(days=1)
            progress = msgspec.structs.replace(progress, next_day=following)
        self._days.note(progress)
        return seen

    def _begun(self, progress: Progress, terms: Terms) -> Progress:
        """The lap that is under way, or a new one where the last is a day old or had other rules."""
        rules, now = terms.programme.version, terms.now
        if progress.rules == rules and progress.begun_at and now < progress.begun_at + LAP:
            return progress
        if progress.rules == rules and progress.next_day:
            return progress
        started = terms.programme.started_at
        first = self._days.first() if terms.programme.history or started is None else started.date()
        return Progress(begun_at=now, rules=rules, next_day=first)

    def _grant(self, events: Sequence[Event], terms: Terms) -> None:
        """Enter what events that are not orders' give."""
        if not terms.programme.active:
            return
        rules = terms.programme.rules
        others = [event for event in events if not event.type.startswith(OF_ORDERS)]
        given = [(event, granted) for event in others for granted in _granted(rules, event)]
        by_customer: dict[str, list[tuple[Event, Granted]]] = defaultdict(list)
        for event, granted in given:
            if event.customer and not event.customer.startswith(ERASED):
                by_customer[event.customer].append((event, granted))
        if by_customer:
            tasks: dict[str, Task] = {
                customer: partial(_enter_events, found, terms) for customer, found in by_customer.items()
            }
            self._books.change(tasks, lots=[event_lot(*one) for one in given], terms=terms)

    def _reconcile(self, ids: Sequence[str], terms: Terms) -> None:
        orders = [one for one in self._orders.get(ids).values() if not one.customer_id.startswith(ERASED)]
        by_customer: dict[str, list[Order]] = defaultdict(list)
        for order in orders:
            by_customer[order.customer_id].append(order)
        categories = self._categories(orders, terms)
        tasks: dict[str, Task] = {
            customer: partial(_enter_orders, found, terms, categories) for customer, found in by_customer.items()
        }
        if tasks:
            self._books.change(tasks, lots=[order_lot(order.id) for order in orders], terms=terms)
        self._undo([order.id for order in orders if order.state in UNDONE], terms)

    def _undo(self, orders: Sequence[str], terms: Terms) -> None:
        """Take back what friends' orders gave to those who sent them."""
        lots = [friend_lot(order) for order in orders]
        given = [entry for entry in self._books.ledger.of_lots(lots) if entry.counted > 0] if lots else []
        by_customer: dict[str, list[str]] = defaultdict(list)
        for entry in given:
            if entry.lot and not entry.customer.startswith(ERASED):
                by_customer[entry.customer].append(entry.lot)
        if by_customer:
            tasks: dict[str, Task] = {
                customer: partial(_enter_undone, found) for customer, found in by_customer.items()
            }
            self._books.change(tasks, lots=lots, terms=terms)

    def _categories(self, orders: Iterable[Order], terms: Terms) -> Mapping[str, Iterable[str]]:
        if not any(rule.kind == "category" for rule in terms.programme.earning):
            return {}
        products = sorted({line.product_id for order in orders for line in order.lines})
        return {id_: product.categories for id_, product in self._products.get(products).items()} if products else {}


def _granted(rules: Sequence[EarningKind[Any]], event: Event) -> list[Granted]:
    """What an event gives: the most that a rule gives for the same cause."""
    found = [granted for rule in rules if (granted := rule.of_event(event)) is not None]
    best: dict[tuple[str, ...], Granted] = {}
    for granted in found:
        cause = tuple(granted.cause)
        if cause not in best or granted.points > best[cause].points:
            best[cause] = granted
    return list(best.values())


def _enter_events(found: Sequence[tuple[Event, Granted]], terms: Terms, book: Book, known: Sequence[Entry]) -> None:
    for event, granted in found:
        enter_event(book, event, granted, [*known, *book.entries], terms)


def _enter_orders(
    found: Sequence[Order],
    terms: Terms,
    categories: Mapping[str, Iterable[str]],
    book: Book,
    known: Sequence[Entry],
) -> None:
    for order in found:
        enter_order(book, order, [*known, *book.entries], terms, categories)


def _enter_undone(lots: Sequence[str], book: Book, known: Sequence[Entry]) -> None:
    for lot in lots:
        enter_undone(book, lot, [*known, *book.entries])
