"""Somebody sent themselves."""

from typing import ClassVar, Literal

from loyalty.evidence import bare, mailboxes_of
from loyalty.suspicion import Case, FraudRule


class SelfReferral(FraudRule):
    """The friend is the advocate: by id, by an address of theirs, or by name and home together."""

    name: ClassVar[str] = "self_referral"
    verdict: ClassVar[Literal["block", "review"]] = "block"
    sentence: ClassVar[str] = "Nobody can use their own code."

    def fires(self, case: Case) -> bool:
        """The same id, mailbox or phone number; or the same first and last name at the same postal address."""
        if case.friend.customer_id == case.advocate:
            return True
        if mailboxes_of(case.advocate_record) & {bare(case.friend.email), case.friend.phone} - {""}:
            return True
        # Those who live together have one home and not one name; a name alone is another rule's business.
        friend, advocate = case.marks, case.advocate_marks
        alike = (friend.person, friend.home) == (advocate.person, advocate.home)
        return alike and bool(friend.person and friend.home)
