"""Rows of files -> customers, lines of orders, products. The map is worked into functions once; a row is then cheap.

A row becomes a value, or is refused with a field, a reason and a word for it.
"""

from collections.abc import Callable
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

import msgspec

from common.errors import Invalid
from common.ids import derive, is_shop_id
from customers.addresses import EMAIL, SMS
from customers.attributes import Declarations, from_text
from customers.consent import IMPORTED, Consent
from customers.customer import Customer, birthday_of
from customers.forms import MAX_MINOR, Finer, amounts, instants
from customers.imports import (
    MAX_QUANTITY,
    address_cell,
    channels_cell,
    checked_cell,
    country_cell,
    currency_cell,
    id_cell,
    list_cell,
    locale_of,
    missing,
    short_cell,
    whole_cell,
    yes_or_no,
    zone_of,
)  # fmt: skip
from customers.order_events import OrderEvent
from customers.order_states import state_of
from customers.orders import AHEAD, Line, OrderRow
from customers.plan import Plan
from customers.reading import Record
from customers.refusals import Refused
from customers.returns import ReturnRow

Cells = list[str]
Cell = Callable[[Cells], str]


def cell_of(plan: Plan, field: str) -> Cell:
    """A function that gives a field's text of a row, without spaces around it; "" where rows have no such field."""
    if field in plan.map.columns:
        index = plan.form.columns.index(plan.map.columns[field])
        return lambda cells: cells[index].strip()
    text = plan.map.constants.get(field, "").strip()
    return lambda _: text


def id_of(plan: Plan, field: str) -> Cell:
    """The same of an id; raises Refused for what cannot be one."""
    cell = cell_of(plan, field)
    if plan.map.apostrophes:
        return lambda cells: id_cell(field, cell(cells).removeprefix("'"))
    return lambda cells: id_cell(field, cell(cells))


class People:
    """Reads who a row is of, and what it says of them."""

    def __init__(self, plan: Plan, declared: Declarations, at: datetime) -> None:
        self.by_email = plan.map.known_by == "email"
        self.facts = any(
            plan.map.says(field) for field in ("name", "first_name", "last_name", "email", "phone", "country")
        )
        self._at = at
        self._lists = plan.map.lists
        self._declared = declared
        self._id = id_of(plan, "customer_id")
        self._cells = {field: cell_of(plan, field) for field in _FACTS}
        self._attributes = [
            (name, plan.form.columns.index(column)) for name, column in plan.map.attributes.items()
        ]  # fmt: skip

    def id(self, cells: Cells) -> str:
        """The customer's id, as the row has it."""
        return self._id(cells)

    def email(self, cells: Cells) -> str:
        """The normalised address by which a customer is known."""
        text = self._cells["email"](cells)
        if not text:
            raise missing("email")
        return address_cell("email", text, EMAIL, "")

    def customer(self, cells: Cells, id: str) -> Customer:
        """All that a row says of a customer; an empty cell says nothing."""
        text = {field: cell(cells) for field, cell in self._cells.items()}
        country = country_cell("country", text["country"])
        addresses = {
            EMAIL: address_cell("email", text["email"], EMAIL, ""),
            SMS: address_cell("phone", text["phone"], SMS, country),
        }
        words = {EMAIL: yes_or_no("marketing_email", text["marketing_email"])}
        words[SMS] = yes_or_no("marketing_sms", text["marketing_sms"])
        first, last = _names(text)
        return Customer(
            id=id,
            first_name=short_cell("first_name", first),
            last_name=short_cell("last_name", last),
            country=country,
            locale=_checked("locale", text["locale"], locale_of),
            time_zone=_checked("time_zone", text["time_zone"], zone_of),
            birthday=_checked("birthday", text["birthday"], lambda day: birthday_of(day, self._at.date())),
            addresses={channel: [address] for channel, address in addresses.items() if address},
            preferred=channels_cell("preferred_channel", text["preferred_channel"], self._lists),
            consents={channel: {"marketing": self._word(word)} for channel, word in words.items() if word is not None},
            attributes=self._own_facts(cells),
            tags=list_cell("tags", text["tags"], self._lists),
        )

    def bare(self, cells: Cells, id: str) -> tuple[Customer, int]:
        """Who placed an order, as far as its row says it readably; and how many facts were not readable.

        What an order's file says of a person is by the way: it never keeps the order out.
        """
        left_out = 0
        facts = dict.fromkeys(self._cells, "")
        for field in ("country", "phone", "email", "name", "first_name", "last_name", "locale", "time_zone"):
            facts[field] = self._cells[field](cells)
            try:
                found = _PERSONS[field](facts)
            except Invalid:
                found, left_out = "", left_out + 1
            facts[field] = found
        first, last = _names(facts)
        addresses = {EMAIL: facts["email"], SMS: facts["phone"]}
        found_of = {channel: [address] for channel, address in addresses.items() if address}
        person = Customer(
            id=id, first_name=first, last_name=last, country=facts["country"], locale=facts["locale"],
            time_zone=facts["time_zone"], addresses=found_of,
        )  # fmt: skip
        return person, left_out

    def _word(self, granted: bool) -> Consent:
        return Consent(state="granted" if granted else "denied", at=self._at, how="file", source=IMPORTED)

    def _own_facts(self, cells: Cells) -> dict[str, object]:
        found: dict[str, object] = {}
        for name, index in self._attributes:
            text = cells[index].strip()
            try:
                if text:
                    found[name] = from_text(text, self._declared.get(name))
            except ValueError as error:
                raise Refused(f"attributes.{name}", "bad_attribute", str(error)) from None
        return found


