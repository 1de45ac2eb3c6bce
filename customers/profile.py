"""The rolled-up history kept on each customer, worked out from their orders in the database."""

from datetime import datetime

import msgspec


class Profile(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a customer's orders add up to.

    `orders` counts orders that stand (not cancelled); `spend` is minor units by currency; `days` counts the
    distinct UTC days with an order, which is what the statistics call purchase occasions; `gap_days` is the
    customer's own usual gap, (last day - first day) / (days - 1), absent with fewer than two occasions.
    """

    orders: int = 0
    days: int = 0
    spend: dict[str, int] = {}
    first_at: datetime | None = None
    last_at: datetime | None = None
    gap_days: float | None = None
    products: list[str] = []
