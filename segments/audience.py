"""An audience: rules resolved, inside the database, to a count, a sample, a stream of customers, a reason."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from common.clock import Clock
from common.errors import Invalid, NotFound
from customers.customer import Customer
from segments.beside import OverRows
from segments.nodes import All, Explained, Node
from segments.plan import Plan, Walk
from segments.planning import plan
from segments.rule import Rule, Stage
from segments.segment import Segments
from segments.tree import parse, references

Rules = Mapping[str, Any]

PAGE = 500
# The latest rows about one customer are enough to say in words what a rule found; few people have more.
ROWS = 1_000


class Matching(Protocol):
    """Customers as a plan fetches them."""

    def count(self, plan: Plan) -> int:
        """How many match."""
        ...

    def sample(self, plan: Plan, size: int, after: str = "") -> list[Customer]:
        """A few of those who match, in the order of ids: the first after `after`."""
        ...

    def stream(self, plan: Plan, after: str = "", fields: Sequence[str] = ()) -> Iterator[Customer]:
        """All who match with an id greater than `after`, in the order of ids, with flat memory; `fields` of them."""
        ...

    def table(self, plan: Plan, columns: Mapping[str, str], after: str = "") -> Iterator[dict[str, Any]]:
        """Some fields of all who match: under each name what stands at a path, unless nothing does."""
        ...

    def ids(self, plan: Plan) -> Iterator[str]:
        """The ids of all who match, in order, with flat memory."""
        ...

    def rows(self, collection: str, stages: Sequence[Stage]) -> list[dict[str, Any]]:
        """What stages over a collection leave; the caller sees to it that it is little."""
        ...


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

    def plan(self, rules: Rules) -> Plan:
        """How to fetch those the rules hold for now."""
        return plan(self.tree(rules), self._clock.now())

    def count(self, rules: Rules) -> int:
        """How many customers the rules hold for."""
        return self._matching.count(self.plan(rules))

    def count_both(self, one: Rules, other: Rules) -> int:
        """How many customers both hold for."""
        return self._matching.count(plan(All([self.tree(one), self.tree(other)]), self._clock.now()))

    def sample(self, rules: Rules, size: int, after: str = "") -> list[Customer]:
        """A few of them, in the order of ids: the first after `after`."""
        return self._matching.sample(self.plan(rules), size, after)

    def stream(self, rules: Rules, after: str = "", fields: Sequence[str] = ()) -> Iterator[Customer]:
        """All of them with an id greater than `after`, in the order of ids, with flat memory.

        Where `fields` are named only these are read, and the others are as if nothing were known: a third of the cost.
        """
        return self._matching.stream(self.plan(rules), after, fields)

    def table(self, rules: Rules, columns: Mapping[str, str], after: str = "") -> Iterator[dict[str, Any]]:
        """Some fields of all of them with an id greater than `after`: cheaper than customers, for files.

        `columns` says by name where in a customer the value stands (`profile.orders`); what is not known is left out.
        """
        return self._matching.table(self.plan(rules), columns, after)

    def ids(self, rules: Rules) -> Iterator[str]:
        """The ids of all of them, in order, with flat memory."""
        return self._matching.ids(self.plan(rules))

    def among(self, rules: Rules, ids: Sequence[str]) -> set[str]:
        """Those of these customers for whom the rules hold."""
        few: Stage = {"$match": {"_id": {"$in": list(ids)}}}
        return set(self._matching.ids(Plan(base=Walk(head=[few, *self.pipeline(rules)]))))

    def contains(self, rules: Rules, customer_id: str) -> bool:
        """Whether the rules hold for this customer."""
        return self._one(customer_id, self.pipeline(rules))

    def explain(self, rules: Rules, customer_id: str) -> Explained:
        """Why this customer is in or out: the tree with each rule's value and verdict. Raises NotFound."""
        tree, now = self.tree(rules), self._clock.now()
        found = self._matching.sample(Plan(base=Walk(head=_only(customer_id))), 1)
        if not found:
            raise NotFound("customer", customer_id)
        customer = found[0]

        def decide(rule: Rule) -> tuple[bool, str]:
            if isinstance(rule, OverRows):
                return self._one(customer_id, _alone(rule, now)), rule.words(
                    rule.found(self._rows(rule, customer, now))
                )
            return rule.holds(customer, now), rule.value(customer, now)

        return tree.explain(customer, now, decide)

    def _one(self, customer_id: str, stages: list[Stage]) -> bool:
        return self._matching.count(Plan(base=Walk(head=[*_only(customer_id), *stages]))) > 0

    def _rows(self, rule: OverRows, customer: Customer, now: datetime) -> list[dict[str, Any]]:
        """The rows about a customer that count for a rule."""
        theirs: Stage = {"$match": {rule.rows.key: {"$eq": customer.id}}}
        return self._matching.rows(rule.rows.collection, [theirs, *rule.rows_of(now), {"$limit": ROWS}])


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


def _only(customer_id: str) -> list[Stage]:
    return [{"$match": {"_id": {"$eq": customer_id}}}]


def _alone(rule: Rule, now: datetime) -> list[Stage]:
    return [*(stage for stages in rule.lookups(now).values() for stage in stages), {"$match": rule.match(now)}]
