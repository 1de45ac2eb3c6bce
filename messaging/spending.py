"""A campaign's budget: what its messages may use up, taken before they are handed over, so that it holds."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

from content.sms import segments
from messaging.channel import Accepted, Letter, Outcome, Uncertain
from messaging.desk import Terms
from messaging.pace import Pace

# Prices are of a thousand, so a letter costs thousandths of a minor unit.
THOUSAND = 1_000


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """So many messages, and so much money in minor units of `currency`, over all runs; None for no end.

    `pace` is how fast they go.
    """

    messages: int | None = None
    money: int | None = None
    currency: str = ""
    pace: Pace = Pace()

    @property
    def none(self) -> bool:
        """Whether it has no end."""
        return self.messages is None and self.money is None


class Spending(Protocol):
    """What campaigns have used up."""

    def take(self, campaign: str, costs: Sequence[int], limit: Limit) -> int:
        """Use up the costs of as many messages, from the first on, as there is room for; how many those are."""
        ...

    def give_back(self, campaign: str, costs: Sequence[int]) -> None:
        """What was taken for messages that were certainly not handed over."""
        ...

    def spent(self, campaign: str) -> tuple[int, int]:
        """Messages, and money in thousandths of a minor unit."""
        ...


def cost_of(letter: Letter, channel: str, terms: Terms, currency: str) -> int:
    """What a letter costs, in thousandths of a minor unit of a currency; 0 where no price in it is set."""
    if terms.price is None or terms.price.currency != currency:
        return 0
    count = segments(letter.rendered.parts.get("text", "")).segments if channel == "sms" else 1
    return terms.price.amount * count


def unspent(letters: Sequence[Letter], outcomes: Mapping[str, Outcome]) -> list[Letter]:
    """The letters that nobody took, so that they cost nothing; what is uncertain may have been taken."""
    return [letter for letter in letters if not isinstance(outcomes.get(letter.message), (Accepted, Uncertain))]
