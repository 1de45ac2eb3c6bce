"""An order's points follow from the order as it is: its events in any order, twice and late, give the same account."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from common.money import Money
from customers.order_events import EventLine, OrderEvent
from customers.orders import Line, Order, settled, with_event
from loyalty.points import Book
from loyalty.points_account import Account, Entry
from loyalty.points_books import Terms
from loyalty.points_earning import Bill, EarningKind, items_of, kept, kept_points, make, shares
from loyalty.points_orders import enter_order, order_lot
from loyalty.points_programme import Earning, PointsProgramme, Worth
from loyalty.points_replay import mistakes

AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
RULES = [
    Earning(kind="per_amount", settings={"points": 3, "per": {"amount": 700, "currency": "EUR"}}),
    Earning(kind="product", settings={"products": ["tea"], "points": 7}),
    Earning(kind="category", settings={"categories": ["new"], "points": 1, "per": {"amount": 33, "currency": "EUR"}}),
    Earning(kind="multiplier_days", settings={"factor": 1.5, "weekdays": ["mon"]}),
]
CATEGORIES = {"mug": ["new"]}
PROGRAMME = PointsProgramme(
    version=1,
    active=True,
    started_at=AT - timedelta(days=1),
    earning=RULES,
    worth=Worth(points=100, money=Money(100, "EUR")),
)

PRODUCTS = st.sampled_from(["tea", "mug", "pot"])
LINES = st.lists(
    st.builds(
        Line, product_id=PRODUCTS, quantity=st.integers(1, 5), unit_price=st.sampled_from([0, 1, 99, 500, 12_345])
    ),
    max_size=4,
)


@st.composite
def orders(draw: st.DrawFn) -> Order:
    """One with or without lines, whose total may be beside their sum."""
    lines = draw(LINES)
    total = sum(line.quantity * line.unit_price for line in lines) + draw(st.sampled_from([0, 0, 490, 10_000]))
    return Order(id="o1", customer_id="ana", placed_at=AT, currency="EUR", total=total, lines=lines)


@st.composite
def events(draw: st.DrawFn) -> list[OrderEvent]:
    """What may happen to it, at times of its own."""
    found = []
    for number in range(draw(st.integers(0, 6))):
        type_ = draw(
            st.sampled_from(["shipped", "delivered", "cancelled", "placed", "returned", "refunded", "refunded"])
        )
        fields: dict[str, Any] = {}
        if type_ in ("returned", "refunded"):
            fields["amount"] = draw(st.one_of(st.none(), st.integers(0, 3_000)))
        if type_ == "returned":
            back = st.builds(EventLine, product_id=PRODUCTS, quantity=st.integers(1, 3))
            fields["lines"] = draw(st.lists(back, max_size=2))
        found.append(OrderEvent(type=type_, at=AT + timedelta(hours=number), id=f"e{number}", **fields))
    return found


def terms(days: float) -> Terms:
    return Terms(now=AT + timedelta(days=days), zone=ZoneInfo("UTC"), window=timedelta(days=30), programme=PROGRAMME)


class Told:
    """An account to which an order is entered again and again."""

    def __init__(self) -> None:
        self.account = Account(id="ana")
        self.ledger: list[Entry] = []

    def see(self, order: Order, days: float) -> None:
        """Look at an order as it is."""
        now = terms(days)
        book = Book(self.account, now.now)
        enter_order(book, order, [one for one in self.ledger if one.lot == order_lot(order.id)], now, CATEGORIES)
        self.ledger += book.entries
        self.account = book.account
        assert list(mistakes(self.account, self.ledger)) == []

    def comes_to(self) -> tuple[Any, ...]:
        """What it comes to, whatever way led there."""
        return self.account.balance, self.account.waiting, self.account.lots, self.account.days


@settings(max_examples=300, deadline=None)
@given(orders(), events(), st.data())
def test_events_in_any_order_and_twice_give_the_same_account(order: Order, found: list[OrderEvent], data: Any) -> None:
    order = settled(order)
    late = Told()
    final = order
    for event in found:
        final = with_event(final, event)
    late.see(final, 10)
    step_by_step, seen = Told(), order
    step_by_step.see(order, 0)
    shuffled = data.draw(st.permutations([*found, *found]))
    for number, event in enumerate(shuffled):
        seen = with_event(seen, event)
        for _ in range(data.draw(st.integers(0, 2))):
            step_by_step.see(seen, number * 0.1)
    step_by_step.see(seen, 10)
    assert step_by_step.comes_to() == late.comes_to()


@settings(max_examples=300, deadline=None)
@given(orders(), events(), st.sampled_from([0, 31, 31, 40]))
def test_what_is_undone_whole_leaves_nothing_however_many_parts_it_came_in(
    order: Order, found: list[OrderEvent], days: float
) -> None:
    told, seen = Told(), settled(order)
    told.see(seen, 0)
    for event in found:
        seen = with_event(seen, event)
        told.see(seen, days)
    told.see(with_event(seen, OrderEvent(type="cancelled", at=AT + timedelta(days=2), id="last")), days)
    assert (told.account.balance, told.account.waiting, told.account.days) == (0, 0, [])
    assert sum(entry.points + entry.pending for entry in told.ledger) == 0
    assert sum(entry.counted for entry in told.ledger) == sum(entry.money for entry in told.ledger) == 0


RATES = st.lists(st.sampled_from(RULES), min_size=1, max_size=5)


@settings(max_examples=300, deadline=None)
@given(orders(), RATES)
def test_line_by_line_it_is_the_whole_and_no_line_is_a_point_off(order: Order, chosen: list[Earning]) -> None:
    rules: list[EarningKind[Any]] = [make(rule.kind, rule.settings) for rule in chosen]
    items = items_of(order, CATEGORIES)
    assert sum((item.paid for item in items), Fraction()) == order.total
    bill = Bill(at=AT, currency="EUR", items=items)
    exact = [sum((rule.of_order(bill)[place] for rule in rules), Fraction()) for place in range(len(items))]
    for rule in rules:
        exact = [one * rule.factor(AT) for one in exact]
    whole = shares(rules, bill)
    assert sum(whole) == int(sum(exact, Fraction()))
    assert all(abs(share - one) < 1 for share, one in zip(whole, exact, strict=True))
    assert kept_points(whole, kept(settled(order), items)) == sum(whole)


def test_a_hundred_small_refunds_never_take_more_than_their_part() -> None:
    told = Told()
    seen = settled(Order(id="o1", customer_id="ana", placed_at=AT, currency="EUR", total=9_973))
    told.see(seen, 0)
    earned = told.account.waiting
    for number in range(100):
        amount = 99 if number < 99 else 9_973 - 99 * 99
        refund = OrderEvent(type="refunded", at=AT + timedelta(minutes=number), id=f"r{number}", amount=amount)
        seen = with_event(seen, refund)
        told.see(seen, 1)
        left = Fraction(earned * (9_973 - seen.refunded), 9_973)
        assert left - 1 < told.account.waiting <= left
    assert told.account.waiting == 0
