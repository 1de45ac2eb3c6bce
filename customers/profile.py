"""The rolled-up history kept on each customer: what all of their orders add up to, and how another order is added.

`reckon` says plainly what a profile means. `added` comes to the very same without looking at the orders that are in
already, which is how profiles are kept up; it needs to remember a little more than is shown (`Account`).
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime

import msgspec

from customers.incidents import causes, is_open, last_at
from customers.orders import Order

# The categories of each product, by its id, as the catalogue has them now; a product that is not in it has none.
Categories = Mapping[str, Sequence[str]]


class Profile(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a customer's orders add up to.

    Of the orders that stand (not cancelled): `orders` counts them, `counts` too, by currency; `spend` is minor units
    by currency, less what was given back, and `average` is that by order, rounded half up; `days` counts the distinct
    UTC days with an order, which is what the statistics call purchase occasions; `gap_days` is the customer's own
    usual gap, (last day - first day) / (days - 1), None with fewer than two occasions; `products` are the ids of all
    products bought, `categories` what the catalogue has them under now, both sorted.

    Of all orders: `returns` counts those of which something came back; `incidents` what went wrong, each trouble of
    an order once; `open_incidents` the orders with a trouble that is not put right; `bad_in_a_row` the orders with a
    trouble that no later order without one has followed; `last_incident_at` is when something last went wrong.
    """

    orders: int = 0
    days: int = 0
    spend: dict[str, int] = {}
    first_at: datetime | None = None
    last_at: datetime | None = None
    gap_days: float | None = None
    products: list[str] = []
    counts: dict[str, int] = {}
    average: dict[str, int] = {}
    categories: list[str] = []
    returns: int = 0
    incidents: int = 0
    open_incidents: int = 0
    bad_in_a_row: int = 0
    last_incident_at: datetime | None = None


