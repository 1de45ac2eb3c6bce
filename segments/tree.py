"""A tree of rules: read from JSON, refused with the place that is wrong, compiled to one pipeline over customers.

{"all": [{"rule": "profile_orders", "at_least": 2}, {"not": {"rule": "country", "any_of": ["PT"]}}]}
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from typing import Any

import msgspec

import segments.rules
from common.errors import Invalid, NotFound
from common.kinds import scan
from segments.nodes import All, Any_, Leaf, Node, Not
from segments.rule import Rule
from segments.wording import in_words

MAX_DEPTH = 20
MAX_NODES = 200
MAX_LISTED = 2_000
MAX_TEXT = 256
MAX_WRONG = 50  # places named in one refusal
INT64 = range(-(2**63), 2**63)

ROOT = "rules"
SHAPE = 'A node is {"all": [...]}, {"any": [...]}, {"not": {...}} or {"rule": "...", ...}.'
EMPTY = 'Nothing stands in here. To mean every customer, write {"rule": "everyone"}.'

Resolve = Callable[[str], Node]


@cache
def kinds() -> dict[str, type[Rule]]:
    """Every kind of rule by its name."""
    return scan(segments.rules, Rule)  # type: ignore[type-abstract]  # looks for its concrete subclasses


def example_index(kind: type[Rule]) -> str:
    """The index that finds whom a kind's first example holds for, "" for none."""
    return kind(msgspec.convert(kind.examples[0], kind.Settings)).index


def no_segments(id: str) -> Node:
    """Knows of no other segment."""
    raise NotFound("segment", id)


def parse(rules: Any, resolve: Resolve = no_segments) -> Node:
    """The tree that JSON stands for; `resolve` gives the tree of a segment that a rule refers to.

    Raises Invalid naming every wrong node by its path (`rules.all.1.days`). Nothing but text, numbers, true, false
    and lists of them is taken from a rule, so that a value can never act as an operator or a key.
    """
    reader = _Reader(resolve)
    node = reader.node(rules, ROOT, 1)
    if node is not None and not reader.wrong:
        reader.weigh(node)
    if reader.wrong or node is None:
        places = ", ".join(list(reader.wrong)[:5])
        raise Invalid(f"These rules cannot be read; see {places}.", reader.wrong)
    return node


def references(rules: Any) -> set[str]:
    """The ids of the segments that rules refer to directly; the rules have been parsed before."""
    if isinstance(rules, list):
        return {referred for one in rules for referred in references(one)}
    if not isinstance(rules, dict):
        return set()
    if "rule" in rules:
        return {rules["segment"]} if rules["rule"] == "in_segment" else set()
    return references(list(rules.values()))


