"""People go through campaigns step by step: each step once, and none after an exit, however late it is done."""

from campaigns.campaign import CampaignState
from campaigns.journey import journey_id
from campaigns.steps import JourneyRules, JourneyStep
from content.templates import Template
from tests.journeys.shop import bought, draft, open_shop, someone
from tests.journeys.test_triggers import tick
from tests.support.clock import ManualClock
from tests.support.sandbox import ProviderSandbox
from wiring import Services

HOUR = 3_600
DAY = 24 * HOUR
SECOND = JourneyStep(wait_minutes=2 * 24 * 60, template="second")


def opened(shop: Services, clock: ManualClock, people: int = 2) -> None:
    open_shop(shop, [someone(number, clock.now()) for number in range(1, people + 1)])
    words = {"email": {"en": {"subject": "Still there, {{ first_name }}?", "html": "<p>It is us again.</p>"}}}
    shop.templates.put(Template(id="second", name="Second", content=words))


def subjects(sandbox: ProviderSandbox, customer: str) -> list[str]:
    mine = [letter for letter in sandbox.accepted() if letter["address"] == f"{customer}@example.com"]
    return [letter["subject"] for letter in mine]


def test_steps_follow_each_other_and_stop_for_who_orders(
    shop: Services, provider_sandbox: ProviderSandbox, clock: ManualClock
) -> None:
    opened(shop, clock)
    rules = JourneyRules(exits=["ordered"])
    campaign = draft(shop, steps=[JourneyStep(), SECOND, SECOND], journey=rules)
    shop.launcher.launch(campaign.id)
    tick(shop)
    tick(shop)
    assert subjects(provider_sandbox, "c1") == ["Hello Ana1"]
    clock.advance(DAY)
    shop.orders.upsert([bought("c2", clock.now())])
    clock.advance(DAY + 60)
    tick(shop)
    tick(shop)
    assert subjects(provider_sandbox, "c1") == ["Hello Ana1", "Still there, Ana1?"]
    assert subjects(provider_sandbox, "c2") == ["Hello Ana2"]
    ways = shop.journeys.get([journey_id(campaign.id, one) for one in ("c1", "c2")])
    assert {one.customer: (one.state, one.why) for one in ways.values()} == {
        "c1": ("going", ""),
        "c2": ("ended", "ordered"),
    }
    clock.advance(2 * DAY + 60)
    for _ in range(3):
        tick(shop)
        clock.advance(11 * 60)
    assert len(subjects(provider_sandbox, "c1")) == 3
    tick(shop)
    assert shop.campaigns.get(campaign.id).state is CampaignState.FINISHED
    assert shop.journeys.get([journey_id(campaign.id, "c1")]).popitem()[1].why == "finished"
