"""What customers ask for, and what a campaign may cost, is kept by the next launch and foretold by its dry run."""

from datetime import timedelta

import msgspec
import pytest
from flask import Flask
from flask.testing import FlaskClient

from api.app import create_app
from campaigns.campaign import Budget, Limits
from common.money import Money
from content.templates import Template
from messaging.desk import Terms
from tests.journeys.shop import Bench, draft, open_shop, someone
from tests.support.clock import ManualClock
from tests.support.sandbox import ProviderSandbox
from wiring import Services


@pytest.fixture
def app(shop: Services) -> Flask:
    """The API of this shop."""
    return create_app(shop)


def launched(shop: Services, **settings: object) -> dict[str, int]:
    """A dry run of a campaign, and its launch: whom both leave out, by reason."""
    campaign = draft(shop, **settings)
    said = shop.rehearsal.dry_run(campaign)
    shop.launcher.launch(campaign.id)
    bench = shop.doorbell
    assert isinstance(bench, Bench)
    bench.work(shop)
    shop.settle_runs()
    report = shop.reporter.report(campaign, "EUR")
    assert dict(said.would_skip) == report.skipped
    assert sum(said.would_send.values()) == sum(report.sent.values())
    return report.skipped


def test_a_pace_and_a_pause_leave_people_out_of_marketing_and_of_nothing_else(
    client: FlaskClient, shop: Services, provider_sandbox: ProviderSandbox, clock: ManualClock
) -> None:
    open_shop(shop, [someone(number, clock.now()) for number in range(1, 5)])
    until = (clock.now() + timedelta(days=3)).isoformat()
    assert client.patch("/v1/customers/c1", json={"pace": "weekly"}).get_json()["pace"] == "weekly"
    assert client.patch("/v1/customers/c2", json={"paused_until": until}).status_code == 200
    assert launched(shop) == {"paused_by_customer": 1}
    clock.advance(86_400)
    assert launched(shop) == {"pace": 1, "paused_by_customer": 1}
    assert launched(shop, purpose="service") == {}
    clock.advance(2 * 86_400)
    assert launched(shop) == {"pace": 1}
    clock.advance(4 * 86_400)
    assert launched(shop) == {}
    wrong = {"pace": "hourly", "paused_until": (clock.now() + timedelta(days=900)).isoformat()}
    for field, value in wrong.items():
        assert field in client.patch("/v1/customers/c1", json={field: value}).get_json()["errors"]
    told = client.patch("/v1/customers/c2", json={"pace": "", "paused_until": None}).get_json()
    assert (told["pace"], told["paused_until"]) == ("", None)


def test_a_dry_run_tells_the_cost_and_for_whom_the_budget_is_too_small(
    client: FlaskClient, shop: Services, provider_sandbox: ProviderSandbox, clock: ManualClock
) -> None:
    by_text = [someone(number, clock.now(), preferred=["sms"]) for number in range(1, 6)]
    double = someone(6, clock.now(), preferred=["sms"], addresses={"sms": ["+12125550001"]})
    open_shop(shop, [*by_text, double, someone(7, clock.now())])
    shop.duplicates.look(["c6"])
    long = {
        "sms": {"en": {"text": "We miss you, {{ first_name }}. " * 10}},
        "email": {"en": {"subject": "S", "html": "<p>H</p>"}},
    }
    shop.templates.put(Template(id="miss", name="Miss", content=long))
    shop.provider_book.put(Terms(id="twilio", price=Money(8_000, "EUR")))

    def told(**limits: object) -> tuple[dict[str, int], object, dict[str, int]]:
        said = client.post(f"/v1/campaigns/{draft(shop, limits=Limits(**limits)).id}/dry-run").get_json()  # type: ignore[arg-type]
        assert not said["cost_estimated"]
        assert said["unpriced"] == {"email": 1}
        return said["would_send"], said["cost"], said["would_skip"]

    # Five texts of two segments at eight cents, and an e-mail that has no price.
    cost = [{"amount": 80, "currency": "EUR"}]
    assert told() == ({"sms": 5, "email": 1}, cost, {"same_address": 1})
    assert told(budget=Budget(money=Money(80, "EUR"))) == ({"sms": 5, "email": 1}, cost, {"same_address": 1})
    half = {"same_address": 1, "campaign_budget": 3}
    assert told(budget=Budget(money=Money(47, "EUR"))) == (
        {"sms": 2, "email": 1},
        [{"amount": 32, "currency": "EUR"}],
        half,
    )
    # What is foretold is what happens, and a second look knows what is used up.
    limits = Limits(budget=Budget(messages=3))
    assert launched(shop, limits=limits)["campaign_budget"] == 3
    campaign = shop.campaigns.page("", 100)[-1]
    said = shop.rehearsal.dry_run(campaign)
    assert (dict(said.would_send), said.would_skip["campaign_budget"]) == ({}, 6)
    assert msgspec.json.encode(said)
