"""What an offer has given: to whom, on which orders, and what it cost; listed and summed up."""

from datetime import datetime

import msgspec

from loyalty.redemption import RedemptionState


class Sum(msgspec.Struct, frozen=True, kw_only=True):
    """Redemptions of one state and currency summed up; amounts in minor units.

    `discount` came off the orders, `cost` is what it took out of a budget of money (which is in `cost_currency`), both
    less what of them was taken back in part (`returned`); `orders` are the orders' totals before any discount. Of what
    was rolled back as a whole, all three are what they were.
    """

    state: RedemptionState
    currency: str
    cost_currency: str
    campaign: str
    count: int
    discount: int
    cost: int
    returned: int
    orders: int
    points: int
    gifts: int


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """What an offer has given in all: its sums, to how many customers and on how many orders that stand, and when."""

    sums: list[Sum]
    customers: int
    orders: int
    first_at: datetime | None
    last_at: datetime | None
