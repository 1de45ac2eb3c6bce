"""Many friends come from one network within a day."""

from collections.abc import Sequence
from typing import ClassVar, Literal

from loyalty.suspicion import Case, FraudRule

# So many from one network in a day, besides this one, are an office or a mobile carrier; more are looked at.
USUAL = 9


class VelocityIp(FraudRule):
    """Never a block, whatever a programme says: thousands share the address of a carrier or a university."""

    name: ClassVar[str] = "velocity_ip"
    verdict: ClassVar[Literal["block", "review"]] = "review"
    sentence: ClassVar[str] = "Many friends came from the same network within a day."
    allowed: ClassVar[Sequence[str]] = ("review", "off")
    again: ClassVar[bool] = True

    def fires(self, case: Case) -> bool:
        """More than usual."""
        return case.same_ip > USUAL
