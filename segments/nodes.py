"""The nodes of a tree of rules: what each matches in the database and what it means in Python."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec

from customers.customer import Customer
from segments.rule import NOTHING, Beside, Filter, Rule, Stage


class Explained(msgspec.Struct, frozen=True, kw_only=True):
    """Why a customer is in or out: a node, its verdict, and for a rule what it looked at, in words.

    `node` is "all", "any", "not" or "rule"; `parts` are the nodes inside, or the rules of the segment referred to.
    `index` is what a rule is found by in the database, "" where it looks at every customer.
    """

    node: str
    verdict: bool
    rule: str = ""
    summary: str = ""
    settings: dict[str, Any] = {}
    value: str = ""
    index: str = ""
    parts: "list[Explained]" = []


# Whether a rule holds for the customer that is being explained, and what it looked at, in words.
Decide = Callable[[Rule], tuple[bool, str]]
# What is taken for granted of a rule, None for nothing; told whether it stands under an even number of `not`.
Given = Callable[[Rule, bool], bool | None]


class Node(ABC):
    """Part of a tree. `size` counts the nodes and `depth` the levels, those of segments referred to included."""

    size: int
    depth: int

    @abstractmethod
    def match(self, now: datetime) -> Filter:
        """The filter over customers, once the lookups have been made."""

    @abstractmethod
    def lookups(self, now: datetime) -> dict[str, list[Stage]]:
        """The lookups that the filter needs, by the field each fills."""

    @abstractmethod
    def holds(self, customer: Customer, now: datetime, beside: Beside = NOTHING) -> bool:
        """Whether it holds for a customer with this beside them."""

    @abstractmethod
    def explain(self, customer: Customer, now: datetime, decide: Decide) -> Explained:
        """The verdict on one customer, with reasons."""

    def pipeline(self, now: datetime) -> list[Stage]:
        """Stages over customers that let through those it holds for.

        What a customer's own document answers comes first wherever it can, so that only the rest is looked up.
        """
        lookups = self.lookups(now)
        if not lookups:
            return [{"$match": self.match(now)}]
        early = self.early(now)
        stages = [{"$match": {"$and": early}}] if early else []
        for found in lookups.values():
            stages += found
        return [*stages, {"$match": self.match(now)}, {"$unset": sorted(lookups)}]

    @abstractmethod
    def given(self, told: Given, positive: bool = True) -> "Node | bool":
        """What is left of the tree once something is known of some of its rules: True, False, or a smaller tree."""

    def early(self, now: datetime) -> list[Filter]:
        """Filters that all who match pass and that need no lookup."""
        return []

    @abstractmethod
    def scans(self) -> list[str]:
        """The rules because of which every customer must be looked at; none where an index finds all who match."""


class Group(Node):
    """Some nodes together."""

    word = ""

    def __init__(self, nodes: Sequence[Node]) -> None:
        self.nodes = nodes
        self.size = 1 + sum(node.size for node in nodes)
        self.depth = 1 + max((node.depth for node in nodes), default=0)

    def lookups(self, now: datetime) -> dict[str, list[Stage]]:
        """Those of all the nodes; the same one is made once."""
        return {field: stages for node in self.nodes for field, stages in node.lookups(now).items()}

    def explain(self, customer: Customer, now: datetime, decide: Decide) -> Explained:
        """By the nodes' own verdicts."""
        parts = [node.explain(customer, now, decide) for node in self.nodes]
        return Explained(node=self.word, verdict=self.verdict([part.verdict for part in parts]), parts=parts)

    @abstractmethod
    def verdict(self, verdicts: Sequence[bool]) -> bool:
        """What follows from the nodes' verdicts."""

    def holds(self, customer: Customer, now: datetime, beside: Beside = NOTHING) -> bool:
        """By what holds of the nodes."""
        return self.verdict([node.holds(customer, now, beside) for node in self.nodes])


class All(Group):
    """Every one of them holds."""

    word = "all"

    def match(self, now: datetime) -> Filter:
        """All the filters."""
        return {"$and": [node.match(now) for node in self.nodes]}

    def verdict(self, verdicts: Sequence[bool]) -> bool:
        """Every one."""
        return all(verdicts)

    def given(self, told: Given, positive: bool = True) -> Node | bool:
        """False where one is; what is true is left out."""
        return _left([node.given(told, positive) for node in self.nodes], All, decisive=False)

    def scans(self) -> list[str]:
        """Nothing where an index finds those whom one of the nodes leaves."""
        all_scans = [node.scans() for node in self.nodes]
        return [] if [] in all_scans else sorted({rule for scans in all_scans for rule in scans})

    def early(self, now: datetime) -> list[Filter]:
        """The filters of the nodes that need no lookup, and what the others can say early."""
        return [early for node in self.nodes for early in (node.early(now) if node.lookups(now) else [node.match(now)])]


