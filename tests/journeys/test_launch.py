"""From launch to report, through real storage and the stand-in provider."""

from datetime import timedelta

import msgspec
import pytest

from campaigns.campaign import CampaignState
from campaigns.experiments.variants import Variant
from campaigns.single import Wanted
from campaigns.values import Occasion
from common.errors import Conflict, Invalid, NotFound
from content.templates import Template
from customers.order_events import OrderEvent
from customers.shop import Shop
from loyalty.offer import Offer
from messaging.audit import Acceptance
from messaging.message import State
from tests.journeys.shop import OFFER_WORDS, Bench, bought, draft, open_shop, someone
from tests.support.clock import ManualClock
from tests.support.sandbox import ProviderSandbox
from wiring import Services


def work(services: Services) -> None:
    bench = services.doorbell
    assert isinstance(bench, Bench)
    bench.work(services)
    services.settle_runs()


def test_each_gets_one_message_over_the_channel_they_chose(
    shop: Services, provider_sandbox: ProviderSandbox, clock: ManualClock
) -> None:
    now = clock.now()
    open_shop(
        shop,
        [
            someone(1, now),
            someone(2, now, preferred=["sms"]),
            someone(3, now, locale="de-AT"),
            someone(4, now, consents={}),
            someone(5, now, first_name=""),
            someone(6, now, addresses={}),
        ],
    )
    campaign = shop.launcher.launch(draft(shop).id)
    work(shop)
    letters = {letter["address"]: letter for letter in provider_sandbox.accepted()}
    assert sorted(letters) == ["+12125550002", "c1@example.com", "c3@example.com"]
    assert letters["c3@example.com"]["subject"] == "Hallo Ana3"
    assert letters["+12125550002"]["text"].startswith("We miss you, Ana2.")
    report = shop.reporter.report(shop.campaigns.get(campaign.id), "EUR")
    assert (report.planned, report.state) == (6, "finished")
    assert report.sent == {"email": 2, "sms": 1}
    assert report.skipped == {"missing_value:first_name": 1, "no_address": 1, "no_consent": 1}


def test_pressed_twice_it_goes_out_once(shop: Services, provider_sandbox: ProviderSandbox, clock: ManualClock) -> None:
    open_shop(shop, [someone(number, clock.now()) for number in range(20)])
    campaign = draft(shop)
    shop.launcher.launch(campaign.id)
    with pytest.raises(Conflict) as refusal:
        shop.launcher.launch(campaign.id)
    assert refusal.value.reason == "already_running"
    work(shop)
    run = shop.runs.of_campaigns([campaign.id])[0]
    assert shop.planner.plan(run.id) == 20  # a late doorbell
    work(shop)
    assert len(provider_sandbox.accepted()) == 20


def test_the_holdout_gets_nothing_and_the_report_compares(
    shop: Services, provider_sandbox: ProviderSandbox, clock: ManualClock
) -> None:
    open_shop(shop, [someone(number, clock.now()) for number in range(300)])
    campaign = draft(shop, holdout_percent=30)
    shop.launcher.launch(campaign.id)
    work(shop)
    run = shop.runs.of_campaigns([campaign.id])[0]
    held = set(shop.messages.customers_of(run.id, [State.HELD_OUT]))
    assert 60 <= len(held) <= 120
    written_to = {letter["address"].split("@")[0] for letter in provider_sandbox.accepted()}
    assert written_to == {f"c{number}" for number in range(300)} - held
    clock.advance(60)
    buyers = sorted(written_to)[:50]
    shop.orders.upsert([bought(customer, clock.now(), 1_500) for customer in buyers])
    shop.orders.upsert([bought(min(held), clock.now() + timedelta(days=15), 9_900)])  # too late to count
    report = shop.reporter.report(shop.campaigns.get(campaign.id), "EUR")
    assert (report.treated.customers, report.treated.buyers, report.treated.revenue) == (300 - len(held), 50, 75_000)
    assert (report.holdout.customers, report.holdout.buyers, report.holdout.revenue) == (len(held), 0, 0)
    assert report.uplift is not None
    assert report.uplift.money.value == pytest.approx(75_000 / (300 - len(held)))


