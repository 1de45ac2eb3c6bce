"""A campaign's report: every number is the list of those behind it, whichever way it is asked for."""

import csv
import io
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from flask import Flask
from flask.testing import FlaskClient

from api.context import provide
from campaigns.campaign import Limits
from campaigns.experiments.variants import Variant
from campaigns.kept_reports import packed, unpacked
from campaigns.report import Whole
from campaigns.told import OF
from common.money import Money
from content.templates import Template
from customers.consent import Consent
from customers.learning import BY_MACHINE
from loyalty.offer import Offer
from loyalty.redemption import Redemption, RedemptionState
from messaging.channel import ReceiptType
from messaging.conversation import Said
from messaging.desk import Terms
from messaging.message import Message
from messaging.receipts import Fact
from storage.mongo import to_document
from storage.reports import MongoFigures
from tests.journeys.shop import OFFER_WORDS, Bench, bought, draft, open_shop, someone
from tests.support.clock import ManualClock
from wiring import Services

COUNTED = [*OF, "orders"]


@pytest.fixture
def web(routes: Flask, shop: Services) -> FlaskClient:
    """The API over the shop whose messages go to the stand-in provider."""
    provide(routes, shop)
    client = routes.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {shop.keys.create('tests', ['admin'])[1]}"
    return client


def launched(shop: Services, clock: ManualClock) -> str:
    people = [someone(number, clock.now(), preferred=["sms"] if number % 3 == 0 else ["email"]) for number in range(60)]
    people += [someone(70, clock.now(), consents={}), someone(71, clock.now(), addresses={})]
    open_shop(shop, people)
    shop.shops.put(msgspec.structs.replace(shop.shops.get(), margin_percent=40, time_zone="Asia/Tokyo"))
    shop.provider_book.put(Terms(id="sendgrid", price=Money(500, "EUR")))
    shop.provider_book.put(Terms(id="twilio", price=Money(70_000, "EUR")))
    now = clock.now()
    fifth = Offer(
        id="fifth", name="A fifth", kind="percent", settings={"percent": 20}, seed="s", created_at=now, updated_at=now
    )
    shop.offers.add(fifth)
    shop.templates.put(Template(id="give", name="Give", content=OFFER_WORDS))
    tried = [Variant(id="note", share=50), Variant(id="gift", share=50, template="give", offer="fifth")]
    campaign = draft(shop, holdout_percent=20, variants=tried, limits=Limits(attribution_days=10))
    shop.launcher.launch(campaign.id)
    bench = shop.doorbell
    assert isinstance(bench, Bench)
    bench.work(shop)
    shop.settle_runs()
    return campaign.id


def lived(shop: Services, clock: ManualClock, sent: list[Message]) -> None:
    """Some read, click, write back, say no, buy, use their code; machines open letters."""
    clock.advance(3_600)

    def fact(number: int, kind: ReceiptType, detail: str = "") -> Fact:
        one = sent[number]
        return Fact(
            id=f"{one.id}{kind}{detail}", type=kind, at=clock.now(), provider="x", channel=one.channel,
            message=one.id, customer=one.customer, campaign=one.campaign, detail=detail,
        )  # fmt: skip

    shop.facts.add([fact(number, "opened", BY_MACHINE) for number in range(20)])
    shop.facts.add([fact(number, "opened") for number in range(5, 9)] + [fact(8, "clicked"), fact(9, "clicked")])
    shop.facts.add([fact(10, "complained")])
    hello = {"channel": sent[1].channel, "address": "a", "direction": "in", "at": clock.now()}
    shop.threads.add(
        [
            Said(id="s1", customers=[sent[1].customer], text="Thank you!", **hello),  # type: ignore[arg-type]
            Said(id="s2", customers=[sent[2].customer], text="STOP", keyword="stop", **hello),  # type: ignore[arg-type]
        ]
    )
    no = Consent(state="denied", at=clock.now(), how="page")
    shop.customers.set_consent(sent[2].customer, sent[2].channel, "marketing", no)
    clock.advance(2 * 86_400)
    orders = [bought(sent[number].customer, clock.now(), 10_000, id=f"o{number}") for number in range(6)]
    orders += [bought(sent[0].customer, clock.now() + timedelta(days=1), 2_000, id="o-again")]
    orders += [bought(sent[7].customer, clock.now() + timedelta(days=20), 50_000, id="o-late")]
    shop.orders.upsert(orders)
    use = Redemption(
        id="r1", code="C", offer="fifth", customer=sent[3].customer, order="o3", order_total=10_000, discount=2_500,
        currency="EUR", state=RedemptionState.REDEEMED, at=clock.now(), campaign=sent[3].campaign, message=sent[3].id,
    )  # fmt: skip
    shop.database["redemptions"].insert_one({**to_document(use), "state": use.state.value})


