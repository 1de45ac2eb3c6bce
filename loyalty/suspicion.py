"""What a fraud rule is: one file in loyalty/fraud/, found by scanning; and the case that all of them look at."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import cache
from typing import ClassVar, Literal

import msgspec

import loyalty.fraud
from common.errors import Invalid
from common.kinds import scan
from customers.customer import Customer
from loyalty.evidence import Marks
from loyalty.referral import Friend, Referral, ReferralState

# How far around a referral others of the same advocate, or from the same network, are counted.
BURST = timedelta(hours=1)
VELOCITY = timedelta(days=1)


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """A referral that is about to be, with all that the rules may look at, each read once.

    `kin` are the customers with the friend's id or one of their addresses, `earlier_orders` how many orders
    each has besides this one; `like` are referrals of the programme with one of the friend's `traces`, or the same
    device or way of paying, those of other friends that were rejected for fraud among them; `line` is who referred
    the advocate, who referred them, and so on. `marks` are the friend's, `advocate_marks` those of the one who sent
    them. `burst` counts the advocate's other friends within an hour, `same_ip` those of anybody from the same network
    within a day.
    """

    friend: Friend
    advocate: str
    advocate_record: Customer | None = None
    marks: Marks = Marks()
    advocate_marks: Marks = Marks()
    kin: Sequence[Customer] = ()
    earlier_orders: Mapping[str, int] = {}
    like: Sequence[Referral] = ()
    traces: Sequence[str] = ()
    line: Sequence[str] = ()
    burst: int = 0
    same_ip: int = 0


class FraudRule(ABC):
    """A named suspicion: `block` refuses the referral, `review` lets a person decide.

    A programme may overrule the verdict by one of `allowed`, or turn the rule off. A rule that is asked `again` looks
    at what comes later, too, and is asked once more before the advocate is rewarded.
    """

    name: ClassVar[str]
    verdict: ClassVar[Literal["block", "review"]]
    # What a person is told.
    sentence: ClassVar[str]
    allowed: ClassVar[Sequence[str]] = ("block", "review", "off")
    again: ClassVar[bool] = False

    @abstractmethod
    def fires(self, case: Case) -> bool:
        """Whether the case looks like that."""


class Opinion(msgspec.Struct, frozen=True, kw_only=True):
    """What the rules say: the names of those that block and of those that want a person to look."""

    blocks: list[str]
    reviews: list[str]


def judge(case: Case, verdicts: Mapping[str, str] | None = None, *, again: bool = False) -> Opinion:
    """Ask every rule, or those alone that are to be asked again; `verdicts` overrule theirs, by their names."""
    asked = [rule for rule in rules().values() if rule.again or not again]
    fired = {rule.name: (verdicts or {}).get(rule.name, rule.verdict) for rule in asked if rule.fires(case)}
    return Opinion(
        blocks=[name for name, verdict in fired.items() if verdict == "block"],
        reviews=[name for name, verdict in fired.items() if verdict == "review"],
    )


def check_verdicts(verdicts: Mapping[str, str]) -> None:
    """Raise Invalid where a rule is not known, or must not decide like that."""
    for name, verdict in verdicts.items():
        rule = rules().get(name)
        if rule is None:
            raise Invalid.field(f"verdicts.{name}", f"Must be one of: {', '.join(rules())}.", "not_one_of")
        if verdict not in rule.allowed:
            raise Invalid.field(f"verdicts.{name}", f"Must be one of: {', '.join(rule.allowed)}.", "not_one_of")


@cache
def rules() -> Mapping[str, FraudRule]:
    """Every rule by its name."""
    found = scan(loyalty.fraud, FraudRule)  # type: ignore[type-abstract]  # only concrete ones are returned
    return {name: rule() for name, rule in found.items()}


BY_HAND = "by_hand"


def was_fraud(referral: Referral) -> bool:
    """Whether it was rejected by a fraud rule or by a person, not by a limit, a date or what became of the order."""
    last = referral.reasons[-1] if referral.reasons else BY_HAND
    return referral.state is ReferralState.REJECTED and (last == BY_HAND or last in rules())


# Why a referral was rejected, or waits, where it was no fraud rule.
OTHERS: Mapping[str, str] = {
    BY_HAND: "A person said no.",
    "claim_expired": "The friend did not order in time.",
    "below_minimum": "The order is below the programme's minimum.",
    "other_currency": "The order is in another currency than the programme's minimum.",
    "order_cancelled": "The order was cancelled within the return window.",
    "order_returned": "The order came back within the return window.",
    "order_refunded": "The order was refunded within the return window.",
    "order_refunded_in_part": "A part of the order was refunded within the return window.",
    "order_unknown": "Nobody has told Encore of the order.",
    "order_of_another": "The order is another customer's.",
    "limit_per_advocate": "Who sent the friend has sent as many as count.",
    "limit_per_advocate_and_period": "Who sent the friend has sent as many as count for now.",
    "limit_in_all": "As many friends have come as count.",
    "limit_in_period": "As many friends have come as count for now.",
    "limit_money": "The programme has given away as much as it may.",
}


def sentence_of(reason: str) -> str:
    """What a reason means, in a sentence."""
    rule = rules().get(reason)
    return rule.sentence if rule else OTHERS.get(reason, "")
