"""The friend is, along some line, who sent the advocate."""

from typing import ClassVar, Literal

from loyalty.suspicion import Case, FraudRule


class Cycle(FraudRule):
    """Two or more people who send each other in turn."""

    name: ClassVar[str] = "cycle"
    verdict: ClassVar[Literal["block", "review"]] = "block"
    sentence: ClassVar[str] = "The friend stands above the advocate in the line of referrals."

    def fires(self, case: Case) -> bool:
        """The friend stands in the advocate's own line."""
        return case.friend.customer_id in case.line
