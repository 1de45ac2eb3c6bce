"""Another friend came from the same device."""

from typing import ClassVar, Literal

from loyalty.suspicion import Case, FraudRule


class SameDevice(FraudRule):
    """Never alone a block: families share a device."""

    name: ClassVar[str] = "same_device"
    verdict: ClassVar[Literal["block", "review"]] = "review"
    sentence: ClassVar[str] = "Another referral came from the same device."

    def fires(self, case: Case) -> bool:
        """A device in common with another referral of the programme."""
        return bool(case.device) and any(referral.device == case.device for referral in case.like)