def test_a_code_of_ones_own_is_redeemed_and_counted(
    shop: Services, provider_sandbox: ProviderSandbox, clock: ManualClock
) -> None:
    now = clock.now()
    open_shop(shop, [someone(1, now), someone(2, now, preferred=["sms"])])
    offer = Offer(
        id="fifth", name="A fifth", kind="percent", settings={"percent": 20}, seed="s", created_at=now, updated_at=now
    )
    shop.offers.add(offer)
    shop.templates.put(Template(id="give", name="Give", content=OFFER_WORDS))
    campaign = draft(shop, template="give", offer="fifth")
    shop.launcher.launch(campaign.id)
    work(shop)
    codes = [letter["text"] for letter in provider_sandbox.accepted()]
    assert len(set(codes)) == 2
    run = shop.runs.of_campaigns([campaign.id])[0]
    accepted = [
        Acceptance(message=one["message"], token=one["token"], at=clock.now(), channel="x")
        for one in provider_sandbox.accepted()
    ]
    assert shop.audit.broken({run.id: run.planned}, accepted) == []


def test_an_empty_audience_is_refused_and_the_campaign_stays_a_draft(shop: Services, clock: ManualClock) -> None:
    open_shop(shop, [])
    campaign = draft(shop)
    with pytest.raises(Conflict) as refusal:
        shop.launcher.launch(campaign.id)
    assert refusal.value.reason == "empty_audience"
    assert shop.campaigns.get(campaign.id).state is CampaignState.DRAFT


def test_what_is_named_and_not_there_is_refused_by_its_field(shop: Services, clock: ManualClock) -> None:
    open_shop(shop, [someone(1, clock.now())])
    campaign = draft(shop, segment="nobody", template="none", offer="nothing", referral_programme="no")
    with pytest.raises(Invalid) as refusal:
        shop.launcher.check(campaign)
    assert set(refusal.value.fields) == {"segment", "template", "offer", "referral_programme"}


def test_a_paused_campaign_sends_nothing_until_it_goes_on_and_a_cancelled_one_never(
    shop: Services, provider_sandbox: ProviderSandbox, clock: ManualClock
) -> None:
    open_shop(shop, [someone(number, clock.now()) for number in range(10)])
    campaign = draft(shop)
    shop.launcher.launch(campaign.id)
    shop.launcher.pause(campaign.id)
    work(shop)
    assert provider_sandbox.accepted() == []
    shop.launcher.resume(campaign.id)  # rings the sweeper, which finds the batches awake
    work(shop)
    assert len(provider_sandbox.accepted()) == 10
    other = draft(shop)
    shop.launcher.launch(other.id)
    shop.launcher.cancel(other.id)
    work(shop)
    assert len(provider_sandbox.accepted()) == 10
    with pytest.raises(Conflict):
        shop.launcher.resume(other.id)


def test_a_dry_run_says_what_a_launch_then_does(
    shop: Services, provider_sandbox: ProviderSandbox, clock: ManualClock
) -> None:
    now = clock.now()
    people = [someone(number, now) for number in range(30)]
    people += [someone(50, now, consents={}), someone(51, now, addresses={}), someone(52, now, first_name="")]
    open_shop(shop, people)
    campaign = draft(shop, holdout_percent=20)
    said = shop.rehearsal.dry_run(campaign)
    assert provider_sandbox.accepted() == []
    shop.launcher.launch(campaign.id)
    work(shop)
    report = shop.reporter.report(campaign, "EUR")
    assert said.audience == report.planned
    assert said.held_out == report.states.get("held_out", 0)
    missing = sum(said.unwritable.values())
    assert {"email": said.would_send["email"] - missing} == report.sent
    assert sum(said.would_skip.values()) + missing == sum(report.skipped.values())


def test_a_message_skipped_for_the_shops_switch_says_so(
    shop: Services, provider_sandbox: ProviderSandbox, clock: ManualClock
) -> None:
    open_shop(shop, [someone(1, clock.now())])
    shop.shops.put(Shop(name="S", postal_address="1 Harbour Lane", marketing_stopped=True))
    campaign = draft(shop)
    shop.launcher.launch(campaign.id)
    work(shop)
    assert shop.reporter.report(campaign, "EUR").skipped == {"marketing_stopped": 1}
    assert provider_sandbox.accepted() == []


