"""Which rows of a file an order takes: those that agree with it, and no more than an order holds."""

from collections.abc import Sequence

from common.jobs import RowError
from customers.orders import Order, OrderRow

# An order is one document, written anew with each batch that adds to it. No basket has so many lines; a column that was
# taken for the order's id, and is none, has.
MAX_LINES = 5_000


def agreeing(known: Order | None, file: str, rows: Sequence[OrderRow]) -> tuple[list[OrderRow], list[RowError]]:
    """The rows that agree with their order, or where it is new with its first row; and why the others do not.

    Rows that the order has already agree again, so a batch that is taken twice is answered the same way twice.
    """
    customer = known.customer_id if known else rows[0].customer_id
    base = known if known is not None and known.import_file == file else None
    said = _Said(base)
    room = _Room(base, len(rows))
    good: list[OrderRow] = []
    bad: list[RowError] = []
    for row in rows:
        if row.customer_id != customer:
            bad.append(_refused(row, "customer_id", "other_customer", "The order belongs to another customer."))
        elif otherwise := said.otherwise(row):
            bad.append(otherwise)
        elif not room.take(row):
            bad.append(_refused(row, "order_id", "order_full", f"An order has at most {MAX_LINES} lines."))
        else:
            said.learn(row)
            good.append(row)
    return good, bad


def _refused(row: OrderRow, field: str, kind: str, reason: str) -> RowError:
    return RowError(line=row.row, field=field, reason=reason, kind=kind)


class _Said:
    """What the rows that an order took said of it as a whole; what says nothing of it contradicts nothing."""

    def __init__(self, base: Order | None) -> None:
        self._currency = base.currency if base else ""
        self._total = base.import_total if base else None
        self._added = base.import_added if base else 0
        self._refunded = base.import_refunded if base else 0

    def otherwise(self, row: OrderRow) -> RowError | None:
        """Why a row contradicts them."""
        if self._currency and row.currency != self._currency:
            return _refused(row, "currency", "other_currency", f"The order's other lines are in {self._currency}.")
        if row.total is not None and self._total is not None and row.total != self._total:
            return _contradicts(row, "total", "total")
        if row.added and self._added and row.added != self._added:
            return _contradicts(row, "", "discount, shipping or tax")
        if row.refunded and self._refunded and row.refunded != self._refunded:
            return _contradicts(row, "refunded", "refund")
        return None

    def learn(self, row: OrderRow) -> None:
        """Hear what a row says that the order takes."""
        self._currency = self._currency or row.currency
        self._total = row.total if self._total is None else self._total
        self._added = self._added or row.added
        self._refunded = self._refunded or row.refunded


def _contradicts(row: OrderRow, field: str, what: str) -> RowError:
    reason = f"An earlier row of the order says another {what}, of the whole order."
    return _refused(row, field, "contradicts_order", reason)


class _Room:
    """How many lines an order takes yet; one that it has takes no room."""

    def __init__(self, base: Order | None, coming: int) -> None:
        had = base.import_rows if base else []
        self._wide = len(had) + coming <= MAX_LINES
        self._had = set() if self._wide else set(had)

    def take(self, row: OrderRow) -> bool:
        """Whether there is room for a row, which then is the order's."""
        if self._wide or row.row in self._had:
            return True
        if len(self._had) >= MAX_LINES:
            return False
        self._had.add(row.row)
        return True