def listed(web: FlaskClient, place: str, query: str) -> list[dict[str, Any]]:
    found, after = [], ""
    while True:
        page = web.get(f"{place}/report/people?{query}&limit=7&after={after}").get_json()
        found += page["data"]
        if page["next"] is None:
            return found
        after = page["next"]


def also_by_sms(shop: Services, message: str) -> None:
    """An e-mail that had gone out as a text message before: who is written to over two channels has cost both."""
    kept = shop.database["messages"].find_one({"_id": message}, {"attempts": 1})
    assert kept is not None
    earlier = {**kept["attempts"][0], "token": "t0", "channel": "sms", "provider": "twilio", "outcome": "accepted"}
    both = {"$set": {"attempts": [earlier, *kept["attempts"]]}}
    shop.database["messages"].update_one({"_id": kept["_id"]}, both)


def in_days_and_files(web: FlaskClient, place: str, total: dict[str, Any]) -> None:
    """Each message is in one of the states; the days come to the same sums, and files hold the same rows."""
    once = ("queued", "held_out", "skipped", "failed", "uncertain", "waiting", "cancelled", "handed_over")
    assert list(OF)[1:9] == list(once)
    assert total["planned"] == sum(total[name] for name in once)
    days = web.get(f"{place}/report/days").get_json()["data"]
    for name in ("planned", "handed_over", "read", "clicked", "by_machine", "replied", "stopped", "orders"):
        assert sum(day[name] for day in days) == total[name], name
    assert [day["day"] for day in days] == ["2026-03-02", "2026-03-04", "2026-03-05"]
    file = web.get(f"{place}/report/people?of=ordered", headers={"Accept": "text/csv"})
    lines = list(csv.DictReader(io.StringIO(file.get_data(as_text=True))))
    assert sorted(int(line["revenue"]) for line in lines) == [10_000] * 5 + [12_000]
    assert "day,planned" in web.get(f"{place}/report/days", headers={"Accept": "text/csv"}).get_data(as_text=True)


def test_every_number_is_the_list_of_those_behind_it(shop: Services, web: FlaskClient, clock: ManualClock) -> None:
    id_ = launched(shop, clock)
    sent = [one for one in shop.messages.of_campaign(id_, "", 100) if one.state == "accepted"]
    lived(shop, clock, sent)
    place = f"/v1/campaigns/{id_}"
    report = web.get(f"{place}/report").get_json()
    total, views = report["total"], [report["by_channel"].values(), report["by_variant"].values()]
    assert total["handed_over"] == len(sent)
    expected = {
        "read": 5,
        "clicked": 2,
        "replied": 1,
        "stopped": 2,
        "ordered": 6,
        "orders": 7,
        "used_voucher": 1,
        "by_machine": 20,
    }
    assert {name: total[name] for name in expected} == expected
    assert report["engagement"] == {"opened": 4, "clicked": 2, "complained": 1}
    assert total["noes"] == {"no_address": 1, "no_consent": 1}
    for view in views:
        assert all(total[name] == sum(one[name] for one in view) for name in COUNTED)
        assert total["revenue"]["amount"] == sum(one["revenue"]["amount"] for one in view) == 62_000
    for name in OF:
        rows = listed(web, place, f"of={name}")
        assert len(rows) == len({row["message"] for row in rows}) == total[name], name
    by_sms = listed(web, place, "of=handed_over&channel=sms")
    assert len(by_sms) == report["by_channel"]["sms"]["handed_over"] > 0
    in_gift = listed(web, place, "of=handed_over&variant=gift")
    assert len(in_gift) == report["by_variant"]["gift"]["handed_over"] > 0
    assert len(listed(web, place, "of=skipped&reason=no_consent")) == 1
    # Prices are of a thousand: a letter half a cent, a text message 70 cents a part.
    texts = report["by_channel"]["sms"]["handed_over"]
    assert report["by_channel"]["sms"]["message_cost"] == {"amount": 70 * texts, "currency": "EUR"}
    assert total["message_cost"]["amount"] == round(70 * texts + 0.5 * (len(sent) - texts))
    assert total["discounts"]["amount"] == 2_500
    assert total["goods_cost"]["amount"] == round((62_000 + 2_500) * 0.6)
    assert total["margin"]["amount"] == 62_000 - 38_700 - total["message_cost"]["amount"]
    also_by_sms(shop, listed(web, place, "of=handed_over&channel=email")[0]["message"])
    again = web.get(f"{place}/report").get_json()["total"]["message_cost"]["amount"]
    assert again == round(70 * (texts + 1) + 0.5 * (len(sent) - texts))
    in_days_and_files(web, place, total)
    clock.advance(30 * 86_400)
    weeks = web.get(f"{place}/report/weeks?weeks=4").get_json()["data"]
    assert [week["treated"]["orders"] for week in weeks] == [7, 0, 0, 1]
    assert weeks[0]["treated"]["customers"] == report["treated"]["customers"]
    assert weeks[0]["holdout"]["customers"] == report["by_variant"]["holdout"]["held_out"] == total["held_out"] > 0
    assert weeks[3]["treated"]["revenue"]["amount"] == 50_000
    assert web.get(f"{place}/report/people?of=everything").status_code == 422


