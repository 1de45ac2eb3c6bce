"""A referral programme: what a friend and who sent them get, for what and how often; and the codes to send with."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Literal, Protocol

import msgspec

from common.errors import Invalid
from common.ids import new_seed
from common.money import Money, check_currencies

# What makes a friend count: that they sign up, their first order, or every order of theirs.
Trigger = Literal["sign_up", "first_order", "every_order"]
# When the friend gets theirs: as soon as they say whose friend they are, or with their order.
FriendWhen = Literal["claim", "order"]
# What a refund within the return window takes back, unless the order is undone altogether, which takes back all.
Refunds = Literal["whole", "any", "part"]
Period = Literal["day", "week", "month", "year"]
Verdict = Literal["block", "review", "off"]


class Reward(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A personal voucher of an offer, or points, or nothing; `worth` is what a limit of money counts it as."""

    offer: str = ""
    points: int = 0
    worth: Money | None = None

    @property
    def given(self) -> bool:
        """Whether it is anything."""
        return bool(self.offer or self.points)


class ReferralTier(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an advocate gets once, besides, when so many friends have brought them a reward."""

    friends: int
    offer: str = ""
    points: int = 0
    worth: Money | None = None

    @property
    def reward(self) -> Reward:
        """What it is."""
        return Reward(offer=self.offer, points=self.points, worth=self.worth)


class Limits(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How many friends count: of one advocate and of all, ever and in a `period` of the shop's calendar; and how much
    money their rewards may be worth. What is not set has no limit."""

    per_advocate: int | None = None
    per_advocate_and_period: int | None = None
    in_all: int | None = None
    in_period: int | None = None
    period: Period = "month"
    money: Money | None = None


class ReferralProgramme(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename={"id": "_id"}):
    """The rules. `seed` is the secret that codes and traces are derived with.

    `wait_days` is how long the advocate's reward waits: unless given, the shop's return window for an order, and not at
    all for a sign-up. `refunds`: "whole", only an order that is undone altogether takes the rewards back; "any", a
    refund of a part does too; "part", points shrink with the order, and a voucher stays. An order below `minimum`
    does not count. A friend has `claim_days` to order in. `verdicts` overrule those of fraud rules, by their names.
    What fraud is found by is forgotten after `evidence_days`.
    """

    id: str
    name: str
    trigger: Trigger = "first_order"
    friend_offer: str = ""
    friend_points: int = 0
    friend_worth: Money | None = None
    friend_when: FriendWhen = "order"
    advocate_offer: str = ""
    advocate_points: int = 0
    advocate_worth: Money | None = None
    wait_days: int | None = None
    refunds: Refunds = "whole"
    minimum: Money | None = None
    claim_days: int = 90
    limits: Limits = Limits()
    tiers: list[ReferralTier] = []
    verdicts: dict[str, Verdict] = {}
    evidence_days: int = 90
    valid_until: datetime | None = None
    active: bool = True
    seed: str = msgspec.field(default_factory=new_seed)
    created_at: datetime
    updated_at: datetime | None = None
    version: int = 1

    @property
    def friend(self) -> Reward:
        """What the friend gets."""
        return Reward(offer=self.friend_offer, points=self.friend_points, worth=self.friend_worth)

    @property
    def advocate(self) -> Reward:
        """What the one who sent them gets."""
        return Reward(offer=self.advocate_offer, points=self.advocate_points, worth=self.advocate_worth)

    @property
    def worth(self) -> int:
        """What both rewards are worth, in minor units of the currency of the limit of money."""
        return sum(reward.worth.amount for reward in (self.friend, self.advocate) if reward.given and reward.worth)

    def open(self, now: datetime) -> bool:
        """Whether friends can still be sent."""
        return self.active and (self.valid_until is None or now < self.valid_until)


def checked(programme: ReferralProgramme) -> ReferralProgramme:
    """The programme, if it makes sense; raises Invalid naming the field that does not."""
    moneys = {"minimum": programme.minimum, "limits.money": programme.limits.money}
    moneys |= {"friend_worth": programme.friend_worth, "advocate_worth": programme.advocate_worth}
    check_currencies(moneys | {f"tiers.{place}.worth": tier.worth for place, tier in enumerate(programme.tiers)})
    sides = {"friend": programme.friend, "advocate": programme.advocate}
    named = {f"{side}_worth": reward for side, reward in sides.items()}
    named |= {f"tiers.{place}.worth": tier.reward for place, tier in enumerate(programme.tiers)}
    for side, reward in sides.items():
        if reward.offer and reward.points:
            raise Invalid.field(f"{side}_points", f"Say either {side}_offer or {side}_points.")
    if not any(reward.given for reward in sides.values()):
        raise Invalid.field("friend_offer", "Nobody gets anything: name a reward of the friend or of the advocate.")
    for place, tier in enumerate(programme.tiers):
        if bool(tier.offer) == bool(tier.points):
            raise Invalid.field(f"tiers.{place}.offer", "Say either an offer or points.")
    friends = [tier.friends for tier in programme.tiers]
    if friends != sorted(set(friends)):
        raise Invalid.field("tiers", "Each must take more friends than the one before.")
    if programme.trigger == "sign_up" and programme.minimum:
        raise Invalid.field("minimum", "A sign-up has no order that could reach it.")
    limit = programme.limits.money
    for field, reward in named.items():
        if limit and reward.given and (not reward.worth or reward.worth.currency != limit.currency):
            raise Invalid.field(
                field, f"A limit of money needs to know what this is worth, in {limit.currency}.", "currency"
            )
    return programme


class ReferralCode(msgspec.Struct, frozen=True, kw_only=True, rename={"code": "_id"}):
    """A customer's own code of a programme, made to be shared."""

    code: str
    programme: str
    customer: str


class Landing(msgspec.Struct, frozen=True, kw_only=True):
    """What a friend may learn from a code; a side that gets nothing has an empty text."""

    code: str
    programme: str
    trigger: Trigger
    friend_when: FriendWhen
    friend_reward: str
    advocate_reward: str
    advocate_first_name: str = ""


class Programmes(Protocol):
    """The programmes as they are kept."""

    def add(self, programme: ReferralProgramme, by: str = "") -> None:
        """Keep a new programme; raises Conflict where its id is taken. `by` says who wants it, for the changes."""
        ...

    def get(self, id: str) -> ReferralProgramme:
        """One programme; raises NotFound."""
        ...

    def page(self, after: str, limit: int) -> Sequence[ReferralProgramme]:
        """A page in the order of ids."""
        ...

    def change(self, programme: ReferralProgramme, expected_version: int, by: str = "") -> ReferralProgramme:
        """Keep other rules; raises Stale where the version no longer holds. `by` says who wants it."""
        ...


class ReferralCodes(Protocol):
    """The codes as they are kept."""

    def add_codes(self, codes: Sequence[ReferralCode]) -> Collection[str]:
        """Keep codes in bulk; returns those that were kept already, which stay as they were."""
        ...

    def codes(self, codes: Sequence[str]) -> Mapping[str, ReferralCode]:
        """Those of these codes that exist."""
        ...
