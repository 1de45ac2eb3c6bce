"""A report's numbers, summed up from what became of each message; all money in minor units of one currency."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from campaigns.experiments.arms import Arm
from campaigns.told import OF, Order, Told
from content.sms import segments
from messaging.desk import Terms
from messaging.spending import THOUSAND

# So many text messages of a number are read to know into how many parts they were split.
SAMPLED = 100


class Book(Protocol):
    """What providers cost."""

    def terms(self, names: Sequence[str]) -> dict[str, Terms]:
        """The terms of these providers."""
        ...


class Texts(Protocol):
    """What was written."""

    def texts(self, attempts: Sequence[tuple[str, str]]) -> list[str]:
        """The text parts of what was written for these attempts (message and token), in one read."""
        ...


class Numbers(msgspec.Struct, kw_only=True):
    """The numbers of some messages: how many count into each of `OF`, and the money.

    `noes` are the gate's by reason. `orders` and `revenue` are credited to what was handed over; `message_cost`
    is at the providers' prices of today, `estimated` where text messages were counted in parts by a sample; `unpriced`
    were handed over by providers without a price in this currency. `goods_cost` and `margin` are None where the shop
    has not said what its margin is.
    """

    counts: Counter[str] = msgspec.field(default_factory=Counter)
    noes: Counter[str] = msgspec.field(default_factory=Counter)
    orders: int = 0
    buyers: int = 0
    revenue: int = 0
    discounts: int = 0
    message_cost: int = 0
    estimated: bool = False
    unpriced: int = 0
    goods_cost: int | None = None
    margin: int | None = None
    carried: Counter[tuple[str, str]] = msgspec.field(default_factory=Counter)
    sample: list[tuple[str, str]] = []

    def add(self, one: Told) -> None:
        """Count one message in, but for the sample."""
        for name, counts in OF.items():
            if counts(one):
                self.counts[name] += 1
        if one.state == "skipped":
            self.noes[one.reason or "unknown"] += 1
        self.orders += len(one.orders)
        self.buyers += bool(one.orders)
        self.revenue += sum(order.total for order in one.orders)
        self.discounts += sum(use.discount for use in one.used)
        for taken in one.carried:
            self.carried[taken.provider, taken.channel] += 1

    def note_texts(self, one: Told) -> None:
        """Take a message's texts into the sample, as long as there is room."""
        if len(self.sample) < SAMPLED:
            self.sample += [(one.id, taken.token) for taken in one.carried if taken.channel == "sms"]

    def take_in(self, others: "Numbers") -> None:
        """Add the numbers of other messages, but for the sample; before prices are put to them."""
        for mine, theirs in ((self.counts, others.counts), (self.noes, others.noes)):
            mine.update(theirs)
        self.carried.update(others.carried)
        for name in ("orders", "buyers", "revenue", "discounts"):
            setattr(self, name, getattr(self, name) + getattr(others, name))


class Pricing:
    """Puts prices to what was handed over."""

    def __init__(self, book: Book, texts: Texts) -> None:
        self._book = book
        self._texts = texts

    def price(self, numbers: Numbers, currency: str, margin_percent: float | None) -> None:
        """Reckon costs and margin.

        The goods cost what is left of their list price, which is what was paid and what the vouchers took off, after
        the shop's margin; what remains of the revenue after goods and messages is the margin. The vouchers' discounts
        have come off the revenue already.
        """
        terms = self._book.terms(sorted({provider for provider, _ in numbers.carried if provider}))
        parts = self._parts(numbers)
        thousandths = 0.0
        for (provider, channel), count in numbers.carried.items():
            price = terms[provider].price if provider in terms else None
            if price is None or price.currency != currency:
                numbers.unpriced += count
                continue
            thousandths += price.amount * count * (parts if channel == "sms" else 1)
            numbers.estimated = numbers.estimated or (channel == "sms" and count > SAMPLED)
        numbers.message_cost = round(thousandths / THOUSAND)
        if margin_percent is not None:
            numbers.goods_cost = round((numbers.revenue + numbers.discounts) * (100 - margin_percent) / 100)
            numbers.margin = numbers.revenue - numbers.goods_cost - numbers.message_cost

    def _parts(self, numbers: Numbers) -> float:
        """Into how many parts a text message was split, on average."""
        texts = self._texts.texts(numbers.sample) if numbers.sample else []
        return sum(segments(text).segments for text in texts) / len(texts) if texts else 1.0


class Tallies(msgspec.Struct, frozen=True, kw_only=True):
    """A whole campaign's numbers, and its arms for comparisons."""

    total: Numbers
    by_channel: dict[str, Numbers]
    by_variant: dict[str, Numbers]
    arms: dict[str, Arm]


class Tally:
    """Sums messages up; the arms by what was ordered within the `window` after the plan, and in as long before.

    Each message is counted once, into the cell of its channel and arm: of a million, the rest is adding up cells.
    """

    def __init__(self, window: timedelta) -> None:
        self._window = window
        self._cells: defaultdict[tuple[str, str], Numbers] = defaultdict(Numbers)
        self._total = Numbers()
        self._by_channel: defaultdict[str, Numbers] = defaultdict(Numbers)
        self._by_variant: defaultdict[str, Numbers] = defaultdict(Numbers)
        self._sums: defaultdict[str, Counter[str]] = defaultdict(Counter)

    def add(self, one: Told) -> None:
        """Count one message in."""
        self._cells[one.channel, one.arm].add(one)
        if any(taken.channel == "sms" for taken in one.carried):
            for numbers in self._views(one.channel, one.arm):
                numbers.note_texts(one)
        bought_in(self._sums[one.arm], one.bought, one.planned_at, self._window, self._window)

    def done(self) -> Tallies:
        """The sums; to be asked for once."""
        for (channel, arm), cell in self._cells.items():
            for numbers in self._views(channel, arm):
                numbers.take_in(cell)
        return Tallies(
            total=self._total,
            by_channel=dict(self._by_channel),
            by_variant=dict(self._by_variant),
            arms={name: arm_of(arm, self._by_variant[name].discounts) for name, arm in self._sums.items()},
        )

    def _views(self, channel: str, arm: str) -> tuple[Numbers, ...]:
        return self._total, self._by_channel[channel], self._by_variant[arm]


def bought_in(
    sums: Counter[str], bought: Sequence[Order], since: datetime, after: timedelta, before: timedelta
) -> None:
    """Add what one bought in so long after an instant, and in so long before: what they buy anyway."""
    if not bought:  # of most there is nothing to add
        sums["customers"] += 1
        return
    later = [order.total for order in bought if since <= order.at < since + after]
    earlier = sum(order.total for order in bought if since - before <= order.at < since)
    revenue = sum(later)
    sums.update(
        customers=1,
        buyers=bool(later),
        orders=len(later),
        revenue=revenue,
        squares=revenue**2,
        before=earlier,
        before_squares=earlier**2,
        products=revenue * earlier,
    )


def arm_of(sums: Mapping[str, int], cost: int = 0) -> Arm:
    """An arm of these sums."""
    return Arm(
        customers=sums["customers"],
        buyers=sums["buyers"],
        revenue=sums["revenue"],
        squares=float(sums["squares"]),
        before=sums["before"],
        before_squares=float(sums["before_squares"]),
        products=float(sums["products"]),
        cost=cost,
    )
