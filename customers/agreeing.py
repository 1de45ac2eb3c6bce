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
    currency = base.currency if base else rows[0].currency
    room = _Room(base, len(rows))
    good: list[OrderRow] = []
    bad: list[RowError] = []
    for row in rows:
        if row.customer_id != customer:
            bad.append(_refused(row, "customer_id", "other_customer", "The order belongs to another customer."))
        elif row.currency != currency:
            bad.append(_refused(row, "currency", "other_currency", f"The order's other lines are in {currency}."))
        elif not room.take(row):
            bad.append(_refused(row, "order_id", "order_full", f"An order has at most {MAX_LINES} lines."))
        else:
            good.append(row)
    return good, bad


def _refused(row: OrderRow, field: str, kind: str, reason: str) -> RowError:
    return RowError(line=row.row, field=field, reason=reason, kind=kind)


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
