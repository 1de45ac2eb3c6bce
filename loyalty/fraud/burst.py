"""Somebody sends very many friends within an hour."""

from typing import ClassVar, Literal

from loyalty.suspicion import Case, FraudRule

# So many within an hour, besides this one, come when a link is shared in a big group; more are looked at.
USUAL = 19


class Burst(FraudRule):
    """A link that went round is honest, and so a person looks."""

    name: ClassVar[str] = "burst"
    verdict: ClassVar[Literal["block", "review"]] = "review"
    sentence: ClassVar[str] = "The code brought very many friends within an hour."
    again: ClassVar[bool] = True

    def fires(self, case: Case) -> bool:
        """More than usual."""
        return case.burst > USUAL
