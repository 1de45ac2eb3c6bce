"""A request can be followed through logs and figures, and neither tells anything personal."""

import logging

import pytest
from flask.testing import FlaskClient

from api.app import create_app
from tests.api.conftest import Call
from wiring import Services

CANARY = "canary-1234567890"


def test_the_callers_request_id_is_used_where_it_is_harmless(web: FlaskClient) -> None:
    assert web.get("/healthz", headers={"X-Request-Id": "abc-12345"}).headers["X-Request-Id"] == "abc-12345"
    made_up = web.get("/healthz", headers={"X-Request-Id": "<script>alert(1)"}).headers["X-Request-Id"]
    assert len(made_up) == 26
    assert web.get("/nowhere").headers["X-Request-Id"] != made_up


def test_the_log_tells_the_template_of_a_path_and_no_token(
    call: Call, admin: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        call("DELETE", f"/v1/keys/{CANARY}?x={CANARY}", headers={"Idempotency-Key": CANARY})
        call("GET", f"/u/{CANARY}")
    lines = [record.__dict__ for record in caplog.records if record.message == "request"]
    assert {line["route"] for line in lines} >= {"/v1/keys/<key_id>"}
    assert all(line["status"] and line["ms"] >= 0 for line in lines)
    assert CANARY not in repr(lines)
    assert admin not in repr(lines)


def test_figures_are_counted_by_template_and_status(services: Services, admin: str) -> None:
    web = create_app(services).test_client()
    web.get("/v1/keys", headers={"Authorization": f"Bearer {admin}"})
    web.get("/v1/keys")
    web.get(f"/{CANARY}")
    text = web.get("/metrics").get_data(as_text=True)
    assert 'encore_requests_total{method="GET",route="/v1/keys",status="200"} 1.0' in text
    assert 'encore_requests_total{method="GET",route="/v1/keys",status="401"} 1.0' in text
    assert 'encore_requests_total{method="GET",route="none",status="404"} 1.0' in text
    assert 'encore_request_seconds_count{route="/v1/keys"} 2.0' in text
    assert CANARY not in text
