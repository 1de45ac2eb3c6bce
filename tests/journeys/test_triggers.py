"""The clock and events open runs: once for each occurrence, however often, late or crooked they are told."""

import re
from datetime import timedelta
from pathlib import Path

import worker
from campaigns.campaign import CampaignState
from campaigns.run import RunState
from common.chores import Scheduler
from common.events import event
from common.money import Money
from loyalty.basket import Basket
from loyalty.offer import Offer
from loyalty.programme import ReferralProgramme
from loyalty.referral import Friend
from tests.journeys.shop import Bench, bought, draft, open_shop, someone
from tests.support.clock import ManualClock
from tests.support.sandbox import ProviderSandbox
from wiring import Services


def tick(services: Services) -> None:
    """All chores that are due, and all they ring for."""
    bench = services.doorbell
    assert isinstance(bench, Bench)
    scheduler = Scheduler(worker.chores(services), services.leases, services.clock)
    for _ in range(2):
        scheduler.tick()
        bench.work(services)
    scheduler.stop()


def test_a_scheduled_campaign_goes_out_at_its_time_and_then_is_finished(
    shop: Services, provider_sandbox: ProviderSandbox, clock: ManualClock
) -> None:
    open_shop(shop, [someone(number, clock.now()) for number in range(3)])
    at = clock.now() + timedelta(hours=5)
    campaign = draft(shop, trigger={"kind": "scheduled", "at": at.isoformat()})
    assert shop.launcher.launch(campaign.id).state is CampaignState.SCHEDULED
    tick(shop)
    assert provider_sandbox.accepted() == []
    clock.advance(5 * 3_600 + 1)
    tick(shop)
    tick(shop)
    assert len(provider_sandbox.accepted()) == 3
    clock.advance(60)
    tick(shop)
    assert shop.campaigns.get(campaign.id).state is CampaignState.FINISHED


def test_a_recurring_campaign_runs_each_time_and_once_for_what_it_missed(
    shop: Services, provider_sandbox: ProviderSandbox, clock: ManualClock
) -> None:
    open_shop(shop, [someone(1, clock.now())])
    campaign = draft(shop, trigger={"kind": "recurring", "cron": "0 12 * * *"})
    shop.launcher.launch(campaign.id)
    tick(shop)
    clock.advance(2 * 3_600)
    tick(shop)
    tick(shop)
    assert len(provider_sandbox.accepted()) == 1
    clock.advance(3 * 86_400)  # the scheduler was away for three days: one message, not three
    tick(shop)
    tick(shop)
    assert len(provider_sandbox.accepted()) == 2
    assert shop.campaigns.get(campaign.id).state is CampaignState.RUNNING


def test_a_first_order_is_thanked_for_once_and_a_second_one_not(
    shop: Services, provider_sandbox: ProviderSandbox, clock: ManualClock
) -> None:
    open_shop(shop, [])
    shop.launcher.launch(draft(shop, segment="", trigger={"kind": "first_order"}).id)
    clock.advance(60)
    newcomer = someone(1, clock.now())
    shop.customers.upsert([newcomer])
    shop.customers.set_consent("c1", "email", "marketing", newcomer.consents["email"]["marketing"])
    order = bought("c1", clock.now(), id="first")
    shop.orders.upsert([order])
    shop.orders.upsert([order])
    tick(shop)
    tick(shop)
    clock.advance(60)
    shop.orders.upsert([bought("c1", clock.now(), id="second")])
    tick(shop)
    tick(shop)
    assert [letter["address"] for letter in provider_sandbox.accepted()] == ["c1@example.com"]


def test_what_happened_before_the_launch_triggers_nothing(
    shop: Services, provider_sandbox: ProviderSandbox, clock: ManualClock
) -> None:
    open_shop(shop, [someone(1, clock.now())])
    clock.advance(60)
    shop.launcher.launch(draft(shop, segment="", trigger={"kind": "first_order"}).id)
    tick(shop)
    tick(shop)
    assert provider_sandbox.accepted() == []


