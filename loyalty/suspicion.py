"""What a fraud rule is: one file in loyalty/fraud/, found by scanning; and the case that all of them look at."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from functools import cache
from typing import ClassVar, Literal

import msgspec

import loyalty.fraud
from common.kinds import scan
from customers.customer import Customer
from loyalty.referral import Friend, Referral


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """A referral that is about to be, with all that the rules may look at, each read once.

    `kin` are the customers with the friend's id or one of their addresses, `earlier_orders` how many orders
    each has besides this one; `like` are referrals of the programme with one of the friend's `traces` or the same
    device; `line` is who referred the advocate, who referred them, and so on.
    """

    friend: Friend
    advocate: str
    advocate_record: Customer | None = None
    device: str = ""
    kin: Sequence[Customer] = ()
    earlier_orders: Mapping[str, int] = {}
    like: Sequence[Referral] = ()
    traces: Sequence[str] = ()
    line: Sequence[str] = ()


class FraudRule(ABC):
    """A named suspicion: `block` refuses the referral, `review` lets a person decide."""

    name: ClassVar[str]
    verdict: ClassVar[Literal["block", "review"]]
    # What a person is told.
    sentence: ClassVar[str]

    @abstractmethod
    def fires(self, case: Case) -> bool:
        """Whether the case looks like that."""


class Opinion(msgspec.Struct, frozen=True, kw_only=True):
    """What the rules say: the names of those that block and of those that want a person to look."""

    blocks: list[str]
    reviews: list[str]


def judge(case: Case) -> Opinion:
    """Ask every rule."""
    fired = [rule for rule in rules().values() if rule.fires(case)]
    return Opinion(
        blocks=[rule.name for rule in fired if rule.verdict == "block"],
        reviews=[rule.name for rule in fired if rule.verdict == "review"],
    )


@cache
def rules() -> Mapping[str, FraudRule]:
    """Every rule by its name."""
    found = scan(loyalty.fraud, FraudRule)  # type: ignore[type-abstract]  # only concrete ones are returned
    return {name: rule() for name, rule in found.items()}
