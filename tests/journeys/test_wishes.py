"""What customers ask for on their page or over the API is kept by the next launch, and foretold by its dry run."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from api.app import create_app
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
    assert dict(said.would_send) == report.sent
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
