"""A person has rejected this friend before, under another id."""

from typing import ClassVar, Literal

from loyalty.suspicion import Case, FraudRule


class RejectedBefore(FraudRule):
    """The address or the order is that of a friend whom a person has said no to; who shares one may be honest."""

    name: ClassVar[str] = "rejected_before"
    verdict: ClassVar[Literal["block", "review"]] = "review"
    sentence: ClassVar[str] = "A person has rejected a friend with the same address or order before."

    def fires(self, case: Case) -> bool:
        """A trace in common with one that was rejected by hand."""
        return any(set(referral.barred or ()) & set(case.traces) for referral in case.like)
