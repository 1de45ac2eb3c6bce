"""Before a launch: what the checklist says, what it stops, who may agree, and who did what."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from flask.testing import FlaskClient

from campaigns import checks
from campaigns.campaign import Budget, Campaign, Limits
from common.errors import Conflict, Invalid
from content.templates import Template
from customers.catalogue import Product
from customers.shop import Shop
from loyalty.offer import Offer
from tests.journeys.shop import OFFER_WORDS, draft, open_shop, someone
from tests.support.clock import ManualClock
from wiring import Services


def gift(clock: ManualClock, **settings: Any) -> Offer:
    plain: dict[str, Any] = {"id": "tote", "name": "Tote bag", "kind": "gift", "settings": {"product": "tote"}}
    return Offer(**{**plain, "seed": "s", "created_at": clock.now(), "updated_at": clock.now(), **settings})


def test_the_checklist_finds_what_is_wrong_and_a_launch_keeps_to_it(services: Services, clock: ManualClock) -> None:
    open_shop(services, [someone(number, clock.now()) for number in range(40)])
    services.shops.put(msgspec.structs.replace(services.shops.get(), postal_address="", test_mode=True))
    services.templates.put(Template(id="give", name="Give", content=OFFER_WORDS))
    services.offers.add(gift(clock, valid_until=clock.now() + timedelta(hours=5)))
    services.products.upsert([Product(id="tote", name="Tote", stock=0)])
    limits = Limits(budget=Budget(messages=10))
    campaign = draft(services, template="give", offer="tote", holdout_percent=10, limits=limits)
    told = services.clearing.checklist(campaign)
    said = {one.name: (one.verdict, one.overridable) for one in told.checks}
    assert said == {
        "words": ("warn", False),
        "offer": ("warn", False),
        "budget": ("warn", False),
        "stock": ("stop", True),
        "segment_size": ("ok", False),
        "sender": ("warn", False),
        "postal_address": ("stop", True),
        "holdout": ("warn", False),
        "switches": ("warn", False),
        "consent": ("ok", False),
        "approval": ("ok", False),
    }
    assert (told.verdict, told.launchable) == ("stop", False)
    with pytest.raises(Conflict) as refusal:
        services.launcher.launch(campaign.id, override=["stock"])
    assert refusal.value.reason == "checklist"
    assert "postal_address" in str(refusal.value)
    services.offers.change(gift(clock, active=False), 1)
    with pytest.raises(Invalid):
        services.launcher.launch(campaign.id, override=["offer", "stock", "postal_address"])
    services.offers.change(gift(clock), 2)
    services.launcher.launch(campaign.id, "boss", ["stock", "postal_address"])
    (made, launched) = services.campaigns.changes(campaign.id, 0, 10)
    assert (made.what, launched.what, launched.by) == ("made", "launched", "boss")
    assert launched.overridden == ["postal_address", "stock"]


def test_what_was_launched_keeps_its_words_and_a_copy_takes_the_latest(
    client: FlaskClient, services: Services, clock: ManualClock
) -> None:
    open_shop(services, [someone(1, clock.now())])
    campaign = draft(services, template="miss", segment="", trigger={"kind": "order_placed"})
    place = f"/v1/campaigns/{campaign.id}"
    assert client.get(place).get_json()["words"] == []
    launched = services.launcher.launch(campaign.id)
    words = services.templates.get("miss")
    services.templates.put(msgspec.structs.replace(words, name="Miss you"))
    assert client.get(place).get_json()["words"] == [{"template": "miss", "version": 1}]
    services.launcher.open_run(launched, "later", clock.now(), customer="c1")
    (run,) = services.runs.of_campaigns([campaign.id])
    assert run.template_versions == {"miss": 1}
    assert client.post(f"{place}/copy").get_json()["words"] == []


@pytest.mark.parametrize(
    ("now", "last", "verdict"),
    [(100, None, "ok"), (0, 50, "warn"), (90, 100, "ok"), (40, 100, "warn"), (5, 60, "stop")],
)
def test_a_segment_that_is_quite_another_size_is_noticed(now: int, last: int | None, verdict: str) -> None:
    assert checks.size(now, last).verdict == verdict


def test_used_up_budgets_strange_brands_and_holdouts_are_noticed() -> None:
    campaign = Campaign(id="c", name="C", template="t", limits=Limits(budget=Budget(messages=5)))
    assert checks.budget(campaign, [], 3, (5, 0), priced=True).verdict == "stop"
    assert checks.budget(campaign, [], 3, (1, 0), priced=True).verdict == "ok"
    strange = msgspec.structs.replace(campaign, brand="nobodys")
    assert checks.sender(strange, Shop(), ["email"], [], []).verdict == "stop"
    assert "trouble" in checks.sender(campaign, Shop(), [], [], ["sms"]).reason
    assert checks.holdout(campaign, 5_000).verdict == "warn"
    assert checks.holdout(msgspec.structs.replace(campaign, holdout_percent=10), 5_000).verdict == "ok"
    assert checks.holdout(msgspec.structs.replace(campaign, holdout_percent=40), 5_000).verdict == "warn"


def test_a_second_key_has_to_agree_and_a_change_voids_it(
    client: FlaskClient, services: Services, clock: ManualClock
) -> None:
    open_shop(services, [someone(number, clock.now()) for number in range(3)])
    _, secret = services.keys.create("second", ["campaigns", "read"])
    other = {"Authorization": f"Bearer {secret}"}
    body = {"name": "Hello", "segment": "all", "template": "miss", "approval": {"required": True}}
    made = client.post("/v1/campaigns", json=body).get_json()
    place = f"/v1/campaigns/{made['id']}"
    assert made["approval"] == {"required": True, "changed_by": made["approval"]["changed_by"], "by": "", "at": None}

    def reason(path: str, **settings: Any) -> str:
        answer = client.post(place + path, **settings)
        assert answer.status_code in (409, 412), answer.get_json()
        return str(answer.get_json().get("reason", answer.status_code))

    assert reason("/launch") == "approval_missing"
    assert reason("/approve") == "same_key"
    assert reason("/approve", headers={**other, "If-Match": '"v7"'}) == "412"
    assert client.post(f"{place}/approve", headers=other).get_json()["approval"]["by"] != ""
    assert client.patch(place, json={"name": "Hello you"}).get_json()["approval"]["by"] == ""
    assert reason("/launch") == "approval_missing"
    assert client.post(f"{place}/approve", headers=other).status_code == 200
    words = services.templates.get("miss")
    services.templates.put(msgspec.structs.replace(words, name="Miss you"))
    assert reason("/launch") == "approval_void"
    assert client.patch(place, json={"approval": {"required": False}}, headers=other).status_code == 403
    assert client.post(f"{place}/approve", headers=other).status_code == 200
    assert client.post(f"{place}/launch", json={}).status_code == 202
    (run,) = services.runs.of_campaigns([made["id"]])
    assert run.template_versions == {"miss": 2}
    changes = client.get(f"{place}/changes?limit=3").get_json()
    assert [one["what"] for one in changes["data"]] == ["made", "approved", "changed"]
    assert changes["data"][2]["fields"] == {"name": ["Hello", "Hello you"]}
    rest = client.get(f"{place}/changes?after={changes['next']}").get_json()["data"]
    assert [one["what"] for one in rest] == ["approved", "approved", "launched"]
    checked = client.get(f"{place}/checklist").get_json()
    assert {one["name"]: one["verdict"] for one in checked["checks"]}["approval"] == "ok"


def test_the_shops_own_switch_asks_every_campaign(services: Services, clock: ManualClock) -> None:
    open_shop(services, [someone(1, clock.now())])
    services.shops.put(msgspec.structs.replace(services.shops.get(), approval_required=True))
    campaign = draft(services)
    with pytest.raises(Conflict) as refusal:
        services.launcher.launch(campaign.id)
    assert refusal.value.reason == "approval_missing"
    services.approving.approve(campaign.id, "second")
    assert services.launcher.launch(campaign.id).approval.by == "second"


def test_the_schedule_says_what_goes_out_when_and_to_about_how_many(
    client: FlaskClient, services: Services, clock: ManualClock
) -> None:
    open_shop(services, [someone(number, clock.now()) for number in range(5)])
    services.shops.put(msgspec.structs.replace(services.shops.get(), time_zone="Asia/Tokyo"))
    weekly = draft(services, name="Weekly", trigger={"kind": "recurring", "cron": "0 10 * * 2", "time_zone": "UTC"})
    once = draft(services, name="Once", trigger={"kind": "scheduled", "at": "2026-03-05T10:00:00Z"})
    welcome = draft(services, name="Welcome", segment="", trigger={"kind": "first_order"})
    for one in (weekly, once, welcome):
        services.launcher.launch(one.id)
    paused = draft(services, name="Paused", trigger={"kind": "scheduled", "at": "2026-03-06T10:00:00Z"})
    services.launcher.launch(paused.id)
    services.launcher.pause(paused.id)
    told = client.get("/v1/schedule?days=14").get_json()
    assert [(one["name"], one["local"]) for one in told["data"]] == [
        ("Weekly", "2026-03-03 19:00"),
        ("Once", "2026-03-05 19:00"),
        ("Weekly", "2026-03-10 19:00"),
    ]
    assert {(one["expected"], one["expected_from"]) for one in told["data"]} == {(5, "segment")}
    assert [one["name"] for one in told["listening"]] == ["Welcome"]
    clock.advance(86_400)
    services.schedule.open_due()
    (run,) = services.runs.of_campaigns([weekly.id])
    services.planner.plan(run.id)
    services.customers.upsert([someone(9, clock.now())])
    assert len(client.get("/v1/schedule?limit=1").get_json()["data"]) == 1
    later = [one for one in client.get("/v1/schedule").get_json()["data"] if one["name"] == "Weekly"]
    assert {(one["expected"], one["expected_from"]) for one in later} == {(5, "last_run")}


def test_an_experiment_that_proves_nothing_is_refused_with_its_place_and_reason(
    client: FlaskClient, services: Services, clock: ManualClock
) -> None:
    open_shop(services, [someone(1, clock.now())])
    wrong: list[tuple[dict[str, Any], str, str]] = [
        ({"variants": [{"id": "a", "share": 100}]}, "variants", "One arm proves nothing"),
        (
            {"variants": [{"id": "a", "share": 100}, {"id": "b", "share": 0}]},
            "variants",
            "One arm proves nothing",
        ),
        ({"variants": [{"id": "a", "share": 60}, {"id": "b", "share": 30}]}, "variants", "they come to 90"),
        ({"holdout_percent": 100}, "holdout_percent", "less than or equal to 50"),
        ({"variants": [{"id": "a", "share": 50}, {"id": "a", "share": 50}]}, "variants.1.id", "Another variant"),
        ({"limits": {"per_minute": 0}}, "limits.per_minute", "greater than or equal to 1"),
    ]
    for body, field, reason in wrong:
        answer = client.post("/v1/campaigns", json={"name": "C", "segment": "all", "template": "miss", **body})
        assert answer.status_code == 422, body
        assert reason in str(answer.get_json()["errors"][field])


def test_a_text_message_is_warned_of_as_it_is_paid_with_its_links_short() -> None:
    address = "https://shop.example/" + "spring-sale-" * 20
    template = Template(id="sms", name="Text", content={"sms": {"en": {"text": f"Look: {address} {'word ' * 60}"}}})
    campaign = Campaign(id="c", name="C", template="sms", segment="all", purpose="service")
    long, short = (checks.words([template], campaign, way) for way in (str, lambda text: text.replace(address, "s/1")))
    assert "4 text messages" in long.reason
    assert "4 text messages" not in short.reason


def test_words_that_lead_somewhere_say_how_to_look_whether_it_is_there() -> None:
    def said(text: str) -> checks.Check:
        template = Template(id="t", name="T", content={"sms": {"en": {"text": text}}})
        return checks.words([template], Campaign(id="c", name="C", template="t"), str)

    assert said("Hello").reason == ""
    led = said("Hello https://shop.example/sale")
    assert (led.verdict, "POST /v1/templates/links" in led.reason) == ("ok", True)
