"""What a dry run's letters would cost, and for how many of them the campaign's budget has room.

The prices are the providers' as the shop has set them; where several carry a channel, what a letter costs is the mean
by their weights, or the lowest. A text message's segments are counted where it is written on trial, and taken to be
the mean of those for all others.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Protocol

from common.money import Money
from content.sms import segments
from messaging.spending import THOUSAND, Limit


class Prices(Protocol):
    """What letters cost."""

    def expected(self, channel: str, *, cheapest: bool = False) -> Mapping[str, int]:
        """What a thousand letters of a channel cost now, in minor units by currency; nothing where no price is set."""
        ...


class Used(Protocol):
    """What campaigns have used up."""

    def so_far(self, campaign: str) -> tuple[int, int]:
        """Messages, and money in thousandths of a minor unit."""
        ...


class Forecast:
    """Counts letters against a budget, in the order in which they are told."""

    def __init__(
        self,
        prices: Mapping[str, Mapping[str, int]],
        limit: Limit,
        used: tuple[int, int],
        short: Callable[[str], str] = str,
    ) -> None:
        """`prices` are of a thousand letters, by channel and currency; `used` as `Used.so_far` tells it; `short` puts
        links into a text as they will be.
        """
        self._short = short
        self._prices = prices
        self._limit = limit
        self._messages, self._money = used
        self._thousandths: Counter[str] = Counter()
        self._counted, self._segments = 0, 0
        self.estimated = False
        self.unpriced: Counter[str] = Counter()

    def takes(self, channel: str, parts: Mapping[str, str] | None) -> bool:
        """Whether there is room for one more letter; if so it is counted. `parts` is None where nothing was written."""
        count = self._units(channel, parts)
        prices = self._prices.get(channel, {})
        money = round(prices.get(self._limit.currency, 0) * count)
        if not self._room(money):
            return False
        self._messages += 1
        self._money += money
        self._thousandths.update({currency: round(price * count) for currency, price in prices.items()})
        if not prices:
            self.unpriced[channel] += 1
        return True

    def cost(self) -> list[Money]:
        """What all that there was room for would cost, by currency, in whole minor units, rounded up."""
        return [Money(-(-sum_ // THOUSAND), currency) for currency, sum_ in sorted(self._thousandths.items())]

    def _room(self, money: int) -> bool:
        limit = self._limit
        enough = limit.messages is None or self._messages < limit.messages
        return enough and (limit.money is None or self._money + money <= limit.money * THOUSAND)

    def _units(self, channel: str, parts: Mapping[str, str] | None) -> float:
        """How many times the price it costs: once, a text message once a segment."""
        if channel != "sms":
            return 1
        if parts is not None:
            count = segments(self._short(parts.get("text", ""))).segments
            self._counted += 1
            self._segments += count
            return count
        self.estimated = True
        return self._segments / self._counted if self._counted else 1
