"""Bad input and bad days as a marketer meets them, over HTTP: a clear answer, what to do, and nothing lost."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from api.app import create_app
from tests.journeys.shop import Bench, draft, open_shop, someone
from tests.support.clock import ManualClock
from tests.support.sandbox import ProviderSandbox
from wiring import Services

CUSTOMERS = """customer_id,first_name,email,marketing_email
ana,Ana,ana@example.com,yes
ben,Ben,not an address,yes
cem,"Cem,cem@example.com,yes
dua,Dua,dua@example.com,perhaps
eva,Eva,eva@example.com,no
"""


@pytest.fixture
def shop(provider_sandbox: ProviderSandbox, services: Services) -> Iterator[Services]:
    """Services with little patience, whose providers are the stand-in, and whose doorbell is a bench."""
    shop = Services(provider_sandbox.settings(services.settings, http_timeout=0.5), services.clock, Bench())
    yield shop
    shop.close()


@pytest.fixture
def app(shop: Services) -> Flask:
    """The API of this shop."""
    return create_app(shop)


def work(services: Services) -> None:
    bench = services.doorbell
    assert isinstance(bench, Bench)
    bench.work(services)
    services.settle_runs()


def refused(answer: Any, status: int) -> dict[str, Any]:
    """The problem that a request is answered with."""
    assert answer.status_code == status, answer.get_data(as_text=True)
    assert answer.content_type == "application/problem+json"
    problem: dict[str, Any] = answer.get_json()
    assert problem["detail"]
    return problem


def report(client: FlaskClient, campaign: str) -> dict[str, Any]:
    answer: dict[str, Any] = client.get(f"/v1/campaigns/{campaign}/report").get_json()
    return answer


def test_of_a_malformed_file_each_bad_row_is_named_and_the_good_ones_go_in(client: FlaskClient, shop: Services) -> None:
    answer = client.post("/v1/imports/customers", data=CUSTOMERS, content_type="text/csv")
    work(shop)
    job = client.get(f"/v1/jobs/{answer.get_json()['id']}").get_json()
    assert job["state"] == "finished"
    assert job["good"] + job["bad"] == job["done"]
    assert {(error["line"], error["field"]) for error in job["errors"]} >= {(3, "email")}
    assert all(error["reason"] for error in job["errors"])
    kept = [one["id"] for one in client.get("/v1/customers").get_json()["data"]]
    assert kept[0] == "ana"
    assert "ben" not in kept
    assert len(kept) == job["good"]


def test_a_file_without_its_columns_is_refused_before_anything_is_kept(client: FlaskClient, shop: Services) -> None:
    problem = refused(client.post("/v1/imports/customers", data="name,mail\nA,b\n", content_type="text/csv"), 422)
    assert "customer_id" in problem["errors"]


def test_malformed_json_is_refused_with_the_place_where_it_breaks(client: FlaskClient, shop: Services) -> None:
    body = b'{"name": "Win-back", "template": }'
    problem = refused(client.post("/v1/campaigns", data=body, content_type="application/json"), 400)
    assert "line 1 column 34" in problem["detail"]
    assert client.get("/v1/campaigns").get_json()["data"] == []


def test_an_unknown_customer_is_named_and_nothing_is_sent(
    client: FlaskClient, shop: Services, provider_sandbox: ProviderSandbox, clock: ManualClock
) -> None:
    open_shop(shop, [someone(1, clock.now())])
    assert "'nobody'" in refused(client.get("/v1/customers/nobody"), 404)["detail"]
    problem = refused(client.post("/v1/messages", json={"customer": "nobody", "template": "miss"}), 404)
    assert problem["detail"] == "There is no customer 'nobody'."
    work(shop)
    assert provider_sandbox.accepted() == []


def test_a_variable_there_is_not_is_refused_as_a_template_is_saved(client: FlaskClient, shop: Services) -> None:
    content = {"sms": {"en": {"text": "Hello\n{{ frist_name }}"}}}
    problem = refused(client.post("/v1/templates", json={"name": "Miss", "content": content}), 422)
    [told] = problem["errors"]["content.sms.en.text"]
    assert told.startswith("Line 2: frist_name is not known. Did you mean first_name?")
    assert client.get("/v1/templates").get_json()["data"] == []


def test_whoever_lacks_a_value_is_skipped_by_its_name_and_all_others_are_written_to(
    client: FlaskClient, shop: Services, provider_sandbox: ProviderSandbox, clock: ManualClock
) -> None:
    open_shop(shop, [someone(1, clock.now()), someone(2, clock.now(), first_name=""), someone(3, clock.now())])
    campaign = draft(shop).id
    said = client.post(f"/v1/campaigns/{campaign}/dry-run").get_json()
    assert said["unwritable"] == {"first_name": 1}
    assert client.post(f"/v1/campaigns/{campaign}/launch").status_code == 202
    work(shop)
    told = report(client, campaign)
    assert (told["state"], told["skipped"]) == ("finished", {"missing_value:first_name": 1})
    assert {one["address"] for one in provider_sandbox.accepted()} == {"c1@example.com", "c3@example.com"}
    alone = client.post("/v1/messages", json={"customer": "c2", "template": "miss"}).get_json()["id"]
    work(shop)
    message = client.get(f"/v1/messages/{alone}").get_json()
    assert (message["state"], message["reason"]) == ("skipped", "missing_value:first_name")


def test_a_launch_to_nobody_is_refused_and_stays_a_draft(client: FlaskClient, shop: Services) -> None:
    open_shop(shop, [])
    campaign = draft(shop).id
    problem = refused(client.post(f"/v1/campaigns/{campaign}/launch"), 409)
    assert problem["reason"] == "empty_audience"
    assert "Nobody is in this segment now" in problem["detail"]
    assert client.get(f"/v1/campaigns/{campaign}").get_json()["state"] == "draft"


def test_a_launch_pressed_twice_goes_out_once_and_the_second_is_told_so(
    client: FlaskClient, shop: Services, provider_sandbox: ProviderSandbox, clock: ManualClock
) -> None:
    open_shop(shop, [someone(number, clock.now()) for number in range(5)])
    campaign = draft(shop).id
    once = {"Idempotency-Key": "launch"}
    first = client.post(f"/v1/campaigns/{campaign}/launch", headers=once)
    again = client.post(f"/v1/campaigns/{campaign}/launch", headers=once)
    assert (first.status_code, again.status_code) == (202, 202)
    assert again.get_json() == first.get_json()
    problem = refused(client.post(f"/v1/campaigns/{campaign}/launch"), 409)
    assert (problem["reason"], problem["detail"]) == ("already_running", f"Campaign {campaign!r} is running already.")
    work(shop)
    assert len(provider_sandbox.accepted()) == 5


@pytest.mark.parametrize("keys", [False, True])
def test_a_launch_pressed_twenty_times_at_once_makes_one_run(
    client: FlaskClient,
    app: Flask,
    shop: Services,
    provider_sandbox: ProviderSandbox,
    clock: ManualClock,
    keys: bool,
) -> None:
    open_shop(shop, [someone(number, clock.now()) for number in range(5)])
    campaign = draft(shop).id
    key = client.environ_base["HTTP_AUTHORIZATION"]

    def press(number: int) -> int:
        headers = {"Authorization": key, **({"Idempotency-Key": f"press-{number}"} if keys else {})}
        return app.test_client().post(f"/v1/campaigns/{campaign}/launch", headers=headers).status_code

    with ThreadPoolExecutor(20) as pool:
        assert Counter(pool.map(press, range(20))) == {202: 1, 409: 19}
    assert len(shop.runs.of_campaigns([campaign])) == 1
    work(shop)
    assert len(provider_sandbox.accepted()) == 5
    assert report(client, campaign)["planned"] == 5


@pytest.mark.parametrize("key", ["Bearer encore_guess", "Bearer ", "encore_guess", ""])
def test_a_wrong_key_opens_nothing_and_the_answer_says_how_to_send_one(
    client: FlaskClient, shop: Services, clock: ManualClock, key: str
) -> None:
    open_shop(shop, [someone(1, clock.now())])
    campaign = draft(shop).id
    answer = client.post(f"/v1/campaigns/{campaign}/launch", headers={"Authorization": key})
    assert "Authorization: Bearer" in refused(answer, 401)["detail"]
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert client.get(f"/v1/campaigns/{campaign}").get_json()["state"] == "draft"


@pytest.mark.parametrize(
    ("rule", "reason", "words"),
    [
        ({"status": 401}, "credentials", "refuses our credentials"),
        ({"status": 429, "retry_after": 7}, "rate_limited", "takes no more just now"),
    ],
)
@pytest.mark.parametrize("channel", ["email", "sms"])
def test_a_provider_that_refuses_is_named_and_what_waits_goes_out_when_it_takes_again(
    client: FlaskClient,
    shop: Services,
    provider_sandbox: ProviderSandbox,
    clock: ManualClock,
    rule: dict[str, Any],
    reason: str,
    words: str,
    channel: str,
) -> None:
    open_shop(shop, [someone(number, clock.now(), preferred=[channel]) for number in range(3)])
    campaign = draft(shop).id
    provider_sandbox.misbehave(rule)
    client.post(f"/v1/campaigns/{campaign}/launch")
    work(shop)
    told = report(client, campaign)
    assert (told["state"], told["waiting"], told["sent"]) == ("running", {reason: 3}, {})
    [trouble] = told["troubles"]
    assert trouble.startswith(f"3 by {channel} ({reason}): ")
    assert words in trouble
    provider_sandbox.misbehave()
    clock.advance(3_600)
    shop.sweeper.sweep()
    work(shop)
    told = report(client, campaign)
    assert (told["state"], told["sent"], told["waiting"], told["troubles"]) == ("finished", {channel: 3}, {}, [])
    assert len(provider_sandbox.accepted()) == 3


@pytest.mark.parametrize(
    ("rule", "reason", "words"),
    [
        ({"status": 500}, "provider_error", "an error of its own"),
        ({"garbage": True}, "strange_answer", "makes no sense"),
        ({"hang": True}, "no_answer", "gave no answer"),
        ({"accept_then_hang": True}, "no_answer", "gave no answer"),
        ({"reset_after": True}, "connection_lost", "the connection to the provider broke"),
    ],
)
def test_where_a_provider_leaves_us_in_doubt_the_report_says_so_and_nobody_is_written_to_twice(
    client: FlaskClient,
    shop: Services,
    provider_sandbox: ProviderSandbox,
    clock: ManualClock,
    rule: dict[str, Any],
    reason: str,
    words: str,
) -> None:
    open_shop(shop, [someone(number, clock.now()) for number in range(3)])
    campaign = draft(shop).id
    provider_sandbox.misbehave(rule)
    client.post(f"/v1/campaigns/{campaign}/launch")
    work(shop)
    told = report(client, campaign)
    assert (told["states"], told["uncertain"]) == ({"uncertain": 3}, {reason: 3})
    assert words in told["troubles"][0]
    assert "not sent again" in told["troubles"][0]
    taken = provider_sandbox.accepted()
    provider_sandbox.misbehave()
    clock.advance(3_600)
    shop.sweeper.sweep()
    work(shop)
    assert provider_sandbox.accepted() == taken