class _Reader:
    """Reads one tree and gathers what is wrong with it."""

    def __init__(self, resolve: Resolve) -> None:
        self._resolve = resolve
        self._nodes = 0
        self._listed = 0
        self.wrong: dict[str, list[str]] = {}

    def node(self, raw: Any, path: str, depth: int) -> Node | None:
        """The node that stands here, or None and a word in `wrong`."""
        self._nodes += 1
        if self._nodes > MAX_NODES:
            return self._refuse(ROOT, f"More than {MAX_NODES} nodes; make segments of parts and use in_segment.")
        if depth > MAX_DEPTH:
            return self._refuse(path, f"Nested more than {MAX_DEPTH} deep.")
        if not isinstance(raw, dict) or not all(isinstance(key, str) for key in raw):
            return self._refuse(path, SHAPE)
        if "rule" in raw:
            return self._leaf(raw, path)
        if len(raw) != 1:
            return self._refuse(path, SHAPE)
        [(word, inner)] = raw.items()
        if word in ("all", "any"):
            return self._group(word, inner, f"{path}.{word}", depth)
        if word == "not":
            negated = self.node(inner, f"{path}.not", depth + 1)
            return None if negated is None else Not(negated)
        return self._refuse(path, SHAPE + _did_you_mean(word, ["all", "any", "not", "rule"]))

    def weigh(self, node: Node) -> None:
        """Refuse a tree that segments within segments have made too large or too deep."""
        if node.size > MAX_NODES:
            self._refuse(ROOT, f"With the segments it refers to, this has more than {MAX_NODES} nodes.")
        elif node.depth > MAX_DEPTH:
            self._refuse(ROOT, f"With the segments it refers to, this is nested more than {MAX_DEPTH} deep.")

    def _group(self, word: str, inner: Any, path: str, depth: int) -> Node | None:
        if not isinstance(inner, list):
            return self._refuse(path, "Expected a list of nodes.")
        if not inner:
            return self._refuse(path, EMPTY)
        if len(inner) > MAX_NODES:
            return self._refuse(path, f"More than {MAX_NODES} nodes.")
        nodes = [self.node(one, f"{path}.{index}", depth + 1) for index, one in enumerate(inner)]
        read = [node for node in nodes if node is not None]
        return All(read) if word == "all" else Any_(read)

    def _leaf(self, raw: Mapping[str, Any], path: str) -> Node | None:
        name = raw["rule"]
        kind = kinds().get(name) if isinstance(name, str) else None
        if kind is None:
            hint = _did_you_mean(name, kinds()) if isinstance(name, str) else ""
            return self._refuse(f"{path}.rule", f"There is no such rule.{hint} GET /v1/segments/rules lists them.")
        given = {key: value for key, value in raw.items() if key != "rule"}
        if not self._plain(given, path):
            return None
        settings = self._settings(kind, given, path)
        return None if settings is None else self._bind(kind(settings), path)

    def _plain(self, given: Mapping[str, Any], path: str) -> bool:
        """Whether the settings are plain values; says where they are not."""
        faults = [(f"{path}.{key}", _fault(value)) for key, value in _scalars(given)]
        self._listed += len(faults)
        if self._listed > MAX_LISTED:
            self._refuse(ROOT, f"More than {MAX_LISTED} values in all.")
            return False
        wrong = [(place, fault) for place, fault in faults if fault]
        for place, fault in wrong:
            self._refuse(place, fault)
        return not wrong

    def _settings(self, kind: type[Rule], given: Mapping[str, Any], path: str) -> Any:
        known = [field.encode_name for field in msgspec.structs.fields(kind.Settings)]
        extra = [key for key in given if key not in known]
        for key in extra:
            hint = _did_you_mean(key, known) or f" It takes {', '.join(known) or 'none'}."
            self._refuse(f"{path}.{key}"[:200], f"The rule {kind.name!r} has no such setting.{hint}")
        if extra:
            return None
        try:
            return msgspec.convert(given, kind.Settings)
        except msgspec.ValidationError as error:
            inside, message = in_words(str(error), kind.schema())
            return self._refuse(path + inside, message)

    def _bind(self, rule: Rule, path: str) -> Node | None:
        if not rule.refers_to:
            return Leaf(rule)
        try:
            inner = self._resolve(rule.refers_to)
        except NotFound as error:
            return self._refuse(f"{path}.segment", str(error))
        except Invalid as error:
            inside = [f"In the segment {rule.refers_to!r}, {at}: {why[0]}" for at, why in error.fields.items()]
            return self._refuse(f"{path}.segment", inside[0] if inside else str(error))
        return Leaf(rule.bound(inner), inner)

    def _refuse(self, path: str, message: str) -> Node | None:
        """Note what is wrong; there is no node then."""
        if len(self.wrong) < MAX_WRONG:
            self.wrong.setdefault(path, []).append(message)
        return None


def _scalars(given: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in given.items():
        if isinstance(value, list):
            yield from ((f"{key}.{index}", one) for index, one in enumerate(value))
        else:
            yield key, value


def _fault(value: Any) -> str:
    """What keeps a value from being a plain one that every server takes as it is."""
    if isinstance(value, str):
        if len(value) > MAX_TEXT:
            return f"Longer than {MAX_TEXT} characters."
        if "\0" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
            return "Contains a NUL or half a surrogate pair."
    elif isinstance(value, float):
        return "" if math.isfinite(value) else "Not a finite number."
    elif isinstance(value, int):
        return "" if value in INT64 else "Has more than 64 bits."
    elif value is not None:
        return "Expected text, a number, true or false; not an object or a list in a list."
    return ""


def _did_you_mean(word: str, known: Sequence[str] | Mapping[str, Any]) -> str:
    close = get_close_matches(word[:100], list(known), n=1, cutoff=0.6)
    return f" Did you mean {close[0]!r}?" if close else ""
