"""Somebody sent themselves."""

from typing import ClassVar, Literal

from customers.addresses import EMAIL
from loyalty.referral import bare
from loyalty.suspicion import Case, FraudRule


class SelfReferral(FraudRule):
    """The friend is the advocate, by id or by an address of theirs."""

    name: ClassVar[str] = "self_referral"
    verdict: ClassVar[Literal["block", "review"]] = "block"
    sentence: ClassVar[str] = "Nobody can use their own code."

    def fires(self, case: Case) -> bool:
        """The same id, mailbox or phone number."""
        if case.friend.customer_id == case.advocate:
            return True
        known = case.advocate_record.addresses if case.advocate_record else {}
        theirs = {
            bare(address) if channel == EMAIL else address
            for channel, addresses in known.items()
            for address in addresses
        }
        return bool(theirs & {bare(case.friend.email), case.friend.phone} - {""})
