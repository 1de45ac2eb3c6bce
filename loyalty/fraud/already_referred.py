"""The friend has been sent before."""

from typing import ClassVar, Literal

from loyalty.suspicion import Case, FraudRule


class AlreadyReferred(FraudRule):
    """The programme knows a referral with the friend's id or one of their addresses."""

    name: ClassVar[str] = "already_referred"
    verdict: ClassVar[Literal["block", "review"]] = "block"
    sentence: ClassVar[str] = "A friend can be referred only once."

    def fires(self, case: Case) -> bool:
        """A trace in common."""
        return any(set(referral.traces or ()) & set(case.traces) for referral in case.like)
