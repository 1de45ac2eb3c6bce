"""Members of another segment."""

from datetime import datetime
from typing import Any, ClassVar

from customers.customer import Customer
from segments.rule import NOTHING, Beside, Condition, Filter, Rule, Settings, Stage, Text


class Named(Settings, frozen=True):
    """The id of a segment."""

    segment: Text


class InSegment(Rule):
    """Stands for the other segment's rules as they are now; a circle of segments is refused when it is made."""

    name = "in_segment"
    group = "audience"
    summary = "They are in another segment."
    Settings = Named
    settings: Named
    examples: ClassVar[list[dict[str, Any]]] = [{"segment": "champions"}]

    def __init__(self, settings: Any, inner: Condition | None = None) -> None:
        super().__init__(settings)
        self._inner = inner

    @property
    def refers_to(self) -> str:
        """The other segment."""
        return self.settings.segment

    def bound(self, inner: Condition) -> "InSegment":
        """This rule, knowing the other segment's rules."""
        return InSegment(self.settings, inner)

    @property
    def inner(self) -> Condition:
        """The other segment's rules; raises LookupError where nobody has looked them up."""
        if self._inner is None:
            raise LookupError(f"The segment {self.refers_to!r} has not been looked up.")
        return self._inner

    def lookups(self, now: datetime) -> dict[str, list[Stage]]:
        """What the other segment looks up."""
        return self.inner.lookups(now)

    def match(self, now: datetime) -> Filter:
        """What the other segment matches."""
        return self.inner.match(now)

    def holds(self, customer: Customer, now: datetime, beside: Beside = NOTHING) -> bool:
        """Whether the other segment holds."""
        return self.inner.holds(customer, now, beside)

    def value(self, customer: Customer, now: datetime) -> str:
        """Which segment it is about."""
        return f"This asks for the members of the segment {self.refers_to}."
