"""Bad input from providers: refused or kept as said, counted, logged once with an id, never a 5xx, no word lost."""

import gzip
import json
import logging
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from messaging.channel import Accepted
from sandbox.signing import SendGridSigner
from storage.mongo import Mongo
from tests.messaging.reporting import settings as sandbox_settings
from tests.support.clock import ManualClock
from tests.support.letters import ADDRESSES, parcel_of
from tests.support.sandbox import ProviderSandbox
from wiring import Services

settings = sandbox_settings  # this module's services talk to the sandbox


@pytest.fixture
def told(services: Services, provider_sandbox: ProviderSandbox, clock: ManualClock) -> dict[str, Any]:
    """A webhook of SendGrid's, with words about a letter of ours and about one that nobody knows."""
    clock.set(datetime.now(UTC))
    outcome = services.providers.for_channel("email").hand_over(parcel_of("email"))["m0"]
    assert isinstance(outcome, Accepted)
    webhook: dict[str, Any] = provider_sandbox.webhooks([{"message": "m0", "event": "open"}])[0]
    return webhook


def post(client: FlaskClient, webhook: dict[str, Any], body: bytes | None = None, **headers: str) -> TestResponse:
    path = webhook["url"].removeprefix("http://shop.test")
    sent = webhook["body"].encode() if body is None else body
    return client.post(path, data=sent, headers={**webhook["headers"], **headers})


def lines(caplog: pytest.LogCaptureFixture, name: str) -> list[logging.LogRecord]:
    return [record for record in caplog.records if record.message == name]


def test_what_is_too_big_truncated_or_compressed_is_refused_unread_and_the_whole_one_is_taken_after_it(
    client: FlaskClient, told: dict[str, Any], database: Mongo, caplog: pytest.LogCaptureFixture
) -> None:
    body = told["body"].encode()
    bomb = gzip.compress(b" " * 20_000_000)
    with caplog.at_level(logging.INFO):
        assert post(client, told, body[:-9]).status_code == 403
        assert post(client, told, body + b" " * 2_000_000).status_code == 413
        assert post(client, told, gzip.compress(body), **{"Content-Encoding": "gzip"}).status_code == 415
        assert post(client, told, bomb, **{"Content-Encoding": "gzip"}).status_code == 415
        assert database["webhooks"].count_documents({}) == 0
        assert post(client, told).status_code == 200
    assert database["webhooks"].count_documents({}) == 1
    asked = lines(caplog, "request")
    assert [record.__dict__["status"] for record in asked] == [403, 413, 415, 415, 200]
    counted = client.get("/metrics").text
    assert all(f'status="{status}"' in counted for status in (403, 413, 415))


def test_words_about_what_nobody_knows_are_kept_and_move_nothing(
    client: FlaskClient, told: dict[str, Any], services: Services, database: Mongo
) -> None:
    """m0 was handed over past our database: to it, it is somebody else's."""
    assert post(client, told).status_code == 200
    services.receipts.take()
    assert database["messages"].count_documents({}) == 0
    [fact] = database["facts"].find()
    assert (fact["type"], fact["message"], "customer" in fact) == ("opened", "m0", False)


@pytest.mark.parametrize("cut", [0.5, 0.99])
def test_a_word_that_is_truncated_under_a_sound_secret_is_set_aside_once_with_its_id_and_holds_nobody_up(
    client: FlaskClient,
    services: Services,
    database: Mongo,
    provider_sandbox: ProviderSandbox,
    caplog: pytest.LogCaptureFixture,
    clock: ManualClock,
    cut: float,
) -> None:
    clock.set(datetime.now(UTC))
    reply = {"channel": "telegram", "from": ADDRESSES["telegram"](1), "to": "", "text": "STOP"}
    [webhook] = provider_sandbox.webhooks(replies=[reply])
    whole = webhook["body"].encode()
    with caplog.at_level(logging.INFO):
        assert post(client, webhook, whole[: int(len(whole) * cut)]).status_code == 200
        assert post(client, webhook, json.dumps(["<html>", None, 5]).encode()).status_code == 200
        assert post(client, webhook).status_code == 200
        services.receipts.take()
        services.receipts.take()
    spoilt = lines(caplog, "webhook.spoilt")
    kept = {one["_id"] for one in database["webhooks"].find({"spoilt": {"$exists": True}})} or {
        one["_id"] for one in database["webhooks"].find()
    }
    assert {record.__dict__["webhook"] for record in spoilt} == kept
    assert len(spoilt) == len(kept) <= 2
    address = reply["from"]
    assert services.suppressions.among("telegram", [address], "marketing") == {address: "stop"}


def test_what_nobody_can_read_is_refused_without_a_key_and_never_breaks_the_door(
    client: FlaskClient, services: Services, database: Mongo, provider_sandbox: ProviderSandbox
) -> None:
    deep = b"[" * 100_000
    for channel in services.providers.channels():
        answer = client.post(f"/webhooks/{channel}", data=deep)
        assert answer.status_code in (403, 404, 422), channel
    body, stamp = b"[]", 999_999_999_999
    signed = SendGridSigner("sandbox").headers(body, stamp)
    assert provider_sandbox.environment["ENCORE_SENDGRID_WEBHOOK_KEY"] == SendGridSigner("sandbox").public_key
    assert client.post("/webhooks/email", data=body, headers=signed).status_code == 403
    assert database["webhooks"].count_documents({}) == 0
    secret = {"X-Telegram-Bot-Api-Secret-Token": provider_sandbox.environment["ENCORE_TELEGRAM_WEBHOOK_SECRET"]}
    assert (
        client.post("/webhooks/telegram", data=deep, headers=secret).status_code == 200
    )  # signed: kept, and set aside
    services.receipts.take()
    assert ["spoilt" in one for one in database["webhooks"].find()] == [True]
    assert 'encore_webhooks_spoilt{provider="telegram"} 1.0' in client.get("/metrics").text
    key = services.keys.create("tests", ["read"])[1]
    shown = client.get("/v1/spoilt-webhooks", headers={"Authorization": f"Bearer {key}"}).get_json()
    [one] = shown["data"]
    assert set(one) == {"id", "provider", "at", "reason"}
    assert (one["provider"], one["reason"]) == ("telegram", "Invalid: The webhook is not JSON.")


def test_a_body_that_hides_its_length_is_refused_for_its_size_too(client: FlaskClient) -> None:
    chunked = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
    much = BytesIO(b"[" + b" " * 5_000_000 + b"]")
    assert client.post("/webhooks/email", input_stream=much, environ_overrides=chunked).status_code == 413
    assert client.post("/webhooks/email", input_stream=BytesIO(b"[]"), environ_overrides=chunked).status_code == 403
