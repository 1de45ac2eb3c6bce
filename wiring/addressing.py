"""Segments, and what is reckoned of everybody."""

from abc import abstractmethod
from collections.abc import Sequence
from functools import cached_property

from common.errors import NotFound
from segments.audience import Audience, Rules
from segments.history import History as SegmentHistory
from segments.reach import Reach
from segments.refreshing import Refreshing
from segments.rfm import ScoreStore
from storage.histories import MongoHistories
from storage.matching import MongoMatching
from storage.models import MongoModels
from storage.reaching import MongoReaching
from storage.scores import MongoScores
from wiring.rewarding import Rewarding


class Addressing(Rewarding):
    """Who is written to."""

    @cached_property
    def audience(self) -> Audience:
        """Resolves segments to customers."""
        return Audience(MongoMatching(self.database), self.segments, self.clock)

    def in_segments(self, customer: str, wanted: Sequence[str]) -> set[str]:
        """Which of these segments a customer is in now; one that is no more, nobody is in."""
        found = {one: self._rules_of(one) for one in wanted}
        return {one for one, rules in found.items() if rules is not None and self.audience.contains(rules, customer)}

    def _rules_of(self, segment: str) -> Rules | None:
        try:
            return self.segments.get(segment).rules
        except NotFound:
            return None

    @cached_property
    def reach(self) -> Reach:
        """Says what writing to a segment would cost."""
        return Reach(self.audience, MongoReaching(self.database), self.suppressions, self.price_of_an_sms_part)

    @abstractmethod
    def price_of_an_sms_part(self) -> tuple[float, str]:
        """In minor units, with the currency: whoever knows the providers says so (wiring/sending.py)."""

    @cached_property
    def segment_history(self) -> SegmentHistory:
        """Notices who enters and leaves segments."""
        return SegmentHistory(
            segments=self.segments,
            audience=self.audience,
            kept=self.memberships,
            events=self.events,
            turns=self.leases,
            doorbell=self.doorbell,
            clock=self.clock,
        )

    @cached_property
    def scores(self) -> ScoreStore:
        """Everybody's scores together."""
        return MongoScores(self.database)

    @cached_property
    def models(self) -> MongoModels:
        """What was fitted for the whole shop."""
        return MongoModels(self.database)

    @cached_property
    def refreshing(self) -> Refreshing:
        """Keeps everybody's scores fresh."""
        return Refreshing(
            histories=MongoHistories(self.database),
            scores=self.scores,
            models=self.models,
            turns=self.leases,
            shop=self.shops.get,
            doorbell=self.doorbell,
            clock=self.clock,
        )
