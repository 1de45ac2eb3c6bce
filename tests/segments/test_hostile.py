"""What nobody should write into a rule: refused with its place, or taken for the plain text that it is."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from common.errors import Invalid
from segments.nodes import Node
from segments.tree import kinds, parse
from tests.contracts.test_rules import asked, bare, resolve, shape

NAMES = list(kinds())
NAUGHTY = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "hostile" / "blns.json"
BAD: list[Any] = [
    {"$gt": ""}, {"$where": "sleep(1)"}, {"$regex": ".*"}, {"$ne": None}, [{"$gt": ""}], [["a"]], {"a": {"b": 1}},
    {"$oid": "0" * 24}, {"$date": "2026-01-01"}, {"$numberLong": "1"}, {"$function": {"body": "1"}}, {},
    "a\0b", "\ud800", 10**30, -(10**30), float("inf"), float("nan"), "9999-12-31", "9999-12-31T23:59:59Z",
    "x" * 10_000, ["x"] * 10_000, list(range(10_000)), [None], [], b"bytes", 1j, object(),
]  # fmt: skip
OPERATORS = [
    "$where",
    "$gt",
    "$$ROOT",
    "$nothing",
    "$expr",
    "a.b",
    "a.$",
    "",
    " ",
    "__proto__",
    '{"$gt": ""}',
    "true",
    "null",
]


def attempts(name: str, value: Any) -> Iterator[tuple[dict[str, Any], str]]:
    """Each of the first examples of a rule, with the value in the place of each field, and in its list."""
    seen: set[str] = set()
    for example in kinds()[name].examples:
        for field in [*kinds()[name].schema()["properties"]]:
            if field in seen and field not in example:
                continue
            seen.add(field)
            yield {"rule": name, **example, field: value}, field
            if isinstance(example.get(field), list):
                yield {"rule": name, **example, field: [value]}, field


def read(rules: dict[str, Any]) -> Node | None:
    """The tree; None where it was refused by the place that is wrong, in words."""
    try:
        return parse(rules, resolve)
    except Invalid as refused:
        check(refused)
        return None


def check(refused: Invalid) -> None:
    """It says where, and in words what."""
    assert refused.fields
    for place, words in refused.fields.items():
        assert place == "rules" or place.startswith("rules.")
        assert all(word and len(word) < 2_000 for word in words)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_no_plain_value_is_refused_in_every_field(name: str) -> None:
    for value in BAD:
        for rules, field in attempts(name, value):
            node = read(rules)
            assert node is None or field in ("any_of", "none_of", "all_of") or isinstance(value, str), (rules, field)
            if node is not None:
                compiled(node, str(value))


@pytest.mark.parametrize("name", NAMES)
def test_operators_in_texts_stay_texts(name: str) -> None:
    for text in OPERATORS:
        plain(name, text)


@pytest.mark.parametrize("name", NAMES)
def test_the_big_list_of_naughty_strings_stays_texts(name: str) -> None:
    if not NAUGHTY.is_file():
        pytest.skip(f"{NAUGHTY.name} is not there")
    taking = [(rules, field) for rules, field in attempts(name, "abc") if read(rules) is not None]
    for text in json.loads(NAUGHTY.read_text()):
        for rules, field in taking:
            node = read({**rules, field: [text] if isinstance(rules[field], list) else text})
            if node is not None:
                compiled(node, text)


def plain(name: str, text: str) -> None:
    for rules, _ in attempts(name, text):
        node = read(rules)
        if node is not None:
            compiled(node, text)


def compiled(node: Node, text: str) -> None:
    """No key of what the database is asked is the text, unless it is one of ours anyway; nor is it a bare operand."""
    assert text not in set(shape(node)) - OURS
    if text.startswith("$"):
        assert not list(bare(asked(node), text))


def _ours() -> set[str]:
    nodes = [parse({"rule": name, **example}, resolve) for name in NAMES for example in kinds()[name].examples]
    return {key for node in nodes for key in shape(node)}


OURS = _ours()


def test_a_tree_two_hundred_deep_is_refused_where_it_is_too_deep() -> None:
    rules: dict[str, Any] = {"rule": "everyone"}
    for _ in range(200):
        rules = {"not": rules}
    with pytest.raises(Invalid) as refused:
        parse(rules)
    (place,) = refused.value.fields
    assert place.startswith("rules.not.not")


def test_ten_thousand_ids_are_refused_with_the_limit() -> None:
    with pytest.raises(Invalid) as refused:
        parse({"rule": "bought", "any_of": [f"p{number}" for number in range(10_000)]})
    assert any(character.isdigit() for character in str(refused.value.fields))


def minimal(schema: dict[str, Any]) -> Any:
    """The least value that a schema allows, as a form would offer it."""
    if "anyOf" in schema:
        return minimal(next(one for one in schema["anyOf"] if one.get("type") != "null"))
    for offered in ("examples", "enum"):
        if offered in schema:
            return schema[offered][0]
    if schema["type"] == "array":
        return [minimal(schema["items"])] * schema.get("minItems", 0)
    if schema.get("format") == "date":
        return "2026-01-01"
    least = {"integer": schema.get("minimum", 0), "number": schema.get("minimum", 0.5), "boolean": True}
    return least.get(schema["type"], "x" * schema.get("minLength", 1))


@pytest.mark.parametrize("name", NAMES)
def test_a_form_built_from_the_schema_makes_a_rule_that_is_taken(name: str) -> None:
    schema = kinds()[name].schema()
    needed = {field: minimal(schema["properties"][field]) for field in schema.get("required", [])}
    tried = [needed, *({**needed, field: minimal(one)} for field, one in schema["properties"].items())]
    assert any(read({"rule": name, **settings}) is not None for settings in tried), tried
    for field, one in schema["properties"].items():
        assert one["title"], field
