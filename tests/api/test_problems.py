"""Every error has one shape, says what to do, and tells nothing that is not the caller's business."""

import json
import logging
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from api.app import create_app
from api.problems import flattened
from common.errors import Conflict, Stale
from tests.api.conftest import Call
from wiring import Services


def is_problem(answer: TestResponse, status: int) -> dict[str, object]:
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    body = json.loads(answer.get_data())
    assert body["status"] == status
    assert body["type"].startswith("urn:encore:problem:")
    assert body["title"]
    assert body["detail"]
    assert isinstance(body, dict)
    return body


def test_an_unknown_route_and_a_wrong_method(web: FlaskClient, call: Call) -> None:
    assert is_problem(web.get("/nowhere"), 404)["instance"] == "/nowhere"
    is_problem(call("GET", "/v1/nowhere"), 404)
    answer = call("PATCH", "/v1/keys")
    is_problem(answer, 405)
    assert "POST" in answer.headers["Allow"]


def test_a_body_that_is_too_large_of_the_wrong_kind_or_no_json(call: Call) -> None:
    is_problem(call("POST", "/v1/keys", data=b" " * 2_000_001, content_type="application/json"), 413)
    is_problem(call("POST", "/v1/keys", data=b"name=a", content_type="application/x-www-form-urlencoded"), 415)
    is_problem(call("POST", "/v1/keys", data=b'{"name":', content_type="application/json"), 400)
    is_problem(call("POST", "/v1/keys", data=b'{"name": NaN}', content_type="application/json"), 400)


def test_a_body_that_does_not_say_its_length_is_too_large_all_the_same(call: Call) -> None:
    body = b'{"name": "a", "scopes": ["read"]}' + b" " * 2_000_000
    chunked = {"wsgi.input": BytesIO(body), "wsgi.input_terminated": True, "CONTENT_TYPE": "application/json"}
    is_problem(call("POST", "/v1/keys", environ_overrides=chunked), 413)


def test_wrong_fields_are_named_by_their_paths(call: Call) -> None:
    body = is_problem(call("POST", "/v1/keys", json={"name": "", "scopes": ["read", "fly"], "colour": 1}), 422)
    assert set(body["errors"]) == {"name", "scopes.1", "colour"}  # type: ignore[call-overload]
    assert is_problem(call("POST", "/v1/keys", json=[]), 422)["errors"] == {"body": ["Invalid input type."]}
    assert set(is_problem(call("GET", "/v1/keys?limit=0"), 422)["errors"]) == {"limit"}  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("body", "path"),
    [
        (b'{"name": "\\u0000", "scopes": []}', "name"),
        (b'{"name": "a", "scopes": ["\\udc00"]}', "scopes.0"),
        (b'{"name": 9223372036854775808}', "name"),
        (b'{"name": {"a": {"b": [1e400]}}}', "name.a.b.0"),
    ],
)
def test_what_the_database_could_not_keep_is_named_at_the_door(call: Call, body: bytes, path: str) -> None:
    answer = is_problem(call("POST", "/v1/keys", data=body, content_type="application/json"), 422)
    assert list(answer["errors"]) == [path]  # type: ignore[call-overload]


def test_messages_are_flattened_to_paths() -> None:
    nested = {"lines": {0: {"quantity": ["Low."]}, "_schema": ["Odd."]}, "_schema": ["Wrong."], "a": "One."}
    assert flattened(nested) == {"lines.0.quantity": ["Low."], "lines": ["Odd."], "body": ["Wrong."], "a": ["One."]}


def test_a_mistake_of_ours_gives_an_id_and_no_stack_trace(services: Services, caplog: pytest.LogCaptureFixture) -> None:
    app = create_app(services)
    app.add_url_rule("/broken", view_func=lambda: 1 / 0, endpoint="broken")
    with caplog.at_level(logging.ERROR):
        answer = app.test_client().get("/broken")
    body = is_problem(answer, 500)
    assert body["request_id"] == answer.headers["X-Request-Id"]
    assert "ZeroDivision" not in answer.get_data(as_text=True)
    [record] = [record for record in caplog.records if record.name == "api.problems"]
    assert record.exc_info is not None
    assert record.__dict__["request_id"] == body["request_id"]


@pytest.mark.parametrize(("error", "status"), [(Conflict("No.", "finished"), 409), (Stale("Read it again."), 412)])
def test_our_own_errors_have_their_own_statuses(services: Services, error: Exception, status: int) -> None:
    app = create_app(services)

    def fail() -> str:
        raise error

    app.add_url_rule("/fails", view_func=fail, endpoint="fails")
    body = is_problem(app.test_client().get("/fails"), status)
    assert body["detail"] == str(error)
    assert body.get("reason") == getattr(error, "reason", None)


def test_nothing_redirects(app: Flask, call: Call) -> None:
    for path in ("/v1/keys/", "//v1/keys", "/v1//keys", "/v1/./keys"):
        assert call("GET", path).status_code in (200, 404)