_FACTS = (
    "name", "first_name", "last_name", "email", "phone", "country", "locale", "time_zone", "birthday",
    "preferred_channel", "marketing_email", "marketing_sms", "tags",
)  # fmt: skip
_PERSONS: dict[str, Callable[[dict[str, str]], str]] = {
    "country": lambda facts: country_cell("country", facts["country"]),
    "phone": lambda facts: address_cell("phone", facts["phone"], SMS, facts["country"]),
    "email": lambda facts: address_cell("email", facts["email"], EMAIL, ""),
    "name": lambda facts: short_cell("name", facts["name"]),
    "first_name": lambda facts: short_cell("first_name", facts["first_name"]),
    "last_name": lambda facts: short_cell("last_name", facts["last_name"]),
    "locale": lambda facts: locale_of(facts["locale"]),
    "time_zone": lambda facts: zone_of(facts["time_zone"]),
}


def _names(text: dict[str, str]) -> tuple[str, str]:
    """First and last name; a whole name is parted at its first space."""
    if text["first_name"] or text["last_name"] or not text["name"]:
        return text["first_name"], text["last_name"]
    first, _, last = text["name"].partition(" ")
    return first, last.strip()


def _checked(field: str, text: str, check: Callable[[str], str]) -> str:
    try:
        return check(text) if text else ""
    except Invalid as error:
        raise checked_cell(field, error) from None


class OrderRows:
    """Reads lines of orders, and of what came back."""

    def __init__(self, plan: Plan, now: datetime) -> None:
        given = plan.map
        self._latest = now + AHEAD
        self._order_id, self._product_id = id_of(plan, "order_id"), cell_of(plan, "product_id")
        self._product_name, self._named = cell_of(plan, "product_name"), given.says("product_name")
        self._placed_at, self._currency = _date_and_time(plan), cell_of(plan, "currency")
        self._quantity, self._packed_by = cell_of(plan, "quantity"), cell_of(plan, "packed_by")
        self._by_total = given.says("line_total")
        self._price_field = "line_total" if self._by_total else "unit_price"
        self._price = cell_of(plan, self._price_field)
        self._instant = instants(given.dates, given.time_zone)
        self._amount = amounts(given.decimal, grouped=plan.grouped, unsure=plan.unsure)
        self._free = given.zero_price == "keep"
        self._prefix = given.returns.order_id_prefix if given.returns else ""
        self._negative = given.returns is not None and given.returns.negative_quantity
        self._whole = _WholeOrder(plan, self._amount, self._instant) if _tells_of_orders(given.says) else None
        self.apostrophes = given.apostrophes

    def row(self, record: Record, customer: str) -> OrderRow | ReturnRow:
        """A line of an order, or of what came back."""
        cells = record.cells
        order = self._order_id(cells)
        product = self.product_id(cells)
        at = self._instant("placed_at", self._placed_at(cells))
        if at > self._latest:
            raise Refused("placed_at", "date_in_future", "Lies in the future.")
        currency = currency_cell("currency", self._currency(cells))
        quantity = whole_cell("quantity", self._quantity(cells), MAX_QUANTITY)
        if quantity == 0 and not self._by_total:
            raise _no_pieces()
        price = self._exact(self._price(cells), currency)
        if quantity == 0:
            quantity = self._pieces(price)
        if (self._prefix and order.startswith(self._prefix)) or (self._negative and quantity < 0):
            return self._returned(record.line, order, customer, at, product, quantity, price, currency)
        unit, extra = self._checked(quantity, price)
        line = Line(product_id=product, quantity=quantity, unit_price=unit)
        row = OrderRow(
            row=record.line,
            order_id=order,
            customer_id=customer,
            placed_at=at,
            currency=currency,
            packed_by=short_cell("packed_by", self._packed_by(cells)),
            line=line,
            extra=extra,
        )
        return row if self._whole is None else self._whole.told(row, cells)

    def order_id(self, cells: Cells) -> str:
        """The order's id, unchecked."""
        return self._order_id(cells)

    def product_id(self, cells: Cells) -> str:
        """The product's id; where a shop gives a product none, its name stands in for it."""
        text = self._product_id(cells)
        if text or not self._named:
            return id_cell("product_id", text)
        name = self._product_name(cells)
        if not name:
            raise missing("product_id")
        return name if is_shop_id(name) else f"name-{derive('product', name)}"

    def product_name(self, cells: Cells) -> str:
        """What the row calls the product."""
        return self._product_name(cells)[:200]

    def _exact(self, text: str, currency: str) -> int | Decimal:
        """The price in minor units; that of a piece may be finer than its currency (screws at 0.125), a line is not."""
        try:
            return self._amount(self._price_field, text, currency)
        except Finer as finer:
            if self._by_total:
                raise
            return finer.exact

    def _pieces(self, price: int | Decimal) -> int:
        """How many pieces a line of none is of: one where the line itself cost something."""
        if not price:
            raise _no_pieces()
        return 1

    def _checked(self, quantity: int, price: int | Decimal) -> tuple[int, int]:
        """The price of one, and what the line cost beyond that."""
        if quantity < 0:
            raise Refused("quantity", "negative_quantity", "Below nothing; where that is a return, the map can say so.")
        if price < 0:
            raise Refused(self._price_field, "negative_price", "Below nothing.")
        if price == 0 and not self._free:
            raise Refused(self._price_field, "zero_price", "A line without a price.")
        cost = _half_up(price if self._by_total else price * quantity)
        if cost > MAX_MINOR:
            raise Refused(self._price_field, "too_large", f"The line comes to more than {MAX_MINOR}.")
        unit = cost // quantity if self._by_total else int(price)
        return unit, cost - unit * quantity

    def _returned(
        self,
        line: int,
        order: str,
        customer: str,
        at: datetime,
        product: str,
        quantity: int,
        price: int | Decimal,
        currency: str,
    ) -> ReturnRow:
        quantity = abs(quantity)
        if self._by_total and price < 0:
            price = -price
        unit, _ = self._checked(quantity, price)
        return ReturnRow(
            row=line, order_id=order, customer_id=customer, at=at, product_id=product, quantity=quantity,
            unit_price=unit, currency=currency,
        )  # fmt: skip


