"""What a campaign names must be there, and stays there while somebody may be written to because of it."""

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from campaigns.campaign import CampaignState
from content.templates import Template
from customers.orders import Order
from loyalty.offer import Offer
from loyalty.points_programme import PointsProgramme
from loyalty.tiers import Level, TierRules
from segments.segment import Segment
from tests.journeys.shop import draft, open_shop, someone
from tests.support.clock import ManualClock
from wiring import Services

PLACED = {"kind": "order_placed"}
TEXT = {"sms": {"en": {"text": "We miss you."}}}
VARIANTS = [{"id": "a", "share": 50}, {"id": "b", "share": 50, "channels": ["pigeon"]}]


def test_what_is_not_there_cannot_be_named(client: FlaskClient, services: Services, clock: ManualClock) -> None:
    open_shop(services, [someone(1, clock.now())])
    services.points_programmes.put(PointsProgramme(tiers=TierRules(levels=[Level(name="Gold", threshold=10)])))
    wrong: list[tuple[dict[str, Any], str, str]] = [
        ({"trigger": {"kind": "entered_segment", "segment": "nope"}}, "trigger.segment", "no segment 'nope'"),
        ({"trigger": {"kind": "left_segment", "segment": "nope"}}, "trigger.segment", "no segment 'nope'"),
        ({"trigger": {"kind": "survey_answered", "survey": "nope"}}, "trigger.survey", "no survey 'nope'"),
        ({"trigger": {"kind": "tier_reached", "tier": "Silver"}}, "trigger.tier", "no tier 'Silver'"),
        ({"trigger": {"kind": "voucher_unused", "after_days": 3, "offer": "nope"}}, "trigger.offer", "no offer"),
        ({"trigger": {"kind": "voucher_unused", "after_days": 3, "campaign": "x"}}, "trigger.campaign", "no campaign"),
        ({"variants": VARIANTS}, "variants.1.channels.0", "no channel 'pigeon'"),
        ({"steps": [{"channels": ["email", "pigeon"]}]}, "steps.0.channels.1", "no channel 'pigeon'"),
        (
            {"limits": {"failover": {"pigeon": {"success": "delivered"}}}},
            "limits.failover.pigeon.key",
            "no such channel",
        ),
    ]
    for body, field, reason in wrong:
        answer = client.post("/v1/campaigns", json={"name": "C", "segment": "all", "template": "miss", **body})
        assert answer.status_code == 422, body
        assert reason in str(answer.get_json()["errors"][field])
    gold = {"name": "C", "template": "miss", "trigger": {"kind": "tier_reached", "tier": "Gold"}}
    assert client.post("/v1/campaigns", json=gold).status_code == 201


def test_what_nobody_would_ever_get_is_not_launched(
    client: FlaskClient, services: Services, clock: ManualClock
) -> None:
    open_shop(services, [someone(1, clock.now())])
    services.templates.put(Template(id="short", name="Short", content=TEXT))
    by_mail = [{"channels": ["email"], "template": "short"}]
    body = {"name": "C", "segment": "all", "template": "miss", "steps": by_mail}
    made = client.post("/v1/campaigns", json=body).get_json()
    refused = client.post(f"/v1/campaigns/{made['id']}/launch", json={})
    assert refused.status_code == 422
    assert refused.get_json()["errors"]["steps.0.channels"] == [
        "short has words for none of them; it has them for sms."
    ]
    left = {"name": "C", "template": "miss", "trigger": {"kind": "left_segment", "segment": "all"}}
    made = client.post("/v1/campaigns", json=left).get_json()
    refused = client.post(f"/v1/campaigns/{made['id']}/launch", json={})
    assert refused.status_code == 422
    assert "tracked" in str(refused.get_json()["errors"]["trigger.segment"])


@pytest.mark.parametrize(("rule", "offer"), [({"rule": "received", "days": 1}, ""), ({"rule": "voucher_held"}, "ten")])
def test_who_leaves_a_segment_that_a_message_itself_lets_into_is_not_written_to_for_ever(
    services: Services, client: FlaskClient, clock: ManualClock, rule: dict[str, Any], offer: str
) -> None:
    open_shop(services, [someone(1, clock.now())])
    times = {"created_at": clock.now(), "updated_at": clock.now()}
    services.offers.add(Offer(id="ten", name="Ten", kind="percent", settings={"percent": 10}, **times))
    services.segments.add(Segment(id="lately", name="Lately", rules={"all": [rule]}, tracked=True, **times))
    body = {"name": "C", "template": "miss", "offer": offer, "trigger": {"kind": "left_segment", "segment": "lately"}}
    refused = client.post("/v1/campaigns", json=body)
    assert refused.status_code == 422
    assert "again and again" in str(refused.get_json()["errors"]["trigger"])


def test_a_segment_that_a_campaign_names_cannot_be_forgotten_before_the_campaign_is_over(
    client: FlaskClient, services: Services, clock: ManualClock
) -> None:
    open_shop(services, [someone(1, clock.now())])
    weekly = {"kind": "recurring", "cron": "0 10 * * 2", "time_zone": "UTC"}
    campaign = draft(services, trigger=weekly)
    services.launcher.launch(campaign.id)
    refused = client.delete("/v1/segments/all")
    assert (refused.status_code, refused.get_json()["reason"]) == (409, "in_use")
    assert campaign.id in refused.get_json()["detail"]
    services.launcher.cancel(campaign.id)
    assert client.delete("/v1/segments/all").status_code == 204


def test_a_campaign_that_names_nothing_any_more_holds_up_no_other(
    client: FlaskClient, services: Services, clock: ManualClock
) -> None:
    """The API refuses to delete what is in use; who wrote to the database, or an older Encore, did not."""
    open_shop(services, [someone(1, clock.now())])
    times = {"created_at": clock.now(), "updated_at": clock.now()}
    gone = Segment(id="gone", name="Gone", rules=services.segments.get("all").rules, **times)
    services.segments.add(gone)
    at = {"kind": "scheduled", "at": (clock.now() + timedelta(hours=1)).isoformat()}
    lost = [draft(services, segment="gone", trigger=at), draft(services, segment="gone", trigger=PLACED)]
    well = [draft(services, trigger=at), draft(services, segment="", trigger=PLACED)]
    for campaign in lost + well:
        services.launcher.launch(campaign.id)
    services.database["segments"].delete_one({"_id": "gone"})
    told = client.get("/v1/schedule")
    assert told.status_code == 200
    assert sorted(one["expected"] for one in told.get_json()["data"]) == [0, 1]
    clock.advance(3_700)
    services.schedule.open_due()
    services.orders.upsert([Order(id="o1", customer_id="c1", placed_at=clock.now(), currency="EUR", total=900)])
    services.events.pump()
    services.schedule.react()
    assert [len(services.runs.of_campaigns([campaign.id])) for campaign in well] == [1, 1]
    assert [services.campaigns.get(campaign.id).state for campaign in lost] == [CampaignState.PAUSED] * 2