def test_a_single_message_goes_out_at_once_and_asks_no_marketing_consent(
    shop: Services, provider_sandbox: ProviderSandbox, clock: ManualClock
) -> None:
    open_shop(shop, [someone(1, clock.now(), consents={})])
    sent = shop.sender.send(Wanted(customer="c1", template="miss"), "once")
    assert shop.sender.send(Wanted(customer="c1", template="miss"), "once").id == sent.id
    with pytest.raises(NotFound):
        shop.sender.send(Wanted(customer="nobody", template="miss"), "other")
    work(shop)
    assert [letter["address"] for letter in provider_sandbox.accepted()] == ["c1@example.com"]
    assert shop.messages.get([sent.id])[sent.id].state is State.ACCEPTED


def test_words_about_an_offer_that_the_campaign_does_not_name_are_refused_at_launch(
    shop: Services, clock: ManualClock
) -> None:
    open_shop(shop, [someone(1, clock.now())])
    shop.templates.put(Template(id="give", name="Give", content=OFFER_WORDS))
    campaign = draft(shop, template="give")
    with pytest.raises(Invalid) as refusal:
        shop.launcher.launch(campaign.id)
    assert list(refusal.value.fields) == ["offer"]
    assert "offer.summary" in refusal.value.fields["offer"][0]
    assert shop.campaigns.get(campaign.id).state is CampaignState.DRAFT
    with pytest.raises(Invalid):
        shop.sender.send(Wanted(customer="c1", template="give"), "once")


def test_each_variant_goes_to_its_share_and_the_report_says_which_earned_more(
    shop: Services, provider_sandbox: ProviderSandbox, clock: ManualClock
) -> None:
    open_shop(shop, [someone(number, clock.now()) for number in range(160)])
    words = {
        "email": {
            "en": {"subject": "Your own: {{ first_name }}", "html": "<p>Come back. {{ shop.postal_address }}</p>"}
        }
    }
    shop.templates.put(Template(id="plain", name="Plain", content=words))
    tried = [Variant(id="warm", share=50), Variant(id="plain", share=50, template="plain", channels=["email"])]
    campaign = draft(shop, holdout_percent=20, variants=tried)
    said = shop.rehearsal.dry_run(campaign)
    shop.launcher.launch(campaign.id)
    work(shop)
    run = shop.runs.of_campaigns([campaign.id])[0]
    got = {letter["address"].split("@")[0]: letter["subject"] for letter in provider_sandbox.accepted()}
    plain = {person for person, subject in got.items() if subject.startswith("Your own")}
    warm = got.keys() - plain
    held = set(shop.messages.customers_of(run.id, [State.HELD_OUT]))
    assert said.arms == {"holdout": len(held), "plain": len(plain), "warm": len(warm)}
    assert min(len(plain), len(warm)) > 40
    clock.advance(60)
    shop.orders.upsert([bought(person, clock.now(), 9_900) for person in sorted(plain)[:40]])
    shop.orders.upsert([bought(person, clock.now(), 1_000) for person in sorted(warm)[:10]])
    running = shop.reporter.report(shop.campaigns.get(campaign.id), "EUR")
    clock.advance(15 * 86_400)
    told = shop.reporter.report(shop.campaigns.get(campaign.id), "EUR")
    assert (running.method, told.method) == ("always_valid", "fixed")
    assert {name: arm.customers for name, arm in told.variants.items()} == {"warm": len(warm), "plain": len(plain)}
    assert told.experiment is not None
    assert told.experiment.winner == "plain"
    assert told.experiment.ratio is not None
    assert told.experiment.ratio.holds
    assert told.treated.revenue == 40 * 9_900 + 10 * 1_000


def test_who_is_held_out_of_all_marketing_is_in_no_campaigns_comparison(
    shop: Services, provider_sandbox: ProviderSandbox, clock: ManualClock
) -> None:
    open_shop(shop, [someone(number, clock.now()) for number in range(100)])
    shop.shops.put(msgspec.structs.replace(shop.shops.get(), holdout_percent=25))
    campaign = draft(shop, holdout_percent=10)
    shop.launcher.launch(campaign.id)
    work(shop)
    report = shop.reporter.report(shop.campaigns.get(campaign.id), "EUR")
    kept_out = 100 - report.treated.customers - report.holdout.customers
    assert 10 <= kept_out <= 45
    assert len(provider_sandbox.accepted()) == report.treated.customers
    again = draft(shop)
    shop.launcher.launch(again.id)
    work(shop)
    assert len(provider_sandbox.accepted()) == report.treated.customers + 100 - kept_out


