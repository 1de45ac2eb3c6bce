"""Where providers report, and where their absence shows: webhooks, the outbox, conversations."""

from datetime import UTC, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from api.app import create_app
from common.settings import Settings
from customers.customer import Customer
from messaging.channel import Accepted
from storage.mongo import Mongo
from tests.messaging.reporting import settings as sandbox_settings
from tests.support.clock import ManualClock
from tests.support.letters import parcel_of
from tests.support.sandbox import ProviderSandbox
from wiring import Services

settings = sandbox_settings  # this module's services talk to the sandbox

STOP = {"from": "+12025550100", "to": "+15005550006", "text": "STOP"}


@pytest.fixture(autouse=True)
def now(clock: ManualClock) -> None:
    """The sandbox signs with the real time."""
    clock.set(datetime.now(UTC))


@pytest.fixture
def mail(services: Services, provider_sandbox: ProviderSandbox) -> dict[str, Any]:
    """A webhook of SendGrid's about a letter that was accepted."""
    outcome = services.providers.for_channel("email").hand_over(parcel_of("email"))["m0"]
    assert isinstance(outcome, Accepted)
    webhook: dict[str, Any] = provider_sandbox.webhooks([{"message": "m0", "event": "delivered"}])[0]
    return webhook


def post(client: FlaskClient, webhook: dict[str, Any], **changes: Any) -> TestResponse:
    sent = {**webhook, **changes}
    path = sent["url"].removeprefix("http://shop.test")
    return client.post(path, data=sent["body"].encode(), headers=sent["headers"])


def test_a_signed_webhook_is_stored_then_acknowledged(
    client: FlaskClient, mail: dict[str, Any], database: Mongo
) -> None:
    answer = post(client, mail)
    assert answer.status_code == 200
    (stored,) = database["webhooks"].find()
    assert stored["body"] == mail["body"].encode()
    assert stored["provider"] == "sendgrid"


def test_a_webhook_needs_no_api_key(app: Any, mail: dict[str, Any]) -> None:
    assert post(app.test_client(), mail).status_code == 200


def test_a_forged_webhook_is_a_403_and_leaves_nothing(
    client: FlaskClient, mail: dict[str, Any], database: Mongo
) -> None:
    answer = post(client, mail, body=mail["body"].replace("delivered", "bounce"))
    assert answer.status_code == 403
    assert answer.content_type == "application/problem+json"
    assert database["webhooks"].count_documents({}) == 0


def test_a_stale_webhook_is_a_403(client: FlaskClient, mail: dict[str, Any], clock: ManualClock) -> None:
    clock.advance(49 * 3_600)
    assert post(client, mail).status_code == 403


def test_a_status_callback_is_taken_with_the_ids_in_its_address(
    client: FlaskClient, services: Services, provider_sandbox: ProviderSandbox, database: Mongo
) -> None:
    services.providers.for_channel("sms").hand_over(parcel_of("sms"))
    (webhook,) = provider_sandbox.webhooks([{"message": "m0", "event": "delivered"}])
    assert post(client, webhook).status_code == 200
    (stored,) = database["webhooks"].find()
    assert stored["url"] == "http://shop.test/webhooks/sms?message=m0&token=t1"
    assert post(client, webhook, url=webhook["url"].replace("m0", "m1")).status_code == 403


def test_a_stop_holds_from_its_acknowledgement_on(
    client: FlaskClient, services: Services, provider_sandbox: ProviderSandbox
) -> None:
    (webhook,) = provider_sandbox.webhooks(replies=[STOP])
    answer = post(client, webhook)
    assert answer.status_code == 200
    assert answer.mimetype == "text/xml"
    assert services.suppressions.among("sms", ["+12025550100"], "marketing") == {"+12025550100": "stop"}


def test_a_help_is_answered_in_the_answer(client: FlaskClient, provider_sandbox: ProviderSandbox) -> None:
    (webhook,) = provider_sandbox.webhooks(replies=[{**STOP, "text": "help"}])
    assert "<Message>" in post(client, webhook).text


