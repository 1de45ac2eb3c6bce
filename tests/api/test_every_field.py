"""Every field of every body, spoilt in turn: a 4xx that names it, and never a mistake of ours.

Operations and fields are found in the OpenAPI document, so that new ones are taken in by themselves.
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from api.app import document
from tests.api.conftest import Call
from tests.support.samples import Samples, Spoilt

DOCUMENT = document()
JSON = "application/json"
FULL = os.environ.get("ENCORE_FAULTS") == "full"
NAUGHTY = Path(__file__).resolve().parents[3] / "shared" / "data" / "hostile" / "blns.json"

# A NUL, half a surrogate pair, and numbers beyond 64 bits are refused before a field is looked at; the others are
# legal JSON that must do no harm.
REFUSED: list[Any] = ["a\0b", "\ud800", 2**63, -(2**63) - 1, {"a\0": 1}]
HARMLESS = [
    "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "0000-00-00", "2026-02-30T25:61:00Z", "NaN", "-1", "",
    " ", "{{ 7*7 }}", "$where", "a.b.c", "../../etc/passwd", "<script>", "\u202e\u0085\U0001f98a", "=cmd|' /C calc'!A0",
    "x" * 10_000,
]  # fmt: skip
VALUES: list[Any] = [-1, 0, 2**63 - 1, -(2**63), 1e308, -0.0, [], {}, [[]], {"$gt": ""}, {"a.b": {"$set": 1}}]


def operations() -> list[tuple[str, str]]:
    return [
        (method, path)
        for path, methods in DOCUMENT["paths"].items()
        for method, operation in methods.items()
        if path.startswith("/v1/") and "schema" in _content(operation)
    ]


def _content(operation: Any) -> dict[str, Any]:
    content: dict[str, Any] = operation.get("requestBody", {}).get("content", {}) if isinstance(operation, dict) else {}
    return content.get(JSON, {}) if set(content) == {JSON} else {}


OPERATIONS = operations()
each_operation = pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=lambda value: value)


def some(values: list[Any], method: str, path: str) -> list[Any]:
    """An eighth of the values, others for each operation, so that together they see them all; all at full size."""
    return values if FULL else values[OPERATIONS.index((method, path)) % 8 :: 8]


def samples(method: str, path: str) -> Samples:
    return Samples(DOCUMENT, _content(DOCUMENT["paths"][path][method])["schema"])


class Sender:
    """Sends bodies to one operation."""

    def __init__(self, call: Call, method: str, path: str) -> None:
        self._call = call
        self._method = method.upper()
        self._path = "/".join("email" if part.startswith("{") else part for part in path.split("/"))

    def status(self, spoilt: Spoilt) -> int:
        """The status of the answer, which is never our own mistake, and names the field where it is 422."""
        answer = self._call(self._method, self._path, data=json.dumps(spoilt.body), content_type=JSON)
        told = answer.get_data(as_text=True)
        assert answer.status_code < 500, (spoilt.path, spoilt.what, told)
        if answer.status_code == 422:
            assert answer.get_json()["errors"], (spoilt.path, spoilt.what, told)
        return answer.status_code

    def names(self, spoilt: Spoilt) -> bool:
        """Whether the answer is a 422 that names the spoilt field, or the one that it stands in."""
        answer = self._call(self._method, self._path, data=json.dumps(spoilt.body), content_type=JSON)
        told = answer.get_json().get("errors", {}) if answer.status_code == 422 else {}
        return any(_within(spoilt.path, name) or _within(name, spoilt.path) for name in told)


def _within(inner: str, outer: str) -> bool:
    return inner == outer or inner.startswith(outer + ".")


def test_there_are_operations_with_bodies() -> None:
    assert len(OPERATIONS) >= 30


@each_operation
def test_what_the_schema_forbids_is_refused_by_the_name_of_its_field(method: str, path: str, call: Call) -> None:
    sender = Sender(call, method, path)
    wrong = [one for one in samples(method, path).misfits() if not sender.names(one)]
    assert [(one.path, one.what) for one in wrong] == []


@each_operation
def test_what_cannot_be_kept_is_refused_wherever_it_stands(method: str, path: str, call: Call) -> None:
    sender, bodies = Sender(call, method, path), samples(method, path)
    for value in REFUSED:
        for spoilt in bodies.with_value(value):
            assert sender.status(spoilt) in (400, 422), (spoilt.path, spoilt.what)


@each_operation
def test_strange_texts_and_values_do_no_harm(method: str, path: str, call: Call) -> None:
    sender, bodies = Sender(call, method, path), samples(method, path)
    for text in some(HARMLESS, method, path):
        for spoilt in bodies.with_text(text):
            sender.status(spoilt)
    for value in some(VALUES, method, path):
        for spoilt in bodies.with_value(value):
            sender.status(spoilt)


@each_operation
def test_what_is_nested_too_deeply_is_refused(method: str, path: str, call: Call) -> None:
    deep: Any = 1
    for level in range(50):
        deep = [deep] if level % 2 else {"all": deep}
    for spoilt in samples(method, path).with_value(deep):
        assert Sender(call, method, path).status(spoilt) in (400, 422), spoilt.path


@each_operation
def test_naughty_strings_do_no_harm(method: str, path: str, call: Call) -> None:
    if not NAUGHTY.is_file():
        pytest.skip("The naughty strings are not in ../shared/data.")
    texts: list[str] = json.loads(NAUGHTY.read_text())
    sender, bodies = Sender(call, method, path), samples(method, path)
    start = OPERATIONS.index((method, path)) % 64
    for text in texts if FULL else texts[start::64]:
        for spoilt in bodies.with_text(text):
            sender.status(spoilt)


def test_the_application_grows_by_little_however_much_it_refuses(app: Flask, call: Call) -> None:
    def memory() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    if not Path("/proc/self/statm").exists():
        pytest.skip("Only Linux tells a process's memory here.")
    large = json.dumps({"name": "x" * 1_500_000, "rules": ["x" * 1000] * 300})
    for method, path in OPERATIONS[::4]:  # what is loaded once is loaded now
        call(method.upper(), path, data=large, content_type=JSON)
    before = memory()
    for _ in range(50 if FULL else 3):
        for method, path in OPERATIONS[::4]:
            call(method.upper(), path, data=large, content_type=JSON)
    assert memory() - before < 100 * 2**20