class Account(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A profile, and what must be remembered beside it so that an order can be added.

    `days_of` are the purchase occasions, as days since 1970, in order; `good_at` is when the latest order without a
    trouble was placed; `bad_at` when those with a trouble were that none without followed, in order.
    """

    profile: Profile = Profile()
    days_of: list[int] = []
    good_at: datetime | None = None
    bad_at: list[datetime] = []


def reckon(orders: Sequence[Order], categories: Categories | None = None) -> Profile:
    """The profile of a customer with exactly these orders; the plain meaning of all that keeps profiles up."""
    standing = [order for order in orders if order.stands]
    days = sorted({order.placed_at.astimezone(UTC).date() for order in standing})
    currencies = {order.currency for order in standing}
    counts = {one: sum(order.currency == one for order in standing) for one in currencies}
    spend = {one: sum(_net(order) for order in standing if order.currency == one) for one in currencies}
    products = {line.product_id for order in standing for line in order.lines}
    troubled = [order for order in orders if causes(order)]
    good = [order.placed_at for order in orders if not causes(order)]
    return Profile(
        orders=len(standing),
        days=len(days),
        spend=spend,
        first_at=min((order.placed_at for order in standing), default=None),
        last_at=max((order.placed_at for order in standing), default=None),
        gap_days=(days[-1] - days[0]).days / (len(days) - 1) if len(days) > 1 else None,
        products=sorted(products),
        counts=counts,
        average={one: _rounded(spend[one], counts[one]) for one in currencies},
        categories=categories_of(products, categories or {}),
        returns=sum(map(returned, orders)),
        incidents=sum(len(causes(order)) for order in orders),
        open_incidents=sum(map(is_open, orders)),
        bad_in_a_row=sum(not good or order.placed_at >= max(good) for order in troubled),
        last_incident_at=max((at for order in troubled if (at := last_at(order))), default=None),
    )


def added(account: Account, orders: Sequence[Order], categories: Categories) -> Account:
    """The account with these orders too, which must not be in it yet; their sequence does not matter."""
    if all(order.stands and not order.events for order in orders):
        return _added_plain(account, orders, categories)
    known = account.profile
    standing = [order for order in orders if order.stands]
    # Nothing went wrong with an order of which nothing is told, and nothing of it came back.
    told = [order for order in orders if order.events]
    troubled = [order for order in told if causes(order)]
    days_of = _days(account.days_of, standing)
    spend, counts = _sums(known, standing)
    placed = [order.placed_at for order in standing]
    bought = {line.product_id for order in standing for line in order.lines}
    good_at, bad_at = _in_a_row(account, orders)
    troubles = [*filter(None, map(last_at, troubled)), *filter(None, [known.last_incident_at])]
    profile = Profile(
        orders=known.orders + len(standing),
        days=len(days_of),
        spend=spend,
        first_at=min([*placed, *filter(None, [known.first_at])], default=None),
        last_at=max([*placed, *filter(None, [known.last_at])], default=None),
        gap_days=(days_of[-1] - days_of[0]) / (len(days_of) - 1) if len(days_of) > 1 else None,
        products=_united(known.products, bought),
        counts=counts,
        average={currency: _rounded(spend[currency], count) for currency, count in counts.items()},
        categories=_united(known.categories, (name for one in bought for name in categories.get(one, ()))),
        returns=known.returns + sum(map(returned, told)),
        incidents=known.incidents + sum(len(causes(order)) for order in troubled),
        open_incidents=known.open_incidents + sum(map(is_open, troubled)),
        bad_in_a_row=len(bad_at),
        last_incident_at=max(troubles, default=None),
    )
    return Account(profile=profile, days_of=days_of, good_at=good_at, bad_at=bad_at)


def _added_plain(account: Account, orders: Sequence[Order], categories: Categories) -> Account:
    """The same for orders of which nothing is told yet, which nearly all are that come in: a third of the work."""
    known = account.profile
    days_of = _days(account.days_of, orders)
    spend, counts = _sums(known, orders)
    bought = {line.product_id for order in orders for line in order.lines}
    names = {name for one in bought for name in categories.get(one, ())}
    placed = [order.placed_at for order in orders]
    first_at, last_at_ = min(placed, default=None), max(placed, default=None)
    good_at = _later(account.good_at, last_at_)
    bad_at = [at for at in account.bad_at if good_at is None or at >= good_at] if account.bad_at else []
    profile = Profile(
        orders=known.orders + len(orders),
        days=len(days_of),
        spend=spend,
        first_at=known.first_at if first_at is None or (known.first_at and known.first_at <= first_at) else first_at,
        last_at=_later(known.last_at, last_at_),
        gap_days=(days_of[-1] - days_of[0]) / (len(days_of) - 1) if len(days_of) > 1 else None,
        products=_united(known.products, bought),
        counts=counts,
        average={currency: _rounded(spend[currency], count) for currency, count in counts.items()},
        categories=_united(known.categories, names) if names else known.categories,
        returns=known.returns,
        incidents=known.incidents,
        open_incidents=known.open_incidents,
        bad_in_a_row=len(bad_at),
        last_incident_at=known.last_incident_at,
    )
    return Account(profile=profile, days_of=days_of, good_at=good_at, bad_at=bad_at)


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return other if one is None or (other is not None and other > one) else one


def categories_of(products: Iterable[str], categories: Categories) -> list[str]:
    """What the catalogue has these products under, sorted."""
    return sorted({name for product in products for name in categories.get(product, ())})


def returned(order: Order) -> bool:
    """Whether something of the order came back."""
    return any(event.type == "returned" for event in order.events)


def share(order: Order) -> tuple[object, ...]:
    """All of an order that a profile depends on: two with the same share leave it the same."""
    bought = frozenset(line.product_id for line in order.lines)
    sold = (order.stands, order.currency, _net(order), bought, order.placed_at)
    return (*sold, returned(order), causes(order), is_open(order), last_at(order)) if order.events else sold


def _net(order: Order) -> int:
    return order.total - order.refunded


def _rounded(amount: int, count: int) -> int:
    """An average in whole minor units, half up."""
    return (2 * amount + count) // (2 * count)


def _united(known: list[str], more: Iterable[str]) -> list[str]:
    news = set(more).difference(known)
    return sorted([*known, *news]) if news else known


_EPOCH = date(1970, 1, 1).toordinal()


def _days(known: list[int], orders: Sequence[Order]) -> list[int]:
    days = known
    for order in orders:
        day = order.placed_at.astimezone(UTC).toordinal() - _EPOCH
        place = bisect_left(days, day)
        if place == len(days) or days[place] != day:
            days = [*days[:place], day, *days[place:]]
    return days


def _sums(known: Profile, orders: Sequence[Order]) -> tuple[dict[str, int], dict[str, int]]:
    spend, counts = dict(known.spend), dict(known.counts)
    for order in orders:
        spend[order.currency] = spend.get(order.currency, 0) + _net(order)
        counts[order.currency] = counts.get(order.currency, 0) + 1
    return spend, counts


def _in_a_row(account: Account, orders: Sequence[Order]) -> tuple[datetime | None, list[datetime]]:
    """When the latest order without a trouble was placed, and those with one that it was not placed after."""
    good, bad = ([account.good_at] if account.good_at else []), list(account.bad_at)
    for order in orders:
        (bad if order.events and causes(order) else good).append(order.placed_at)
    good_at = max(good, default=None)
    return good_at, sorted(at for at in bad if good_at is None or at >= good_at)
