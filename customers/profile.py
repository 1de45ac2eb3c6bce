"""The rolled-up history kept on each customer, worked out from their orders in the database."""

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from customers.orders import Order


class Profile(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a customer's orders add up to.

    `orders` counts orders that stand (not cancelled); `spend` is minor units by currency, less what was refunded;
    `days` counts the distinct UTC days with an order, which is what the statistics call purchase occasions;
    `gap_days` is the customer's own usual gap, (last day - first day) / (days - 1), None with fewer than two
    occasions; `products` are the ids of all products bought, sorted.
    """

    orders: int = 0
    days: int = 0
    spend: dict[str, int] = {}
    first_at: datetime | None = None
    last_at: datetime | None = None
    gap_days: float | None = None
    products: list[str] = []


def reckon(orders: Sequence[Order]) -> Profile:
    """The profile of a customer with these orders: the plain meaning of what storage/profiles.py has MongoDB do."""
    standing = [order for order in orders if order.stands]
    if not standing:
        return Profile()
    days = sorted({order.placed_at.astimezone(UTC).date() for order in standing})
    spend: dict[str, int] = {}
    for order in standing:
        spend[order.currency] = spend.get(order.currency, 0) + order.total - order.refunded
    return Profile(
        orders=len(standing),
        days=len(days),
        spend=spend,
        first_at=min(order.placed_at for order in standing),
        last_at=max(order.placed_at for order in standing),
        gap_days=(days[-1] - days[0]).days / (len(days) - 1) if len(days) > 1 else None,
        products=sorted({line.product_id for order in standing for line in order.lines}),
    )
