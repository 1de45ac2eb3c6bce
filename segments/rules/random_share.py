"""A share of the customers drawn by chance, the same people whenever it is asked."""

import hashlib
from datetime import datetime
from typing import Annotated, Any, ClassVar

import msgspec

from customers.customer import Customer
from segments.rule import NOTHING, Beside, Filter, Rule, Settings

# A Mersenne prime: products of two numbers below it fit 64 bits, on every server and without rounding.
PRIME = 2**31 - 1
LETTERS = "".join(map(chr, range(32, 127)))


class Share(Settings, frozen=True):
    """How many in a hundred, and a seed: another seed draws other people."""

    percent: Annotated[float, msgspec.Meta(gt=0, le=100)]
    seed: Annotated[str, msgspec.Meta(max_length=100)] = ""


class RandomShare(Rule):
    """Hashes the customer's id, so that nothing need be stored and a draw can be repeated.

    The hash is a polynomial over the letters of the id modulo a prime, its factor and start drawn from the
    seed: universal hashing of strings (J. L. Carter and M. N. Wegman, Universal Classes of Hash Functions, 1979;
    M. Dietzfelbinger and others, Polynomial Hash Functions Are Reliable, 1992). Every server can work it out.
    """

    name = "random_share"
    group = "audience"
    summary = "They are in a random share of so many percent, the same people every time."
    Settings = Share
    settings: Share
    examples: ClassVar[list[dict[str, Any]]] = [{"percent": 10}, {"percent": 50, "seed": "spring"}]

    def match(self, now: datetime) -> Filter:
        """By the hash, worked out in the database; reads every customer that the other rules leave."""
        factor, start = self._drawn()
        letter = {"$indexOfCP": [{"$literal": LETTERS}, {"$substrCP": ["$_id", "$$this", 1]}]}
        step = {"$add": [{"$multiply": [{"$add": ["$$value", letter, 2]}, factor]}, start]}
        hashed = {
            "$reduce": {
                "input": {"$range": [0, {"$strLenCP": "$_id"}]},
                "initialValue": start,
                "in": {"$mod": [step, PRIME]},
            }
        }
        return {"$expr": {"$lt": [hashed, self._limit]}}

    def holds(self, customer: Customer, now: datetime, beside: Beside = NOTHING) -> bool:
        """By the hash."""
        return self._hash(customer.id) < self._limit

    def value(self, customer: Customer, now: datetime) -> str:
        """Where the draw put them."""
        return f"The draw put them at {100 * self._hash(customer.id) / PRIME:.2f} of 100."

    @property
    def _limit(self) -> int:
        return round(self.settings.percent / 100 * PRIME)

    def _drawn(self) -> tuple[int, int]:
        digest = hashlib.sha256(self.settings.seed.encode()).digest()
        return 2**30 + int.from_bytes(digest[:4]) % 2**29, int.from_bytes(digest[4:8]) % PRIME

    def _hash(self, id: str) -> int:
        factor, hashed = self._drawn()
        start = hashed
        for letter in id:
            hashed = ((hashed + LETTERS.find(letter) + 2) * factor + start) % PRIME
        return hashed
