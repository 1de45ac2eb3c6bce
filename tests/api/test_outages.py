"""MongoDB or Redis away is 503 with Retry-After, or no trouble at all; never a 500; and it passes by itself."""

from collections.abc import Callable, Iterator
from urllib.parse import unquote

import msgspec
import pytest
from flask.testing import FlaskClient

from common.settings import Settings
from tests.api.conftest import Call
from tests.api.cuttable import Relay

Start = Callable[[Settings], FlaskClient]


@pytest.fixture
def relay(settings: Settings) -> Iterator[Relay]:
    address = settings.mongodb_url.removeprefix("mongodb://").partition("/")[0]
    host, _, port = address.partition(":")
    with Relay(unquote(address) if address.startswith("%2F") else (host, int(port))) as relay:
        yield relay


@pytest.mark.usefixtures("services")
def test_while_mongodb_is_away_a_caller_is_told_to_come_back_and_then_served(
    settings: Settings, admin: str, relay: Relay, start: Start
) -> None:
    url = f"mongodb://127.0.0.1:{relay.port}/?directConnection=true"
    web = start(msgspec.structs.replace(settings, mongodb_url=url))
    headers = {"Authorization": f"Bearer {admin}"}
    assert web.get("/v1/keys", headers=headers).status_code == 200
    assert web.get("/readyz").status_code == 200

    relay.cut()
    for answer in (
        web.get("/v1/keys", headers=headers),  # authentication itself needs the database
        web.post("/v1/keys", headers={**headers, "Idempotency-Key": "a"}, json={"name": "a", "scopes": ["read"]}),
        web.get("/readyz"),
    ):
        assert answer.status_code == 503
        assert answer.content_type == "application/problem+json"
        assert int(answer.headers["Retry-After"]) >= 1
    assert web.get("/healthz").status_code == 200

    relay.mend()
    assert web.get("/readyz").status_code == 200
    assert web.get("/v1/keys", headers=headers).status_code == 200


@pytest.mark.usefixtures("services")
def test_while_redis_is_away_requests_are_served_and_readiness_says_so(
    settings: Settings, admin: str, start: Start
) -> None:
    away = msgspec.structs.replace(settings, redis_url="redis://127.0.0.1:1/0")
    web = start(away)
    answer = web.post("/v1/keys", headers={"Authorization": f"Bearer {admin}"}, json={"name": "a", "scopes": ["read"]})
    assert answer.status_code == 201
    ready = web.get("/readyz")
    assert ready.status_code == 503
    assert "redis" in ready.get_json()["detail"]
    assert "mongodb" not in ready.get_json()["detail"]


def test_readiness_names_both_servers(call: Call) -> None:
    assert call("GET", "/readyz").get_json() == {"status": "ready", "servers": {"mongodb": True, "redis": True}}