def _date_and_time(plan: Plan) -> Cell:
    """The day of an order and, where a column of its own has it, the time."""
    date, time = cell_of(plan, "placed_at"), cell_of(plan, "placed_time")
    days_only = "%" in plan.map.dates and not ("%H" in plan.map.dates or "%I" in plan.map.dates)
    if not plan.map.says("placed_time") or days_only:
        return date
    return lambda cells: f"{date(cells)} {time(cells)}".strip() if date(cells) else ""


def _no_pieces() -> Refused:
    return Refused("quantity", "zero_quantity", "Must be at least 1.")


def _half_up(amount: int | Decimal) -> int:
    return amount if isinstance(amount, int) else int(amount.quantize(Decimal(1), ROUND_HALF_UP))


_OF_ORDERS = ("total", "discount", "shipping", "tax", "vouchers", "refunded", "cancelled_at", "state")


def _tells_of_orders(says: Callable[[str], bool]) -> bool:
    return any(says(field) for field in _OF_ORDERS)


class _WholeOrder:
    """Reads what a row says of its whole order."""

    def __init__(
        self, plan: Plan, amount: Callable[[str, str, str], int], instant: Callable[[str, str], datetime]
    ) -> None:
        self._cells = {field: cell_of(plan, field) for field in _OF_ORDERS}
        self._amount = amount
        self._instant = instant
        self._lists = plan.map.lists

    def told(self, row: OrderRow, cells: Cells) -> OrderRow:
        """The row with what it says of its order."""
        text = {field: cell(cells) for field, cell in self._cells.items()}
        total = self._money("total", text, row.currency) if text["total"] else None
        parts = {field: self._money(field, text, row.currency) for field in ("shipping", "tax", "discount")}
        codes = list_cell("vouchers", text["vouchers"], self._lists)
        return msgspec.structs.replace(
            row,
            total=total,
            added=parts["shipping"] + parts["tax"] - parts["discount"] if total is None else 0,
            refunded=self._money("refunded", text, row.currency),
            vouchers=[code for code in codes if len(code) <= 64][:20],
            events=self._events(row, text),
        )

    def _money(self, field: str, text: dict[str, str], currency: str) -> int:
        amount = self._amount(field, text[field], currency) if text[field] else 0
        if amount < 0 and field != "discount":
            raise Refused(field, f"negative_{field}", "Below nothing.")
        return abs(amount)

    def _events(self, row: OrderRow, text: dict[str, str]) -> list[OrderEvent]:
        state = state_of(text["state"])
        if state == "unpaid":
            raise Refused("state", "unpaid", "Not paid yet, so not an order yet.")
        events = []
        at = row.placed_at
        if text["cancelled_at"] or state == "cancelled":
            at = self._instant("cancelled_at", text["cancelled_at"]) if text["cancelled_at"] else at
            events.append(OrderEvent(type="cancelled", at=at, id="import-cancelled"))
        refunded = self._money("refunded", text, row.currency)
        if refunded or state == "refunded":
            events.append(OrderEvent(type="refunded", at=at, id="import-refunded", amount=refunded or None))
        if state == "returned":
            events.append(OrderEvent(type="returned", at=at, id="import-returned"))
        return events
