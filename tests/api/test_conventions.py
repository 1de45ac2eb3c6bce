"""What api.md says of every route holds for every route there is, whoever wrote it and whenever."""

import json
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from api.app import document
from api.idempotency import HEADER, REPLAYED
from common.keys import SCOPES
from storage.mongo import Mongo
from tests.api.conftest import Call
from tests.api.operations import Operation, all_of, bare
from wiring import Services

BODIES = {"POST", "PUT", "PATCH"}

HOSTILE: list[bytes] = [
    b"",
    b"{",
    b"null",
    b"true",
    b"0",
    b'"text"',
    b"[]",
    b"[[]]",
    b"{}",
    b"NaN",
    b'{"a": Infinity}',
    b'{"id": 1e999}',
    b'{"name": 123456789012345678901234567890}',
    b'{"name": "\\ud800"}',
    b'{"name": "\\u0000"}',
    b'{"\\u0000": 1}',
    b'{"$where": "1"}',
    b'{"name": {"$gt": ""}, "id": {"$ne": null}}',
    b'{"id": {"$gt": ""}, "customer_id": {"$ne": 1}, "rules": {"$where": "1"}, "scopes": {"$in": []}}',
    b'{"attributes": {"a.b": 1, "$set": {"x": 1}}, "data": {"$inc": 1}}',
    b'{"rules": {"all": {"all": []}}, "lines": {}, "content": [], "trigger": 5, "order": "x", "scopes": "admin"}',
    b'{"rules": {"any": [1, null, {"rule": 5}, {"rule": "nope"}, {"not": []}]}}',
    b'{"rules": {"all": [{"rule": "segment", "segment": ["a"]}]}, "content": {"email": {"en": {"html": 1}}}}',
    b'{"placed_at": "9999-12-31T23:59:59-14:00", "at": "0001-01-01T00:00:00+14:00", "type": "x"}',
    b'{"total": -1, "lines": [{"quantity": 9223372036854775807, "unit_price": 9223372036854775807}]}',
    b'{"currency": "\xff\xfe"}',
    b"\xff\xfe\x00",
    b'{"a":' * 20_000,
    b"[" * 100_000,
    b'{"content": {"email": {"en": {"subject": "{{ 7*7 }}", "html": "{% for a in range(9**9) %}"}}}}',
]


def ask(web: FlaskClient, operation: Operation, secret: str | None, **settings: Any) -> TestResponse:
    headers = {"Authorization": f"Bearer {secret}"} if secret else {}
    return web.open(
        operation.path, method=operation.method, headers={**headers, **settings.pop("headers", {})}, **settings
    )


def test_every_route_under_v1_declares_a_scope() -> None:
    undeclared = [f"{each.method} {each.rule}" for each in all_of(bare(), "/v1/") if each.scope not in SCOPES]
    assert undeclared == []
    assert len(all_of(bare(), "/v1/")) >= 3


def test_without_a_valid_key_every_route_gives_the_same_refusal(services: Services, app: Flask) -> None:
    web = app.test_client()
    key, revoked = services.keys.create("revoked", ["admin"])
    services.keys.revoke(key.id)
    for operation in all_of(app, "/v1/"):
        answers = [
            ask(web, operation, None),
            ask(web, operation, revoked),
            ask(web, operation, "encore_made-up"),
            ask(web, operation, None, headers={"Authorization": "Basic YTpi"}),
            ask(web, operation, revoked, json={"anything": 1}),
        ]
        assert {answer.status_code for answer in answers} == {401}, operation
        assert len({answer.get_data() for answer in answers}) == 1, operation
        assert answers[0].content_type == "application/problem+json"
        assert answers[0].headers["WWW-Authenticate"].startswith("Bearer")


def test_a_key_with_too_small_a_scope_is_refused_everywhere(services: Services, app: Flask) -> None:
    web = app.test_client()
    secrets = {scope: services.keys.create(scope, [scope])[1] for scope in SCOPES}  # type: ignore[list-item]
    for operation in all_of(app, "/v1/"):
        others = [scope for scope in SCOPES if scope not in (operation.scope, "admin")]
        answers = [ask(web, operation, secrets[scope]) for scope in others]
        assert {answer.status_code for answer in answers} == {403}, operation
        assert len({answer.get_data() for answer in answers}) == 1, operation


