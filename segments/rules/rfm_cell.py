"""The named cell of recency, frequency and money that a customer is in."""

from datetime import datetime
from typing import Annotated, Any, ClassVar

import msgspec

from customers.customer import Customer
from segments.rfm import Cell, rfm_of
from segments.rule import NOTHING, Beside, Filter, Rule, Settings


class Cells(Settings, frozen=True):
    """One or more cells; `segments/rfm.py` says what each means."""

    any_of: Annotated[list[Cell], msgspec.Meta(min_length=1, max_length=9)]


class RfmCell(Rule):
    """By the scores as last refreshed."""

    name = "rfm_cell"
    group = "outlook"
    summary = "They are in one of these cells by recency, frequency and money: champions, loyal, new …"
    Settings = Cells
    settings: Cells
    examples: ClassVar[list[dict[str, Any]]] = [{"any_of": ["champions"]}, {"any_of": ["at_risk", "lost"]}]

    @property
    def index(self) -> str:
        """The cell's own."""
        return "scores.rfm.cell"

    def match(self, now: datetime) -> Filter:
        """By the facet `scores`."""
        return {"scores.rfm.cell": {"$in": list(self.settings.any_of)}}

    def holds(self, customer: Customer, now: datetime, beside: Beside = NOTHING) -> bool:
        """By the facet `scores`; nobody without a score is in."""
        return rfm_of(customer).get("cell") in self.settings.any_of

    def value(self, customer: Customer, now: datetime) -> str:
        """The cell."""
        cell = rfm_of(customer).get("cell")
        return f"They are in the cell {cell.replace('_', ' ')}." if cell else "They have no score yet."