class Any_(Group):  # noqa: N801  # `Any` is typing's
    """One of them holds, or more."""

    word = "any"

    def match(self, now: datetime) -> Filter:
        """One of the filters."""
        return {"$or": [node.match(now) for node in self.nodes]}

    def verdict(self, verdicts: Sequence[bool]) -> bool:
        """At least one."""
        return any(verdicts)

    def given(self, told: Given, positive: bool = True) -> Node | bool:
        """True where one is; what is false is left out."""
        return _left([node.given(told, positive) for node in self.nodes], Any_, decisive=True)

    def scans(self) -> list[str]:
        """Whatever one of the nodes looks at everybody for."""
        return sorted({rule for node in self.nodes for rule in node.scans()})


class Not(Group):
    """It does not hold: also for a customer of whom the field in question is not known."""

    word = "not"

    def __init__(self, node: Node) -> None:
        super().__init__([node])

    def match(self, now: datetime) -> Filter:
        """$nor, since $not would leave out whoever lacks the field."""
        return {"$nor": [self.nodes[0].match(now)]}

    def verdict(self, verdicts: Sequence[bool]) -> bool:
        """The opposite."""
        return not verdicts[0]

    def given(self, told: Given, positive: bool = True) -> Node | bool:
        """The opposite of what is known, or of what is left."""
        inner = self.nodes[0].given(told, not positive)
        return not inner if isinstance(inner, bool) else Not(inner)

    def scans(self) -> list[str]:
        """An index finds those whom a rule holds for, never the others."""
        return sorted({leaf.rule.name for leaf in leaves(self)})


class Leaf(Node):
    """A rule; `inner` is the tree of the segment it refers to, where it does."""

    def __init__(self, rule: Rule, inner: Node | None = None) -> None:
        self.rule = rule
        self.inner = inner
        self.size = 1 + (inner.size if inner else 0)
        self.depth = 1 + (inner.depth if inner else 0)

    def match(self, now: datetime) -> Filter:
        """The rule's filter."""
        return self.rule.match(now)

    def lookups(self, now: datetime) -> dict[str, list[Stage]]:
        """The rule's lookup."""
        return self.rule.lookups(now)

    def holds(self, customer: Customer, now: datetime, beside: Beside = NOTHING) -> bool:
        """The rule's meaning."""
        return self.rule.holds(customer, now, beside)

    def given(self, told: Given, positive: bool = True) -> Node | bool:
        """What is known of the rule; of a reference, what is left of what it refers to."""
        if self.inner:
            return self.inner.given(told, positive)
        known = told(self.rule, positive)
        return self if known is None else known

    def scans(self) -> list[str]:
        """Itself, unless it has an index; a reference whatever it refers to does."""
        if self.inner:
            return self.inner.scans()
        return [] if self.rule.index else [self.rule.name]

    def early(self, now: datetime) -> list[Filter]:
        """What the segment referred to can say early."""
        return self.inner.early(now) if self.inner else []

    def explain(self, customer: Customer, now: datetime, decide: Decide) -> Explained:
        """The rule's value in words; a reference is explained by what it refers to."""
        parts = [self.inner.explain(customer, now, decide)] if self.inner else []
        verdict, value = (parts[0].verdict, self.rule.value(customer, now)) if parts else decide(self.rule)
        return Explained(
            node="rule",
            verdict=verdict,
            rule=self.rule.name,
            summary=self.rule.summary,
            settings=msgspec.to_builtins(self.rule.settings),
            value=value,
            index=self.rule.index,
            parts=parts,
        )


def leaves(node: Node) -> Iterator[Leaf]:
    """The rules of a tree, those of segments referred to included."""
    if isinstance(node, Group):
        for inner in node.nodes:
            yield from leaves(inner)
    elif isinstance(node, Leaf):
        yield from leaves(node.inner) if node.inner else (node,)


def _left(parts: Sequence[Node | bool], group: type[Group], *, decisive: bool) -> Node | bool:
    """What is left of a group where one `decisive` part decides, and parts of which the opposite is known do not."""
    nodes = [part for part in parts if not isinstance(part, bool)]
    if decisive in parts or not nodes:
        return decisive if decisive in parts else not decisive
    return group(nodes) if len(nodes) > 1 else nodes[0]