def test_an_event_about_somebody_outside_the_segment_plans_nothing(
    shop: Services, provider_sandbox: ProviderSandbox, clock: ManualClock
) -> None:
    open_shop(shop, [someone(1, clock.now())])
    campaign = draft(shop, trigger={"kind": "referral_redeemed"})
    shop.launcher.launch(campaign.id)
    clock.advance(1)
    told = [event("referral_redeemed", clock.now(), customer, ["r", customer]) for customer in ("c1", "somebody-else")]
    shop.events.add(told)
    shop.events.add(told)
    tick(shop)
    tick(shop)
    assert [letter["address"] for letter in provider_sandbox.accepted()] == ["c1@example.com"]
    runs = shop.runs.of_campaigns([campaign.id])
    assert sorted(run.planned for run in runs) == [0, 1]


def test_a_launch_that_died_before_its_run_was_open_is_mended(
    shop: Services, provider_sandbox: ProviderSandbox, clock: ManualClock
) -> None:
    open_shop(shop, [someone(1, clock.now())])
    campaign = draft(shop)
    moved = shop.campaigns.move(
        campaign.id, [CampaignState.DRAFT], CampaignState.RUNNING, launched_at=clock.now(), next_at=None
    )
    assert moved
    tick(shop)
    assert len(provider_sandbox.accepted()) == 1


def test_a_plan_whose_doorbell_was_not_heard_goes_on(
    shop: Services, provider_sandbox: ProviderSandbox, clock: ManualClock
) -> None:
    open_shop(shop, [someone(1, clock.now())])
    campaign = draft(shop)
    shop.launcher.launch(campaign.id)
    bench = shop.doorbell
    assert isinstance(bench, Bench)
    bench.rung.clear()
    tick(shop)
    assert shop.runs.of_campaigns([campaign.id])[0].state is RunState.PLANNING
    clock.advance(shop.settings.ring_again_after + 1)
    tick(shop)
    assert len(provider_sandbox.accepted()) == 1


def test_every_job_that_is_rung_for_is_one_the_worker_knows() -> None:
    root = Path(worker.__file__).parent
    sources = [path for path in root.rglob("*.py") if ".venv" not in path.parts and "tests" not in path.parts]
    texts = [path.read_text() for path in sources]
    everywhere = {name: value for text in texts for name, value in _constants(text).items()}
    assert {name for text in texts for name in _rung(text, everywhere)} == set(worker.JOBS)


def _constants(source: str) -> dict[str, str]:
    return dict(re.findall(r'^([A-Z_]+) = "(\w+)"', source, re.MULTILINE))


def _rung(source: str, everywhere: dict[str, str]) -> list[str]:
    """The jobs that a file rings for, by their names or by constants, its own before others'."""
    constants = everywhere | _constants(source)
    return [constants.get(name, name) for name in re.findall(r'\.ring\(\s*"?(\w+)"?[,)]', source)]


def test_a_friend_who_buys_makes_a_message_to_whoever_sent_them(
    shop: Services, provider_sandbox: ProviderSandbox, clock: ManualClock
) -> None:
    open_shop(shop, [someone(1, clock.now())])
    for name in ("friend", "advocate"):
        now = clock.now()
        shop.offers.add(
            Offer(id=name, name=name, kind="percent", settings={"percent": 10}, created_at=now, updated_at=now)
        )
    shop.programmes.add(
        ReferralProgramme(id="p", name="P", friend_offer="friend", advocate_offer="advocate", created_at=clock.now())
    )
    shop.launcher.launch(draft(shop, segment="", trigger={"kind": "referral_redeemed"}).id)
    code = shop.referrals.codes_for("p", ["c1"])["c1"]
    clock.advance(60)
    basket = Basket(id="b1", total=Money(2_000, "EUR"))
    shop.referrals.redeem(code, Friend(customer_id="ben", email="ben@example.com"), basket)
    tick(shop)
    tick(shop)
    assert [letter["address"] for letter in provider_sandbox.accepted()] == ["c1@example.com"]