def test_every_post_gives_the_same_answer_to_the_same_key(app: Flask, call: Call) -> None:
    for number, operation in enumerate(each for each in all_of(app, "/v1/") if each.method == "POST"):
        kind = "text/csv" if operation.streams else "application/json"
        settings: dict[str, Any] = {"data": b"{}", "content_type": kind, "headers": {HEADER: f"first-{number}"}}
        first = call("POST", operation.path, **settings)
        second = call("POST", operation.path, **settings)
        assert first.status_code < 500, (operation, first.get_data(as_text=True))
        assert (second.status_code, second.get_data()) == (first.status_code, first.get_data()), operation
        assert second.headers.get(REPLAYED) == "true", operation
        assert REPLAYED not in first.headers, operation
        settings["data"] = b'{"other": 1}'
        other = call("POST", operation.path, **settings)
        assert other.status_code == 422, operation
        assert HEADER in other.get_json()["errors"], operation


@pytest.mark.parametrize("body", HOSTILE, ids=range(len(HOSTILE)))
def test_no_hostile_body_is_our_mistake(app: Flask, call: Call, body: bytes) -> None:
    for operation in all_of(app, "/v1/"):
        if operation.method in BODIES:
            answer = call(operation.method, operation.path, data=body, content_type="application/json")
            assert answer.status_code < 500, (operation, answer.get_data(as_text=True))
            if answer.status_code >= 400:
                assert answer.content_type == "application/problem+json", operation
                assert {"type", "title", "status", "detail", "instance"} <= set(answer.get_json()), operation


@pytest.mark.parametrize("path", ["%00", "%ff", "a" * 65, "..", ".", " ", "%2f", "%E2%80%AE", "$where", "a'b\"c", "🦊"])
def test_no_hostile_path_is_our_mistake(app: Flask, call: Call, path: str) -> None:
    for operation in all_of(app, "/v1/"):
        if "nobody" in operation.path:
            answer = call(operation.method, operation.path.replace("nobody", path), json={})
            assert answer.status_code < 500, (operation, answer.get_data(as_text=True))


def test_an_unknown_parameter_is_refused_everywhere(app: Flask, call: Call) -> None:
    for operation in all_of(app, "/v1/"):
        answer = call(operation.method, f"{operation.path}?emial=a@example.com")
        assert answer.status_code == 422, operation
        assert answer.get_json()["errors"] == {"emial": ["Unknown parameter."]}, operation


def test_hostile_parameters_never_widen_and_never_fail(app: Flask, call: Call) -> None:
    hostile = [
        "limit=0",
        "limit=251",
        "limit=x",
        "limit=9" * 30,
        "limit[$gt]=1",
        "after[$ne]=",
        "after=%00",
        "after=%ff",
    ]
    for operation in all_of(app, "/v1/"):
        for query in hostile:
            answer = call(operation.method, f"{operation.path}?{query}")
            assert answer.status_code in (200, 404, 422), (operation, query)
            assert answer.status_code != 200 or query == "after=%ff", (operation, query)


def test_a_get_changes_nothing(app: Flask, call: Call, database: Mongo) -> None:
    call("GET", "/v1/keys")  # the key's last use is noted once a minute
    before = _everything(database)
    for operation in all_of(app):
        if operation.method == "GET":
            assert call("GET", operation.path).status_code < 500, operation
    assert _everything(database) == before


def test_every_route_under_v1_stands_in_the_document() -> None:
    paths = document()["paths"]
    standing = {
        (method.upper(), path) for path, methods in paths.items() for method in methods if method != "parameters"
    }
    for operation in all_of(bare(), "/v1/"):
        path = operation.rule.replace("<", "{").replace(">", "}").replace("{token:", "{").replace("{code:", "{")
        assert (operation.method, path) in standing


def test_the_document_is_made_without_any_server_and_is_json() -> None:
    made = document()
    assert made["openapi"].startswith("3.1")
    assert json.loads(json.dumps(made)) == made
    ids = [
        op["operationId"] for methods in made["paths"].values() for name, op in methods.items() if name != "parameters"
    ]
    assert len(ids) == len(set(ids))


def test_the_three_imports_stand_in_the_document_by_their_names() -> None:
    paths = document()["paths"]
    for kind in ("customers", "orders", "products"):
        assert set(paths[f"/v1/imports/{kind}"]["post"]["requestBody"]["content"]) == {
            "text/csv",
            "application/x-ndjson",
        }


def test_every_answer_makes_a_browser_distrust(app: Flask, call: Call) -> None:
    for operation in all_of(app):
        if operation.method == "GET":
            headers = call("GET", operation.path).headers
            assert headers["X-Content-Type-Options"] == "nosniff", operation
            assert "default-src 'none'" in headers["Content-Security-Policy"], operation
            assert headers["Referrer-Policy"] == "no-referrer", operation


def _everything(database: Mongo) -> dict[str, list[Any]]:
    names = sorted(database.list_collection_names())
    return {name: sorted(database[name].find(), key=repr) for name in names}