@pytest.mark.parametrize("channel", ["fax", "outbox", "%00", "a%2Fb"])
def test_a_channel_there_is_not_is_a_404(client: FlaskClient, channel: str) -> None:
    assert client.post(f"/webhooks/{channel}", data=b"[]").status_code == 404


def test_a_body_that_is_too_large_is_a_413(client: FlaskClient, database: Mongo) -> None:
    answer = client.post("/webhooks/email", data=b"x" * 2_000_001)
    assert answer.status_code == 413
    assert database["webhooks"].count_documents({}) == 0


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"[]", b"a=1&" * 300])
@pytest.mark.parametrize("channel", ["email", "sms"])
def test_an_unsigned_body_of_any_kind_is_refused_and_never_a_500(
    client: FlaskClient, channel: str, body: bytes
) -> None:
    assert client.post(f"/webhooks/{channel}?x=%ff", data=body).status_code in (403, 422)


def test_a_webhook_is_fetched_only_where_the_provider_shakes_hands(client: FlaskClient) -> None:
    assert client.get("/webhooks/email").status_code == 404
    asked = {"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": "meta-verify-token"}
    for channel in ("whatsapp", "messenger", "instagram"):
        answer = client.get(f"/webhooks/{channel}", query_string=asked)
        assert (answer.status_code, answer.text) == (200, "1158201444")
        assert answer.content_type.startswith("text/plain")
        for wrong in ({"hub.verify_token": "guessed"}, {"hub.verify_token": ""}, {"hub.mode": "unsubscribe"}):
            assert client.get(f"/webhooks/{channel}", query_string={**asked, **wrong}).status_code == 403


def test_the_outbox_is_listed_by_pages_and_by_channel(client: FlaskClient, services: Services) -> None:
    outbox = services.providers.by_name("outbox")
    outbox.hand_over(parcel_of("email", 3))
    outbox.hand_over(parcel_of("sms", 1, token="t2"))  # the same ids: m0 is there already
    first = client.get("/v1/outbox?limit=2").get_json()
    rest = client.get(f"/v1/outbox?limit=2&after={first['next']}").get_json()
    assert [one["id"] for one in first["data"] + rest["data"]] == ["m0", "m1", "m2"]
    assert rest["next"] is None
    assert first["data"][0]["parts"]["subject"] == "For you, no. 0"
    assert first["data"][0]["sender"] == "hello@shop.example"
    assert client.get("/v1/outbox?channel=sms").get_json()["data"] == []


def test_a_thread_is_read_oldest_first(
    client: FlaskClient, services: Services, provider_sandbox: ProviderSandbox, clock: ManualClock
) -> None:
    services.customers.upsert([Customer(id="ana", addresses={"sms": ["+12025550100"]})])
    for words in ("Hello?", "HELP", "Thanks"):
        clock.advance(1)
        (webhook,) = provider_sandbox.webhooks(replies=[{**STOP, "text": words}])
        post(client, webhook)
    services.receipts.take()
    page = client.get("/v1/conversations/ana?limit=3").get_json()
    assert [(one["direction"], one["keyword"]) for one in page["data"]] == [("in", ""), ("in", "help"), ("out", "")]
    after = client.get("/v1/conversations/ana", query_string={"after": page["next"]}).get_json()
    assert [one["text"] for one in after["data"]] == ["Thanks"]
    assert client.get("/v1/conversations/ana?after=nonsense").get_json()["data"] == []
    assert client.get("/v1/conversations/nobody").status_code == 404


def test_without_credentials_there_is_nobody_to_report(settings: Settings) -> None:
    bare = Services(Settings(secret_keys="x", mongodb_url=settings.mongodb_url, redis_url=settings.redis_url))
    try:
        for channel in ("email", "sms"):
            answer = create_app(bare).test_client().post(f"/webhooks/{channel}", data=b"[]")
            assert answer.status_code == 404
    finally:
        bare.close()
