"""Bodies made from the schemas of the OpenAPI document, and every field of them spoilt in turn."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import msgspec

Path = tuple[str | int, ...]
Schema = dict[str, Any]

_TEXTS = {"date-time": "2026-01-02T03:04:05Z", "date": "2026-01-02", "uri": "https://shop.example/"}
_WRONG: dict[str, list[Any]] = {
    "string": [5, True, ["a"], {"$gt": ""}],
    "integer": ["a", 1.5, [1], {"$gt": 0}],
    "number": ["a", [1], {"$gt": 0}],
    "boolean": ["perhaps", 7, [True], {"$ne": False}],
    "array": ["a", 5, {"$in": []}],
    "object": ["a", 5, ["a"]],
}


class Spoilt(msgspec.Struct, frozen=True, kw_only=True):
    """A body with one field that is wrong, the field's path as a problem names it, and what was done to it."""

    body: Any
    path: str
    what: str


class Samples:
    """The bodies of one operation."""

    def __init__(self, document: Schema, schema: Schema) -> None:
        self._document = document
        self._schema = schema
        self.body = self._sample(schema)

    def misfits(self) -> Iterator[Spoilt]:
        """Bodies that the schema forbids: a field missing, unknown, of every wrong type, null where it must not be."""
        for path, schema in self._fields(self._schema, ()):
            name = dotted(path)
            types = _types(schema)
            if len(types) == 1 and path:
                for value in [*_WRONG[types[0]], *([] if _nullable(schema) else [None])]:
                    yield Spoilt(body=self._with(path, value), path=name, what=f"is {value!r}")
            if schema.get("additionalProperties") is False:
                for stranger in ("unheard_of", "$where", "a.b"):
                    yield Spoilt(body=self._with((*path, stranger), 1), path=dotted((*path, stranger)), what="is there")
            for required in schema.get("required", []):
                if schema["properties"][required].get("readOnly"):
                    continue
                yield Spoilt(body=self._without((*path, required)), path=dotted((*path, required)), what="is missing")

    def with_text(self, text: str) -> Iterator[Spoilt]:
        """The body with a text in each place where there is one."""
        for path, schema in self._fields(self._schema, ()):
            if "string" in _types(schema):
                yield Spoilt(body=self._with(path, text), path=dotted(path), what=f"is {text!r}")

    def with_value(self, value: Any) -> Iterator[Spoilt]:
        """The body with a value in each place, whatever belongs there."""
        for path, _ in self._fields(self._schema, ()):
            yield Spoilt(body=self._with(path, value) if path else value, path=dotted(path), what=f"is {value!r:.40}")

    def _fields(self, schema: Schema, path: Path) -> Iterator[tuple[Path, Schema]]:
        schema = self._plain(schema)
        yield path, schema
        for name, inner in schema.get("properties", {}).items():
            if not inner.get("readOnly"):
                yield from self._fields(inner, (*path, name))
        if "items" in schema and _types(schema) == ["array"]:
            yield from self._fields(schema["items"], (*path, 0))

    def _plain(self, schema: Schema) -> Schema:
        while True:
            if "$ref" in schema:
                schema = self._document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
            elif "allOf" in schema and len(schema["allOf"]) == 1:
                schema = schema["allOf"][0]
            else:
                return schema

    def _sample(self, schema: Schema) -> Any:
        schema = self._plain(schema)
        for choice in ("anyOf", "oneOf"):
            if choice in schema:
                return self._sample(schema[choice][0])
        if "enum" in schema:
            return schema["enum"][0]
        kind = next(iter(_types(schema)), "object")
        if kind == "object":
            properties = schema.get("properties", {})
            return {name: self._sample(inner) for name, inner in properties.items() if not inner.get("readOnly")}
        if kind == "array":
            return [self._sample(schema.get("items", {}))] * max(1, schema.get("minItems", 1))
        return _scalar(kind, schema)

    def _with(self, path: Path, value: Any) -> Any:
        body = deepcopy(self.body)
        _parent(body, path)[path[-1]] = value
        return body

    def _without(self, path: Path) -> Any:
        body = deepcopy(self.body)
        del _parent(body, path)[path[-1]]
        return body


def dotted(path: Path) -> str:
    """A path as problems write it: `lines.0.quantity`."""
    return ".".join(map(str, path))


def _types(schema: Schema) -> list[str]:
    declared = schema.get("type", [])
    return [one for one in ([declared] if isinstance(declared, str) else declared) if one != "null"]


def _nullable(schema: Schema) -> bool:
    return "null" in schema.get("type", []) or None in schema.get("enum", [])


def _scalar(kind: str, schema: Schema) -> Any:
    if kind == "string":
        text = _TEXTS.get(schema.get("format", ""), "a")
        return schema.get("example", text.ljust(schema.get("minLength", 0), "a"))
    if kind == "boolean":
        return True
    return schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)


def _parent(body: Any, path: Path) -> Any:
    for step in path[:-1]:
        body = body[step]
    return body
