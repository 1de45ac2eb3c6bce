"""What a setting that is refused should have been, in words that a marketer reads."""

import re
from collections.abc import Mapping
from typing import Any

WORDS = {
    "array": "a list",
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "object": "an object",
    "date": "a date (2026-01-31)",
}
_NAMES = re.compile(r"`([a-z |]+)`")
_MISSING = re.compile(r"Object missing required field `(\w+)`")


def in_words(message: str, schema: Mapping[str, Any]) -> tuple[str, str]:
    """A complaint of msgspec's about settings with this schema: where it belongs (".days" or ""), and in words."""
    said, _, place = message.partition(" - at `$")
    inside = place.rstrip("`").replace("[", ".").replace("]", "")
    if missing := _MISSING.fullmatch(said):
        return f"{inside}.{missing[1]}", "This has to be said."
    text = _NAMES.sub(lambda found: _named(found[1]), said).rstrip(".")
    if said.startswith("Invalid enum value"):
        offered = list(_offered(schema["properties"].get(inside.split(".")[1], {})))
        text = f"{text}; there are {', '.join(map(str, offered))}"
    return inside, f"{text}."


def _named(kinds: str) -> str:
    """`int | null` is a whole number: nothing at all is as good as not to say it."""
    named = [WORDS.get(kind, kind) for kind in kinds.split(" | ") if kind != "null" or kinds == "null"]
    return " or ".join(named)


def _offered(schema: Any) -> list[Any]:
    """What a field may be, wherever in its schema it stands."""
    if isinstance(schema, dict):
        if "enum" in schema:
            return list(schema["enum"])
        return [one for inner in schema.values() for one in _offered(inner)]
    return [one for inner in schema for one in _offered(inner)] if isinstance(schema, list) else []
