"""Every recipe makes drafts that lint, dry-run, launch, and reach somebody in a small shop."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import accumulate
from typing import Any

import msgspec
import pytest
from flask.testing import FlaskClient

from campaigns.campaign import Campaign
from campaigns.cooking import Order
from campaigns.journey import by_journeys, steps_of
from campaigns.occasion import Occasion
from campaigns.recipe import Recipe, kinds
from campaigns.trigger import parse
from common.errors import Conflict, Invalid, NotFound
from common.money import Money
from content.forms import FORMS
from content.lint import lint
from content.templates import compile_template
from content.vocabulary import sample
from customers.catalogue import Product
from customers.consent import Consent
from customers.shop import Shop
from loyalty.offer import Offer
from loyalty.programme import ReferralProgramme
from tests.journeys.shop import Bench, open_shop, someone
from tests.journeys.test_triggers import tick
from tests.support.clock import ManualClock
from tests.support.sandbox import ProviderSandbox
from wiring import Services

RECIPES = kinds()
SENT = [name for name in RECIPES if name != "bad_news"]


@pytest.fixture
def shop(provider_sandbox: ProviderSandbox, services: Services) -> Iterator[Services]:
    """A small shop, its words sent to the stand-in."""
    shop = Services(provider_sandbox.settings(services.settings), services.clock, Bench())
    open_shop(shop, [someone(number, shop.clock.now()) for number in range(2)])
    shop.shops.put(
        Shop(name="Harbour Records", postal_address="1 Harbour Lane", url="https://shop.example", locale="en")
    )
    now = shop.clock.now()
    five = Offer(
        id="five",
        name="Five",
        kind="amount",
        settings={"amount": {"amount": 500, "currency": "EUR"}},
        created_at=now,
        updated_at=now,
    )
    shop.offers.add(five)
    shop.programmes.add(
        ReferralProgramme(id="friends", name="Friends", friend_offer="five", advocate_offer="five", created_at=now)
    )
    yield shop
    shop.close()


def test_the_recipes_that_shops_need_are_there() -> None:
    assert set(RECIPES) == {
        "bad_news", "birthday", "how_to", "points_reminder", "referral_invitation", "replenishment", "second_order",
        "sunset", "thank_you", "vip_surprise", "welcome", "win_back",
    }  # fmt: skip


@pytest.mark.parametrize("kind", RECIPES.values(), ids=RECIPES)
def test_a_recipe_says_what_it_takes(kind: type[Recipe[Any]]) -> None:
    assert kind.summary.endswith(".")
    assert kind.title
    assert kind.__doc__


def test_each_makes_drafts_that_can_be_tried_and_whose_words_are_sound(shop: Services) -> None:
    for name in SENT:
        made = shop.cook.make(name, Order(settings=dict(RECIPES[name].example)))
        [campaign] = made.campaigns
        assert campaign.state == "draft"
        for template in made.templates:
            _sound(shop, template, campaign.purpose)
        told = shop.rehearsal.dry_run(campaign)
        assert told.unwritable == {}, name


def _sound(shop: Services, template: str, purpose: Any) -> None:
    content = shop.templates.get(template).content
    if len(content["email"]) > 1:  # else they are the shop's own tips
        assert {*content, "whatsapp"} == {*FORMS}, template
        assert all(set(languages) == {"en", "de", "fr", "es", "pt"} for languages in content.values()), template
    for channel, languages in content.items():
        for locale, parts in languages.items():
            rendered = compile_template(parts, channel, locale, purpose).render(sample(locale))
            warned = [one for one in lint(channel, locale, parts, rendered, purpose=purpose) if one.code not in LEFT]
            assert warned == [], (template, locale)


# The letters of a sample cannot have these: they hang on the sample's own links and names.
LEFT = frozenset({"subject_long"})


def test_each_reaches_somebody(shop: Services, clock: ManualClock, provider_sandbox: ProviderSandbox) -> None:
    shop.products.upsert([Product(id="cd", name="Night Ferry", price=999, currency="EUR", stock=3)])
    points = {"points": 640, "expiring": [{"points": 120, "at": clock.now() + timedelta(days=200)}]}
    shop.database["customers"].update_one({"_id": "c1"}, {"$set": {"loyalty": points}})
    [order] = shop.orders.last_of(["c1"]).values()
    # After a sunset nothing else would come.
    launched = {name: _launched(shop, name, order.id) for name in SENT if name != "sunset"}
    waits = {name: list(accumulate(step.wait_minutes for step in steps_of(one))) for name, one in launched.items()}
    start = clock.now()
    for minutes in sorted(set().union(*waits.values())):
        clock.set(start + timedelta(minutes=minutes + 2))
        tick(shop)
    got = {name: [one.state for one in shop.messages.of_campaign(made.id, "", 9)] for name, made in launched.items()}
    wanted = {name: ["accepted"] * len(times) for name, times in waits.items()}
    wanted["win_back"] = ["accepted"] * 2  # of a segment, which is both of them
    assert got == wanted
    letters = [one for one in provider_sandbox.accepted() if one["address"] == "c1@example.com"]
    assert len(letters) == sum(map(len, waits.values()))


def _launched(shop: Services, name: str, order: str) -> Campaign:
    """A recipe's campaign, launched, and Ana let in as its trigger would."""
    [campaign] = shop.cook.make(name, Order(settings=dict(RECIPES[name].example), holdout_percent=0)).campaigns
    if campaign.segment:  # who is in it is the segment's own matter
        shop.segments.put(msgspec.structs.replace(shop.segments.get(campaign.segment), rules={"rule": "everyone"}))
    launched, now = shop.launcher.launch(campaign.id), shop.clock.now()
    told: dict[str, Any] = {"event": {"order": order}}
    if by_journeys(launched):
        at = now + timedelta(minutes=1)
        shop.entrance.enter(launched, [Occasion(customer="c1", key="now", since=at, data=told)])
    else:
        one = "c1" if parse(launched.trigger).event else ""
        shop.launcher.open_run(launched, "now", now, customer=one, **told)
    return launched