def test_an_order_is_credited_to_the_latest_message_before_it_alone(shop: Services, clock: ManualClock) -> None:
    open_shop(shop, [someone(1, clock.now())])
    campaign = draft(shop, trigger={"kind": "recurring", "cron": "0 10 * * *", "time_zone": "UTC"})
    shop.launcher.launch(campaign.id)
    bench = shop.doorbell
    assert isinstance(bench, Bench)
    for _ in range(2):
        clock.advance(86_400)
        shop.schedule.open_due()
        bench.work(shop)
    clock.advance(60)
    shop.orders.upsert([bought("c1", clock.now(), 1_000), bought("c1", clock.now() - timedelta(hours=5), 400)])
    report = shop.reporter.report(shop.campaigns.get(campaign.id), "EUR")
    assert (report.total.counts["handed_over"], report.total.orders, report.total.revenue) == (2, 2, 1_400)
    assert report.total.margin is None


def test_the_whole_shop_credits_each_order_once(shop: Services, web: FlaskClient, clock: ManualClock) -> None:
    id_ = launched(shop, clock)
    first = [one for one in shop.messages.of_campaign(id_, "", 100) if one.state == "accepted"]
    clock.advance(86_400)
    again = draft(shop, name="Again")
    shop.launcher.launch(again.id)
    bench = shop.doorbell
    assert isinstance(bench, Bench)
    bench.work(shop)
    lived(shop, clock, first)
    clock.advance(2 * 86_400)
    told = web.get("/v1/report").get_json()
    rows = {row["campaign"]: row for row in told["by_campaign"]}
    # The later campaign went to all, so the orders are its own, but for the one that used the earlier one's code.
    assert (rows[id_]["orders"], rows[id_]["revenue"]["amount"]) == (1, 10_000)
    assert (rows[again.id]["orders"], rows[again.id]["revenue"]["amount"]) == (6, 52_000)
    assert rows[again.id]["name"] == "Again"
    assert told["credited"]["revenue"]["amount"] == 62_000
    assert sum(row["handed_over"] for row in told["by_channel"]) == told["credited"]["handed_over"]
    assert sum(row["revenue"]["amount"] for row in told["by_channel"]) == 62_000
    money = {"revenue": {"amount": 10_000, "currency": "EUR"}, "discounts": {"amount": 2_500, "currency": "EUR"}}
    assert told["by_offer"] == [{"offer": "fifth", "used": 1, **money}]
    times = {1: 60 - len(first), 2: len(first)}
    assert told["written_to"] == [{"messages": many, "customers": people} for many, people in times.items()]
    assert told["holdout"] is None
    shop.shops.put(msgspec.structs.replace(shop.shops.get(), holdout_percent=50))
    held = web.get("/v1/report").get_json()["holdout"]
    assert held["treated"]["customers"] + held["holdout"]["customers"] == 62
    assert held["treated"]["revenue"]["amount"] + held["holdout"]["revenue"]["amount"] == told["revenue"]["amount"]
    assert held["uplift"]["method"] == "always_valid"
    file = web.get("/v1/report", headers={"Accept": "text/csv"}).get_data(as_text=True)
    assert [line.split(",")[1] for line in file.splitlines()] == ["name", "Again", "Win-back"]
    assert web.get("/v1/report?since=2026-01-01T00:00:00Z&until=2020-01-01T00:00:00Z").status_code == 422


def read(web: FlaskClient, id_: str) -> dict[str, Any]:
    told: dict[str, Any] = web.get(f"/v1/campaigns/{id_}/report").get_json()
    return told


