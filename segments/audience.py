"""An audience: rules resolved, inside the database, to a count, a sample, a stream of customers, a reason."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from common.clock import Clock
from common.errors import Invalid, NotFound
from customers.customer import Customer, Matching
from segments.nodes import Explained, Node
from segments.rule import Rule, Stage
from segments.segment import Segments
from segments.tree import parse, references

Rules = Mapping[str, Any]

PAGE = 500


class Audience:
    """Resolves trees of rules. Every method raises Invalid naming the node where the rules are wrong."""

    def __init__(self, matching: Matching, segments: Segments, clock: Clock) -> None:
        self._matching = matching
        self._segments = segments
        self._clock = clock

    def tree(self, rules: Rules, own_id: str = "") -> Node:
        """The rules, checked, with the segments they refer to; `own_id` is the segment that they are about to be."""
        return _Resolver(self._segments).tree(rules, (own_id,) if own_id else ())

    def users_of(self, segment_id: str) -> list[str]:
        """The ids of the segments whose rules refer to this one."""
        users: list[str] = []
        page = self._segments.page("", PAGE)
        while page:
            users += [segment.id for segment in page if segment_id in references(segment.rules)]
            page = self._segments.page(page[-1].id, PAGE)
        return users

    def pipeline(self, rules: Rules) -> list[Stage]:
        """One aggregation over customers that lets through those the rules hold for now."""
        return self.tree(rules).pipeline(self._clock.now())

    def count(self, rules: Rules) -> int:
        """How many customers the rules hold for."""
        return self._matching.count(self.pipeline(rules))

    def sample(self, rules: Rules, size: int, after: str = "") -> list[Customer]:
        """A few of them, in the order of ids: the first after `after`."""
        later: list[Stage] = [{"$match": {"_id": {"$gt": after}}}] if after else []
        return self._matching.sample([*later, *self.pipeline(rules)], size)

    def stream(self, rules: Rules, after: str = "") -> Iterator[Customer]:
        """All of them with an id greater than `after`, in the order of ids, with flat memory."""
        return self._matching.stream(self.pipeline(rules), after)

    def contains(self, rules: Rules, customer_id: str) -> bool:
        """Whether the rules hold for this customer."""
        return self._matching.count(_only(customer_id, self.pipeline(rules))) > 0

    def explain(self, rules: Rules, customer_id: str) -> Explained:
        """Why this customer is in or out: the tree with each rule's value and verdict. Raises NotFound."""
        tree, now = self.tree(rules), self._clock.now()
        found = self._matching.sample(_only(customer_id, []), 1)
        if not found:
            raise NotFound("customer", customer_id)
        customer = found[0]

        def decide(rule: Rule) -> bool:
            if not rule.lookups(now):
                return rule.holds(customer, now)
            return self._matching.count(_only(customer_id, _alone(rule, now))) > 0

        return tree.explain(customer, now, decide)


class _Resolver:
    """Reads each segment that is referred to once, and notices when they go round in a circle."""

    def __init__(self, segments: Segments) -> None:
        self._segments = segments
        self._read: dict[str, Node] = {}

    def tree(self, rules: Rules, within: tuple[str, ...]) -> Node:
        """The tree of these rules, which stand within these segments."""

        def resolve(id: str) -> Node:
            if id in within:
                raise Invalid(f"A circle of segments: {' -> '.join([*within, id])}.")
            if id not in self._read:
                self._read[id] = self.tree(self._segments.get(id).rules, (*within, id))
            return self._read[id]

        return parse(rules, resolve)


def _only(customer_id: str, stages: list[Stage]) -> list[Stage]:
    return [{"$match": {"_id": {"$eq": customer_id}}}, *stages]


def _alone(rule: Rule, now: datetime) -> list[Stage]:
    return [*(stage for stages in rule.lookups(now).values() for stage in stages), {"$match": rule.match(now)}]
