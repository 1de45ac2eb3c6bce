"""Every customer: said out loud, so that nobody is addressed by an empty list."""

from datetime import datetime
from typing import Any, ClassVar

from customers.customer import Customer
from segments.rule import NOTHING, Beside, Filter, Rule, Settings


class EveryoneSettings(Settings, frozen=True):
    """There is nothing to choose."""


class Everyone(Rule):
    """Holds for everybody."""

    name = "everyone"
    group = "audience"
    summary = "Every customer there is."
    Settings = EveryoneSettings
    examples: ClassVar[list[dict[str, Any]]] = [{}]

    def match(self, now: datetime) -> Filter:
        """Any document has an id."""
        return {"_id": {"$exists": True}}

    def holds(self, customer: Customer, now: datetime, beside: Beside = NOTHING) -> bool:
        """Always."""
        return True

    def value(self, customer: Customer, now: datetime) -> str:
        """That they are one."""
        return "They are a customer."
