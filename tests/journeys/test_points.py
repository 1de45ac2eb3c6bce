"""From an order to a letter: the chores earn, mature, judge and warn, and campaigns write of it."""

from datetime import timedelta

from content.templates import Template
from loyalty.points_expiry import Expiry
from loyalty.tiers import Level, TierRules
from tests.journeys.shop import bought, draft, open_shop, someone
from tests.journeys.test_triggers import tick
from tests.loyalty.points_makers import open_programme
from tests.support.clock import ManualClock
from tests.support.sandbox import ProviderSandbox
from wiring import Services

TIER = {"email": {"en": {"subject": "You are {{ tier.name }}", "html": "<p>{{ points.pending }} to come.</p>"}}}
SOON = {
    "email": {
        "en": {
            "subject": "{{ points.expiring }} points end",
            "html": "<p>Of your {{ points.balance }}, on {{ points.expiring_at | date }}.</p>",
        }
    }
}


def letters(sandbox: ProviderSandbox) -> list[str]:
    """What was sent, as text."""
    return [str(line) for line in sandbox.accepted()]


def test_who_reaches_a_tier_and_who_is_about_to_lose_points_is_written_to(
    shop: Services, provider_sandbox: ProviderSandbox, clock: ManualClock
) -> None:
    open_shop(shop, [someone(1, clock.now())])
    levels = [Level(name="Silver", threshold=40)]
    open_programme(
        shop, window=14, expiry=Expiry(policy="months", months=2), notice_days=7, tiers=TierRules(levels=levels)
    )
    for name, words in (("tier", TIER), ("soon", SOON)):
        shop.templates.put(Template(id=name, name=name, content=words))
    reached = draft(shop, template="tier", trigger={"kind": "tier_reached", "tier": "Silver"})
    ending = draft(shop, template="soon", trigger={"kind": "points_expiring", "at_least": 10})
    for campaign in (reached, ending):
        shop.launcher.launch(campaign.id)
    tick(shop)
    shop.orders.upsert([bought("c1", clock.now(), total=5_000, id="o1")])
    for _ in range(4):
        tick(shop)
        clock.advance(61)
    (first,) = letters(provider_sandbox)
    assert "You are Silver" in first
    clock.advance(timedelta(days=15).total_seconds())
    for _ in range(2):
        tick(shop)
        clock.advance(61)
    assert shop.customers.get(["c1"])["c1"].loyalty["points"] == 50
    clock.advance(timedelta(days=54).total_seconds())
    for _ in range(4):
        tick(shop)
        clock.advance(61)
    assert len(letters(provider_sandbox)) == 2
    assert "50 points end" in letters(provider_sandbox)[1]
    clock.advance(timedelta(days=8).total_seconds())
    for _ in range(3):
        tick(shop)
        clock.advance(61)
    assert shop.customers.get(["c1"])["c1"].loyalty["points"] == 0
    assert len(letters(provider_sandbox)) == 2
    assert shop.points.audit("c1")[1] == []
