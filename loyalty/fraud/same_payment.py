"""Another friend, or who sent them, paid with the same card or account."""

from typing import ClassVar, Literal

from loyalty.suspicion import Case, FraudRule


class SamePayment(FraudRule):
    """Never by itself a block: couples share a card."""

    name: ClassVar[str] = "same_payment"
    verdict: ClassVar[Literal["block", "review"]] = "review"
    sentence: ClassVar[str] = "Another referral was paid for in the same way."

    def fires(self, case: Case) -> bool:
        """A hash of payment in common with another referral of the programme, or with the advocate's own."""
        others = {case.advocate_marks.payment, *(referral.payment for referral in case.like)}
        return bool(case.marks.payment) and case.marks.payment in others
