"""The friend has the name of who sent them."""

from typing import ClassVar, Literal

from loyalty.suspicion import Case, FraudRule


class SameName(FraudRule):
    """Never by itself a block: there are namesakes, and fathers and sons."""

    name: ClassVar[str] = "same_name"
    verdict: ClassVar[Literal["block", "review"]] = "review"
    sentence: ClassVar[str] = "The friend has the same first and last name as the one who sent them."

    def fires(self, case: Case) -> bool:
        """First and last name in common."""
        return bool(case.marks.person) and case.marks.person == case.advocate_marks.person
