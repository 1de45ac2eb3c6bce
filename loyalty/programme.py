"""A referral programme: what a friend and who sent them get; and the codes of those who may send."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from common.ids import new_seed


class ReferralProgramme(msgspec.Struct, frozen=True, kw_only=True, rename={"id": "_id"}):
    """Both rewards are vouchers of offers. `seed` is the secret that codes and traces are derived with."""

    id: str
    name: str
    friend_offer: str
    advocate_offer: str
    active: bool = True
    seed: str = msgspec.field(default_factory=new_seed)
    created_at: datetime


class ReferralCode(msgspec.Struct, frozen=True, kw_only=True, rename={"code": "_id"}):
    """A customer's own code of a programme, made to be shared."""

    code: str
    programme: str
    customer: str


class Landing(msgspec.Struct, frozen=True, kw_only=True):
    """What a friend may learn from a code."""

    programme: str
    friend_reward: str
    advocate_reward: str
    advocate_first_name: str = ""


class Programmes(Protocol):
    """The programmes and their codes as they are kept."""

    def add(self, programme: ReferralProgramme) -> None:
        """Keep a new programme; raises Conflict where its id is taken."""
        ...

    def get(self, id: str) -> ReferralProgramme:
        """One programme; raises NotFound."""
        ...

    def page(self, after: str, limit: int) -> Sequence[ReferralProgramme]:
        """A page in the order of ids."""
        ...

    def add_codes(self, codes: Sequence[ReferralCode]) -> Collection[str]:
        """Keep codes in bulk; returns those that were kept already, which stay as they were."""
        ...

    def codes(self, codes: Sequence[str]) -> Mapping[str, ReferralCode]:
        """Those of these codes that exist."""
        ...
