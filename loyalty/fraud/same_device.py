"""Another friend, or who sent them, came from the same device."""

from typing import ClassVar, Literal

from loyalty.suspicion import Case, FraudRule


class SameDevice(FraudRule):
    """Never by itself a block: families share a device."""

    name: ClassVar[str] = "same_device"
    verdict: ClassVar[Literal["block", "review"]] = "review"
    sentence: ClassVar[str] = "Another referral came from the same device."

    def fires(self, case: Case) -> bool:
        """A device in common with another referral of the programme, or with the advocate's own."""
        others = {case.advocate_marks.device, *(referral.device for referral in case.like)}
        return bool(case.marks.device) and case.marks.device in others
