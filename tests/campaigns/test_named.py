"""What a campaign names must be there, and stays there while somebody may be written to because of it."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from content.templates import Template
from loyalty.offer import Offer
from loyalty.points_programme import PointsProgramme
from loyalty.tiers import Level, TierRules
from segments.segment import Segment
from tests.journeys.shop import draft, open_shop, someone
from tests.support.clock import ManualClock
from wiring import Services

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
        ({"limits": {"failover": {"pigeon": {"success": "delivered"}}}}, "limits.failover.pigeon", "no channel"),
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
