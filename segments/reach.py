"""What it would cost to write to a segment: whom each channel reaches, whom it does not and why. Nothing is sent."""

import math
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Protocol

import msgspec

from common.money import Money
from customers.addresses import SMS
from customers.consent import Suppressions
from segments.audience import Audience, Rules
from segments.plan import Plan

# So many addresses are looked up among the suppressed, which are kept as hashes; of more, so many are drawn.
LOOKED_UP = 20_000
CHUNK = 500


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """People by what stands in the way of marketing over a channel; `reachable` are those with nothing in it."""

    reachable: int = 0
    no_address: int = 0
    said_no: int = 0
    never_said_yes: int = 0


class Channel(msgspec.Struct, frozen=True, kw_only=True):
    """A channel of a segment. Of `reachable`, the `suppressed` are taken away; `cost` is None where no price is set.

    `estimated` says that the suppressed were counted among some drawn by chance.
    """

    channel: str
    reachable: int
    no_address: int
    said_no: int
    never_said_yes: int
    suppressed: int
    estimated: bool = False
    cost: Money | None = None


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """A segment, channel by channel; `unreachable` are those whom no channel reaches."""

    audience: int
    unreachable: int
    channels: list[Channel]


class Reaching(Protocol):
    """Counts inside the database."""

    def counted(self, plan: Plan) -> tuple[int, int, dict[str, Counted]]:
        """How many there are, how many of them no channel reaches, and each channel's people."""
        ...

    def addresses(self, plan: Plan, channel: str, at_most: int) -> Iterator[str]:
        """The first addresses of those whom a channel reaches; of more than `at_most`, so many drawn by chance."""
        ...


class Reach:
    """Reckons; a dry read. `price` gives what a part of a text message costs in minor units, and the currency."""

    def __init__(
        self,
        audience: Audience,
        reaching: Reaching,
        suppressions: Suppressions,
        price: Callable[[], tuple[float, str]],
    ) -> None:
        self._audience = audience
        self._reaching = reaching
        self._suppressions = suppressions
        self._price = price

    def cost(self, rules: Rules, sms_parts: int = 1) -> Cost:
        """What a message to all of them would cost, a text message having so many parts."""
        plan = self._audience.plan(rules)
        audience, unreachable, counted = self._reaching.counted(plan)
        channels = [self._channel(plan, channel, people, sms_parts) for channel, people in counted.items()]
        return Cost(audience=audience, unreachable=unreachable, channels=channels)

    def _channel(self, plan: Plan, channel: str, counted: Counted, sms_parts: int) -> Channel:
        found, looked_up = self._suppressed(plan, channel) if counted.reachable else (0, 0)
        estimated = looked_up < counted.reachable
        suppressed = round(found / looked_up * counted.reachable) if estimated and looked_up else found
        reachable = max(counted.reachable - suppressed, 0)
        return Channel(
            channel=channel,
            reachable=reachable,
            no_address=counted.no_address,
            said_no=counted.said_no,
            never_said_yes=counted.never_said_yes,
            suppressed=suppressed,
            estimated=estimated,
            cost=self._cost(reachable * sms_parts) if channel == SMS else None,
        )

    def _suppressed(self, plan: Plan, channel: str) -> tuple[int, int]:
        addresses = self._reaching.addresses(plan, channel, LOOKED_UP)
        found = looked_up = 0
        while chunk := list(islice(addresses, CHUNK)):
            suppressed = self._suppressions.among(channel, sorted(set(chunk)), "marketing")
            found += sum(address in suppressed for address in chunk)
            looked_up += len(chunk)
        return found, looked_up

    def _cost(self, parts: int) -> Money | None:
        price, currency = self._price()
        return Money(math.ceil(round(price * parts, 6)), currency) if price else None