def test_who_says_nothing_to_a_sunset_is_written_to_no_more(shop: Services, clock: ManualClock) -> None:
    [campaign] = shop.cook.make("sunset", Order()).campaigns
    everyone = msgspec.structs.replace(shop.segments.get(campaign.segment), rules={"rule": "everyone"})
    shop.segments.put(everyone)
    launched = shop.launcher.launch(campaign.id)
    people = [Occasion(customer=one, key="now", since=clock.now()) for one in ("c0", "c1")]
    shop.entrance.enter(launched, people)
    for step in steps_of(launched):
        clock.advance(step.wait_minutes * 60 + 120)
        tick(shop)
    clock.advance(11 * 60)
    tick(shop)
    assert shop.sunsetting.look() == 0  # the last letter is on its way
    clock.advance(launched.limits.expires_after_hours * 3_600)
    yes = Consent(state="granted", at=clock.now(), how="preferences")
    shop.customers.set_consent("c0", "email", "marketing", yes)  # has thought better of it
    assert shop.sunsetting.look() == 3
    assert shop.sunsetting.look() == 0
    known = shop.customers.get(["c0", "c1"])
    assert known["c0"].consents["email"]["marketing"].state == "granted"
    words = {channel: word["marketing"] for channel, word in known["c1"].consents.items()}
    assert {(word.state, word.how) for word in words.values()} == {("denied", "sunset")}


def test_settings_that_make_no_sense_are_named_and_a_policy_is_not_written_over(
    shop: Services, client: FlaskClient
) -> None:
    with pytest.raises(NotFound):
        shop.cook.make("soup", Order())
    for name, settings, field in (
        ("win_back", {"percents": [20, 10]}, "settings.percents"),
        ("win_back", {"percents": ["a"]}, "settings.percents[0]"),
        ("win_back", {"unheard_of": 1}, "settings"),
        ("win_back", {"cron": "never"}, "trigger.cron"),
        ("referral_invitation", {"programme": "none"}, "referral_programme"),
        ("birthday", {"offer": "none"}, "offer"),
        ("how_to", {"tips": [{"after_days": 1, "subject": "{{ a }}", "text": "b"}]}, "settings.tips[0].subject"),
    ):
        with pytest.raises(Invalid) as refused:
            shop.cook.make(name, Order(settings=settings))
        assert field in refused.value.fields, (name, settings, refused.value.fields)
    assert shop.campaigns.page("", 9) == []
    assert shop.templates.page("miss", 9) == []
    assert shop.cook.make("bad_news", Order(settings={"month_most": 50_000})).goodwill
    policy = shop.goodwill.get()
    assert not policy.active
    assert policy.budget.periods[0].money == Money(50_000, "EUR")
    with pytest.raises(Conflict):
        shop.cook.make("bad_news", Order())
    told = {one["name"]: one for one in client.get("/v1/recipes").get_json()["data"]}
    assert told.keys() == RECIPES.keys()
    made = client.post("/v1/recipes/win_back", json={"name": "Come back", "settings": {"total_most": 100_000}})
    assert made.status_code == 201
    [campaign] = made.get_json()["campaigns"]
    assert (campaign["state"], campaign["holdout_percent"]) == ("draft", 10.0)
    assert campaign["ladder"]["total_most"] == {"amount": 100_000, "currency": "EUR"}
    assert [one["share"] for one in campaign["variants"]] == pytest.approx([50, 100 / 3, 50 / 3])
    tried = client.post(f"/v1/campaigns/{campaign['id']}/dry-run").get_json()
    assert tried["ladder"]["most"]["currency"] == "EUR"