def test_who_asks_what_somebody_was_drawn_for_is_told_what_they_got(
    shop: Services, web: FlaskClient, clock: ManualClock
) -> None:
    open_shop(shop, [someone(number, clock.now()) for number in range(12)])
    trigger = {"kind": "recurring", "cron": "0 10 * * *", "time_zone": "UTC"}
    tried: dict[str, Any] = {"variants": [Variant(id="a", share=50), Variant(id="b", share=50)], "holdout_percent": 20}
    fixed, bandit = draft(shop, name="Fixed", **tried), draft(shop, allocation="bandit", trigger=trigger, **tried)
    bench = shop.doorbell
    assert isinstance(bench, Bench)
    for campaign in (fixed, bandit):
        shop.launcher.launch(campaign.id)
    bench.work(shop)
    for shares in ({}, {"a": 0.0, "b": 100.0}):
        shop.database["campaigns"].update_one({"_id": bandit.id}, {"$set": {"shares": shares}})
        clock.advance(86_400)
        shop.schedule.open_due()
        bench.work(shop)
    first, second = shop.runs.of_campaigns([bandit.id])
    for letter in shop.messages.of_campaign(bandit.id, "", 99):
        place = f"/v1/campaigns/{bandit.id}/draw?customer={letter.customer}"
        told = web.get(f"{place}&run={letter.run}").get_json()
        held = letter.state == "held_out"
        assert (told["arm"], told["drawn"]) == ("holdout" if held else "treated", False)
        assert told["variant"] == ("" if held else letter.variant)
        assert [one["variant"] for one in told["given"]] == ["holdout" if held else letter.variant]
        latest = web.get(place).get_json()
        assert [one["run"] for one in latest["given"]] == [second.id, first.id]
        assert latest["variant"] == ("" if held else "b")
        assert latest["why"].startswith("Only who is held out is drawn")
    for letter in shop.messages.of_campaign(fixed.id, "", 99):
        told = web.get(f"/v1/campaigns/{fixed.id}/draw?customer={letter.customer}").get_json()
        assert (told["variant"], told["drawn"], told["why"]) == (letter.variant, True, "")
    assert web.get(f"/v1/campaigns/{fixed.id}/draw?customer=c1&run={first.id}").status_code == 404


def test_a_variant_of_another_hour_is_still_to_come_until_then(
    shop: Services, web: FlaskClient, clock: ManualClock
) -> None:
    open_shop(shop, [someone(number, clock.now()) for number in range(25)])
    tried = [Variant(id="now", share=50), Variant(id="later", share=50, delay_minutes=90)]
    planned = clock.now()
    campaign = draft(shop, holdout_percent=20, variants=tried, limits=Limits(attribution_days=1))
    shop.launcher.launch(campaign.id)
    bench = shop.doorbell
    assert isinstance(bench, Bench)

    def handed_over() -> dict[str, tuple[int, int]]:
        bench.work(shop)
        told = web.get(f"/v1/campaigns/{campaign.id}/report").get_json()["by_variant"]
        return {name: (one["queued"], one["handed_over"]) for name, one in told.items() if name != "holdout"}

    first = handed_over()
    later, now = first["later"][0], first["now"][1]
    assert first == {"now": (0, now), "later": (later, 0)}
    held = 25 - now - later
    assert min(now, later, held) > 0
    clock.advance(91 * 60)
    shop.sweeper.sweep()
    assert handed_over() == {"now": (0, now), "later": (0, later)}
    # A day of orders counts from when the last of them could have been written to, and for every arm the same.
    for number in range(25):
        in_time = bought(f"c{number}", planned + timedelta(days=1, minutes=80), 1_000, id=f"o{number}")
        too_late = bought(f"c{number}", planned + timedelta(days=1, minutes=90), 9_000, id=f"l{number}")
        shop.orders.upsert([in_time, too_late])
    report = read(web, campaign.id)
    arms = {"holdout": report["holdout"], **report["variants"]}
    assert {name: (one["customers"], one["buyers"], one["revenue"]["amount"]) for name, one in arms.items()} == {
        "now": (now, now, 1_000 * now),
        "later": (later, later, 1_000 * later),
        "holdout": (held, held, 1_000 * held),
    }
    assert (report["attribution_days"], report["compared_days"]) == (1, 1.0625)
    # What is credited is counted from the hand-over: to the earlier ones nothing.
    assert (report["by_variant"]["now"]["orders"], report["by_variant"]["later"]["orders"]) == (0, 2 * later)
    clock.advance(86_400 - 5 * 60)
    assert read(web, campaign.id)["uplift"]["method"] == "always_valid"
    clock.advance(5 * 60)
    assert read(web, campaign.id)["uplift"]["method"] == "fixed"
    whole = shop.reporter.whole(shop.campaigns.get(campaign.id), shop.shops.get())
    assert unpacked(packed(whole), Whole) == whole
    # A bandit would learn from the same sums.
    assert MongoFigures(shop.database).arms(campaign.id, campaign.compared, "EUR")["later"].buyers == later
