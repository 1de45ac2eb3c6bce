"""Customers who have likely left for good."""

from datetime import datetime
from typing import Any, ClassVar, Literal

from customers.customer import Customer
from segments.lapse import lapse_of, part_of
from segments.rule import NOTHING, Beside, Filter, Rule, Settings

PATH = "scores.lapse.gone"


class Certainty(Settings, frozen=True):
    """How sure, in percent, one wants to be that they have left."""

    percent: Literal[50, 70, 80, 90, 95] = 50


class LikelyGone(Rule):
    """By the day on which, with no further order, they have left with this probability; so it stays true between
    refreshes. An order takes the day away at once."""

    name = "likely_gone"
    summary = "They are no longer customers, at least so likely in percent: longer silent than their orders explain."
    group = "outlook"
    Settings = Certainty
    settings: Certainty
    examples: ClassVar[list[dict[str, Any]]] = [{}, {"percent": 80}, {"percent": 95}]

    @property
    def index(self) -> str:
        """Whoever is gone at all is so at even odds first."""
        return f"{PATH}.50"

    def match(self, now: datetime) -> Filter:
        """By dates; the first is the indexed one."""
        passed = {"$lte": now}
        if self.settings.percent == 50:
            return {f"{PATH}.50": passed}
        return {f"{PATH}.50": passed, f"{PATH}.{self.settings.percent}": passed}

    def holds(self, customer: Customer, now: datetime, beside: Beside = NOTHING) -> bool:
        """By the same dates."""
        dates = (part_of(customer, "gone", percent) for percent in (50, self.settings.percent))
        return all(isinstance(date, datetime) and date <= now for date in dates)

    def value(self, customer: Customer, now: datetime) -> str:
        """The probability as last worked out, and the day."""
        alive = lapse_of(customer).get("p_alive")
        if alive is None:
            return "It is not known how likely they are still a customer."
        date = part_of(customer, "gone", self.settings.percent)
        if not isinstance(date, datetime):
            return "They have ordered once, which says nothing about whether they have left."
        return (
            f"They were still a customer with a probability of {alive:.0%} when it was last worked out; "
            f"they are {self.settings.percent} % likely gone from {date:%Y-%m-%d} on."
        )
