"""How often somebody buys a product again: by their own purchases, and by everybody's where they have few.

The product's usual gap counts as one more of the customer's own, as with lapse (segments/gaps.py): who bought once
is expected after the usual gap, who bought ten times nearly by their own.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

# Shorter gaps than this are second thoughts, and no rhythm.
LEAST = timedelta(days=3)


class Bought(msgspec.Struct, frozen=True, kw_only=True):
    """A customer and a product: when first and last bought, and how many times, those of one day once."""

    customer: str
    product: str
    first_at: datetime
    last_at: datetime
    times: int


class Usual(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename={"product": "_id"}):
    """All gaps between purchases of a product by one customer, in days: how many, and what they come to."""

    product: str
    gaps: int = 0
    days: float = 0.0


def usual(purchases: Sequence[Bought]) -> dict[str, Usual]:
    """The gaps of these purchases, by product."""
    sums: dict[str, Usual] = {}
    for one in purchases:
        if one.times > 1:
            known = sums.get(one.product, Usual(product=one.product))
            days = known.days + (one.last_at - one.first_at) / timedelta(days=1)
            sums[one.product] = Usual(product=one.product, gaps=known.gaps + one.times - 1, days=days)
    return sums


def due_at(one: Bought, usual: Mapping[str, Usual]) -> datetime | None:
    """When they will need it again; None where neither they nor anybody else has bought it twice."""
    own, days = one.times - 1, (one.last_at - one.first_at) / timedelta(days=1)
    known = usual.get(one.product)
    if known is not None and known.gaps:
        own, days = own + 1, days + known.days / known.gaps
    if not own:
        return None
    gap = timedelta(days=days / own)
    return one.last_at + gap if gap >= LEAST else None