def test_a_bandit_gives_the_next_run_more_of_what_earned_more_and_says_why(
    shop: Services, provider_sandbox: ProviderSandbox, clock: ManualClock
) -> None:
    open_shop(shop, [someone(number, clock.now()) for number in range(100)])
    tried = [Variant(id="calm", share=50), Variant(id="loud", share=50)]
    trigger = {"kind": "recurring", "cron": "0 10 * * *", "time_zone": "UTC"}
    campaign = draft(shop, variants=tried, allocation="bandit", trigger=trigger)
    shop.launcher.launch(campaign.id)
    clock.advance(86_400)
    shop.schedule.open_due()
    work(shop)
    first = shop.runs.of_campaigns([campaign.id])[0]
    drawn = {
        message["customer"]: message["variant"] for message in shop.database["messages"].find({"campaign": campaign.id})
    }
    assert first.shares == {}
    assert shop.learn_shares() == 1
    assert shop.campaigns.get(campaign.id).shares == {"calm": 50.0, "loud": 50.0}
    loud = sorted(customer for customer, variant in drawn.items() if variant == "loud")
    shop.orders.upsert([bought(customer, clock.now(), 5_000) for customer in loud[:30]])
    assert shop.learn_shares() == 1
    assert shop.learn_shares() == 0
    shares = shop.campaigns.get(campaign.id).shares
    assert shares["loud"] > 95
    clock.advance(86_400)
    shop.schedule.open_due()
    second = shop.runs.of_campaigns([campaign.id])[1]
    assert second.shares == shares
    told = shop.allocations.page(campaign.id, "", 10)
    assert [one.shares for one in told] == [{"calm": 50.0, "loud": 50.0}, shares]
    assert told[-1].arms["loud"].revenue == 30 * 5_000


LATE_WORDS = {
    "email": {
        "en": {
            "subject": "Your order {{ order.id }} is late",
            "html": "<p>{{ order.reason }}. Now on {{ order.expected_at | date }}.</p>",
        }
    }
}


def test_who_is_told_that_an_order_is_late_reads_why_and_the_new_day(
    shop: Services, provider_sandbox: ProviderSandbox, clock: ManualClock
) -> None:
    now = clock.now()
    open_shop(shop, [someone(1, now), someone(2, now)])
    shop.templates.put(Template(id="late", name="Late", content=LATE_WORDS))
    campaign = draft(
        shop, template="late", segment="", purpose="service", trigger={"kind": "incident", "causes": ["delayed"]}
    )
    shop.launcher.launch(campaign.id)
    shop.orders.upsert([bought("c1", now, 4_500), bought("c2", now, 4_500)])
    order = shop.orders.last_of(["c1"])["c1"].id
    late = OrderEvent(
        type="delayed", at=now, reason="A lorry broke down near Lyon", expected_at=now + timedelta(days=4)
    )
    shop.orders.add_events({order: [late]})
    shop.events.pump()
    shop.schedule.react()
    work(shop)
    (letter,) = provider_sandbox.accepted()
    assert letter["address"] == "c1@example.com"
    assert letter["subject"] == f"Your order {order} is late"
    assert "A lorry broke down near Lyon. Now on" in letter["html"]
    assert "March 6, 2026" in letter["html"]


def test_words_about_an_order_want_a_trigger_that_is_about_one(shop: Services, clock: ManualClock) -> None:
    open_shop(shop, [someone(1, clock.now())])
    shop.templates.put(Template(id="late", name="Late", content=LATE_WORDS))
    with pytest.raises(Invalid) as refused:
        shop.launcher.launch(draft(shop, template="late", purpose="service").id)
    assert "trigger" in refused.value.fields


def test_of_a_friends_order_nothing_is_said_to_who_invited_them(
    shop: Services, provider_sandbox: ProviderSandbox, clock: ManualClock
) -> None:
    now = clock.now()
    open_shop(shop, [someone(1, now), someone(2, now)])
    shop.orders.upsert([bought("c2", now, 4_500)])
    order = shop.orders.last_of(["c2"])["c2"].id
    occasion, people = Occasion(), {"m1": "c1", "m2": "c2"}
    gathered = shop.values.gather(occasion, people, {"m1": order, "m2": order})
    told = {source: shop.values.of(gathered, gathered.customers[people[source]], source) for source in people}
    assert "order" not in told["m1"]
    assert told["m2"]["order"]["id"] == order
