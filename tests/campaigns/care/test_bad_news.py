"""Bad news first: told once, made good once; marketing rests meanwhile, and the good news follows."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from campaigns.care.noticing import NEWS
from common.money import Money
from common.settings import Settings
from content.bad_news import content
from content.templates import Template
from customers.catalogue import Product
from customers.incident import Scope
from customers.timeline import timeline
from loyalty.budgets import Budget
from loyalty.goodwill import GoodwillRule
from tests.journeys.shop import Bench, draft
from tests.support.care import Troubled, everybody, states
from tests.support.clock import ManualClock
from wiring import Services

RULE = GoodwillRule(give={"kind": "percent", "percent": 10})


@pytest.fixture
def services(settings: Settings, clock: ManualClock) -> Iterator[Services]:
    services = Services(settings, clock, Bench())
    yield services
    services.close()


@pytest.fixture
def shop(services: Services, clock: ManualClock) -> Troubled:
    return Troubled(services, clock)


def test_a_trouble_is_told_once_with_what_makes_up_for_it_and_again_when_it_is_over(shop: Troubled) -> None:
    shop.customers(1)
    shop.order("o1")
    expected = shop.clock.now() + timedelta(days=3)
    for _ in range(2):
        shop.happens("o1", "delayed", id="d", reason="A lorry broke down.", expected_at=expected)
        shop.settle()
    assert states(shop.services, ["o1"]) == {"o1/delayed": "told"}
    [letter] = shop.letters()
    case = shop.case("o1", "delayed")
    [given] = case.given
    assert "Your order o1 takes longer than we promised. We are sorry." in letter["text"]
    assert "The reason: A lorry broke down." in letter["text"]
    assert "We now expect it on March 5, 2026." in letter["text"]
    assert f"Free shipping with your code {given.code}, until May 31, 2026." in letter["text"]
    assert shop.services.vouchers.get(given.code).customer == "c1"
    assert shop.purse() == {"EUR": 500}
    assert shop.services.customers.get(["c1"])["c1"].care["open"][case.id] == expected + timedelta(days=14)
    shop.happens("o1", "delivered")
    shop.settle()
    assert states(shop.services, ["o1"]) == {"o1/delayed": "solved"}
    assert [one["subject"] for one in shop.letters()][1:] == ["Good news: your order o1 has arrived"]
    assert shop.services.customers.get(["c1"])["c1"].care["open"] == {}
    shop.happens("o1", "delayed", id="d", expected_at=expected + timedelta(days=1))
    shop.settle()
    assert (len(shop.letters()), shop.purse()) == (2, {"EUR": 500})
    told = [entry["type"] for entry in shop.services.database["events"].find({"customer": "c1"})]
    ours = sorted(one for one in told if one.startswith("incident"))
    assert ours == ["incident_opened", "incident_solved", "incident_told"]


def test_a_changed_date_is_told_once_for_each_date_and_nothing_is_given_again(shop: Troubled) -> None:
    """By the second event of the same kind, by another that says a date, and by an incident over many orders."""
    shop.customers(1, time_zone="Europe/Lisbon")
    shop.order("o1")
    first, days = shop.clock.now() + timedelta(days=3), timedelta(days=1)

    def said(type: str, id: str, date: Any, **facts: Any) -> list[str]:
        shop.clock.advance(60)
        for _ in range(2):
            shop.happens("o1", type, id=id, expected_at=date, **facts)
            shop.settle()
        return [one["subject"] for one in shop.letters()]

    assert len(said("delayed", "a", first)) == 1
    assert len(said("delayed", "b", first + timedelta(hours=2))) == 1  # the same day is no news
    assert said("delayed", "c", first + 4 * days, reason="Snow")[1:] == ["A new date for your order o1: March 9, 2026"]
    assert "could not keep to it. We are sorry. We now expect it on March 9" in shop.letters()[1]["text"]
    assert "The reason: Snow." in shop.letters()[1]["text"]
    [given] = shop.case("o1", "delayed").given
    assert f"Your code {given.code} still stands." in shop.letters()[1]["text"]
    assert len(said("delayed", "d", first + 2 * days)) == 3
    assert "comes sooner than we told you: we now expect it on March 7" in shop.letters()[2]["text"]
    assert len(said("shipped", "e", first + 4 * days)) == 4  # later than they believe now
    assert len(said("delayed", "f", first + 2 * days)) == 4  # told before, and sooner: they are not the worse for it
    shop.clock.advance(60)
    snow = shop.services.opening.open(
        "delayed", Scope(orders=["o1"]), reason="More snow", expected_at=first + 9 * days, by="k1", quiet=False
    )
    shop.settle()
    assert shop.services.opening.find(snow.id) == 0
    assert [one["subject"] for one in shop.letters()][4:] == ["A new date for your order o1: March 14, 2026"]
    assert shop.purse() == {"EUR": 500}
    case = shop.case("o1", "delayed")
    assert ([date.day for date in case.dates], len(case.updates), case.work) == ([5, 9, 7, 9, 14], 4, "")
    told = [one["type"] for one in shop.services.database["events"].find({"customer": "c1"})]
    assert (told.count("incident_told"), told.count("incident_dated")) == (1, 4)


def test_a_date_that_changes_while_the_bad_news_is_under_way_is_told_after_it(shop: Troubled) -> None:
    shop.customers(1, 2)
    services, first = shop.services, shop.clock.now() + timedelta(days=3)
    for order, customer in (("o1", "c1"), ("o2", "c2")):
        shop.order(order, customer)
        shop.happens(order, "delayed", id="a", expected_at=first)
    services.events.pump()
    services.noticing.react()
    services.telling.work()  # planned, and not delivered yet
    for order in ("o1", "o2"):
        shop.happens(order, "delayed", id="b", at=shop.clock.now(), expected_at=first + timedelta(days=1))
    services.events.pump()
    services.noticing.react()
    assert shop.case("o1", "delayed").work == "watch"
    shop.happens("o2", "delivered")
    shop.settle()
    assert [one["subject"][:12] for one in shop.letters("c1")] == ["We are sorry", "A new date f"]
    assert [one["subject"][:12] for one in shop.letters("c2")] == ["We are sorry", "Good news: y"]


def test_what_is_over_before_it_was_told_is_never_told_and_what_is_long_past_is_no_news(shop: Troubled) -> None:
    shop.customers(1)
    for order in ("o1", "o2", "o3", "o4"):
        shop.order(order, placed_at=shop.clock.now() - timedelta(days=9))
    shop.happens("o1", "delivered")
    shop.happens("o1", "delayed", at=shop.clock.now() - timedelta(hours=1))  # overtaken on its way
    shop.happens("o2", "damaged", at=shop.clock.now() - NEWS - timedelta(hours=1))
    shop.happens("o3", "delayed")
    shop.happens("o3", "cancelled")
    shop.policy(tell=["delayed", "cancelled"], rules=[])
    shop.happens("o4", "wrong_item")
    shop.settle()
    assert states(shop.services, ["o1", "o2", "o3", "o4"]) == {"o3/cancelled": "told", "o4/wrong_item": "open"}
    assert [one["subject"] for one in shop.letters()] == ["We are sorry: your order o3 had to be cancelled"]
    shop.happens("o3", "refunded")
    shop.settle()
    assert shop.letters()[1]["subject"] == "Good news: the money for your order o3 is on its way back to you"
    assert shop.services.database["offers"].count_documents({}) == 0


def test_a_shop_that_has_set_nothing_keeps_its_incidents_and_says_nothing(shop: Troubled) -> None:
    shop.policy(active=False)
    shop.customers(1)
    shop.order("o1")
    shop.happens("o1", "damaged")
    shop.settle()
    assert states(shop.services, ["o1"]) == {"o1/damaged": "open"}
    assert (shop.letters(), shop.services.customers.get(["c1"])["c1"].care) == ([], {})
    shop.clock.advance(60)
    shop.policy(active=True, active_since=shop.clock.now())
    shop.settle()
    shop.order("o2")
    shop.happens("o2", "damaged", at=shop.clock.now() - timedelta(minutes=5))  # before it held
    shop.settle()
    assert shop.letters() == []


def test_what_nobody_told_of_is_late_by_the_promised_date(shop: Troubled) -> None:
    shop.customers(1)
    now = shop.clock.now()
    past: dict[str, Any] = {"placed_at": now - timedelta(days=9), "promised_at": now - timedelta(hours=30)}
    for order in ("late", "excused", "there", "old"):
        shop.order(order, **(past if order != "old" else past | {"promised_at": now - timedelta(days=9)}))
    shop.happens("excused", "shipped", expected_at=now + timedelta(days=1))
    shop.happens("there", "delivered")
    assert [shop.services.noticing.look_for_late() for _ in range(2)] == [1, 0]
    shop.settle()
    assert states(shop.services, ["late", "excused", "there", "old"]) == {"late/late": "told"}
    assert [one["subject"] for one in shop.letters()] == [
        "We are sorry: your order late should have been with you by now"
    ]
    shop.clock.advance(3 * 86_400)
    assert [shop.services.noticing.look_for_late() for _ in range(2)] == [1, 0]
    assert states(shop.services, ["excused"]) == {"excused/late": "open"}
    shop.happens("late", "delivered")
    shop.settle()
    assert states(shop.services, ["late"]) == {"late/late": "solved"}


def test_one_incident_finds_all_whom_it_hits_and_gives_each_of_them_once(shop: Troubled) -> None:
    shop.customers(1, 2, 3)
    services = shop.services
    services.products.upsert([Product(id="cd", name="Night Ferry", stock=0, substitutes=["lp"], currency="EUR")])
    services.products.upsert([Product(id="lp", name="Slow Weather", price=2_000, currency="EUR", stock=3)])
    for order, customer in (("o1", "c1"), ("o2", "c1"), ("o3", "c2"), ("o4", "c3")):
        shop.order(order, customer)
    shop.happens("o4", "shipped", carrier="Blue Van")
    incident = services.opening.open(
        "out_of_stock", Scope(product="cd"), reason="The press stands still", expected_at=None, by="k1", quiet=False
    )
    shop.settle()
    assert services.opening.find(incident.id) == 0
    assert states(services, ["o1", "o2", "o3", "o4"]) == {f"o{number}/out_of_stock": "told" for number in (1, 2, 3)}
    given = [case.given for case in services.cases.of_orders(["o1", "o2"])]
    assert sorted(len(one) for one in given) == [0, 1]
    letter = shop.letters("c2")[0]["text"]
    assert "If you do not want to wait, these are in stock: Slow Weather." in letter
    assert "Night Ferry for €40 with your code" in letter
    services.products.upsert([Product(id="cd", name="Night Ferry", stock=9, currency="EUR")])
    shop.settle()
    assert set(states(services, ["o1", "o2", "o3"]).values()) == {"solved"}
    assert "is there again, and comes to you" in shop.letters("c2")[1]["subject"]
    carrier = services.opening.open(
        "delayed", Scope(carrier="Blue Van"), reason="Snow", expected_at=None, by="k1", quiet=False
    )
    shop.settle()
    assert [case.order for case in services.cases.page("", 9, incident=carrier.id)] == ["o4"]
    assert services.ending.end(carrier.id, "solved", "k1", "The snow is gone") == 1
    assert services.incidents.tallies([carrier.id]) == {carrier.id: {"solved": 1}}


def test_several_bad_ones_in_a_row_raise_it_and_call_a_person_who_may_give_more(shop: Troubled) -> None:
    rule = GoodwillRule(give={"kind": "percent", "percent": 10, "more_each": 5, "most": 25})
    shop.policy(rules=[rule], call_from=3)
    shop.customers(1)
    for number in (1, 2, 3):
        shop.order(f"o{number}")
        shop.happens(f"o{number}", "damaged")
        shop.settle()
    cases = [shop.case(f"o{number}", "damaged") for number in (1, 2, 3)]
    assert [case.given[0].worth for case in cases] == [400, 600, 800]
    assert [case.why_call for case in cases] == ["", "", "bad_in_a_row"]
    assert "A person of ours will be in touch with you as well." in shop.letters()[2]["text"]
    assert shop.purse() == {"EUR": 1_800}


def test_without_room_in_the_budget_the_news_are_told_all_the_same(shop: Troubled) -> None:
    rule = GoodwillRule(give={"kind": "amount", "percent_of_order": 10, "least": 500})
    shop.policy(rules=[rule], budget=Budget(customer_money=Money(500, "EUR")))
    shop.customers(1, 2)
    for order, customer in (("o1", "c1"), ("o2", "c1"), ("o3", "c2")):
        shop.order(order, customer)
        shop.happens(order, "damaged")
        shop.settle()
    refused = {case.order: case.refused for case in shop.services.cases.of_orders(["o1", "o2", "o3"])}
    assert refused == {"o1": "", "o2": "customer_money", "o3": ""}
    assert len(shop.letters("c1")) == 2
    assert "To make up for it" not in shop.letters("c1")[1]["text"]
    assert shop.purse() == {"EUR": 1_000}


def test_who_cannot_be_told_is_called(shop: Troubled) -> None:
    shop.customers(1, addresses={}, consents={}, preferred=[])
    shop.customers(2)
    shop.services.suppressions.add("email", "c2@example.com", "all", "bounced", shop.clock.now())
    shop.services.customers.change("c2", {"addresses.sms": None})
    for order, customer in (("o1", "c1"), ("o2", "c2")):
        shop.order(order, customer)
        shop.happens(order, "damaged")
    shop.settle()
    found = {case.order: (case.state, case.untold, case.call) for case in shop.services.cases.of_orders(["o1", "o2"])}
    assert found == {"o1": ("open", "no_address", True), "o2": ("open", "suppressed", True)}


def test_marketing_rests_until_it_is_solved_and_no_longer_than_set(shop: Troubled) -> None:
    services = shop.services
    shop.policy(rules=[], rest_days=3)
    shop.customers(1, 2)
    shop.order("o1", "c1")
    shop.order("o2", "c2")
    everybody(services)

    def skipped() -> dict[str, int]:
        return dict(services.rehearsal.dry_run(draft(services)).would_skip)

    shop.happens("o1", "damaged")
    shop.settle()
    assert skipped() == {"incident_open": 1}
    campaign = draft(services)
    services.launcher.launch(campaign.id)
    shop.settle()
    reasons = {
        one["customer"]: one.get("reason", "") for one in services.database["messages"].find({"campaign": campaign.id})
    }
    assert reasons == {"c1": "incident_open", "c2": ""}
    shop.clock.advance(3 * 86_400 + 1)
    assert skipped() == {}
    shop.happens("o2", "delayed")
    shop.settle()
    assert skipped() == {"incident_open": 1}
    shop.happens("o2", "delivered")
    shop.settle()
    assert skipped() == {}


def test_who_is_merged_or_erased_takes_the_rest_along(shop: Troubled) -> None:
    services = shop.services
    shop.policy(rules=[RULE])
    shop.customers(1, 2)
    shop.order("o2", "c2")
    shop.happens("o2", "damaged", reason="A wet box")
    shop.settle()
    services.merger.merge("c1", "c2")
    case = shop.case("o2", "damaged")
    assert (case.customer, list(services.customers.get(["c1"])["c1"].care["open"])) == ("c1", [case.id])
    told = [entry.text for entry in timeline(services.happenings, "c1", "", 50)]
    assert f"Was given the code {case.given[0].code}." in told
    assert not [text for text in told if text.startswith("Used the code")]
    services.eraser.erase("c1")
    gone = shop.case("o2", "damaged")
    assert (gone.customer.startswith("erased-"), gone.reason, gone.call) == (True, "", False)
    assert shop.purse() == {"EUR": 400}


def test_on_whatsapp_the_approved_template_goes_with_its_values_as_soon_as_it_is_named(shop: Troubled) -> None:
    """With our own words in place already; its link is ten characters that lead to the order's page."""
    services = shop.services
    services.templates.put(Template(id="bad-news", name="Bad news first", content=content("bad-news")))
    shop.customers(1, addresses={"whatsapp": ["+12125550001"]}, preferred=["whatsapp"], consents={})
    shop.order("o1")
    shop.order("o2")
    shop.happens("o1", "damaged", reason="Box\ncrushed")
    shop.settle()
    shop.policy(whatsapp_template="order_news")
    shop.happens("o2", "damaged", reason="Box\ncrushed")
    shop.settle()
    free, approved = shop.letters()
    assert "template" not in free
    assert "Send nothing back yet." in free["text"]
    assert "See how it is, and choose what you would like: http" in free["text"]
    assert "/t/" in free["text"]
    order, news, follows = approved["values"].splitlines()
    assert (order, approved["template"]) == ("o2", "order_news/en")
    assert news.strip() == "Your order o2 arrived damaged. We are sorry. The reason: Box crushed."
    assert f"15% off with your code {shop.case('o2', 'damaged').given[0].code}, until May 31, 2026." in follows
    led = services.short_links.get(approved["template_links"])
    assert led is not None
    assert "/t/" in led.address
    assert services.templates.get("bad-news").version == 3
    services.templates.put(Template(id="bad-news", name="Its own", content={"sms": {"en": {"text": "Sorry."}}}))
    shop.order("o3")
    shop.happens("o3", "damaged")
    shop.settle()
    assert services.templates.get("bad-news").version == 4


def test_late_and_delayed_are_one_trouble_told_once_and_made_good_once(shop: Troubled) -> None:
    """However the word comes: by the order's event, or by an incident over many orders."""
    shop.customers(1, 2)
    now = shop.clock.now()
    past: dict[str, Any] = {"placed_at": now - timedelta(days=9), "promised_at": now - timedelta(hours=30)}
    shop.order("o1", "c1", **past)
    shop.order("o2", "c2", **past)
    assert shop.services.noticing.look_for_late() == 2
    shop.settle()
    shop.clock.advance(3_600)
    expected = shop.clock.now() + timedelta(days=3)
    shop.happens("o1", "delayed", reason="Snow", expected_at=expected)
    shop.services.opening.open(
        "delayed", Scope(orders=["o2"]), reason="Snow", expected_at=expected, by="k1", quiet=False
    )
    shop.settle()
    assert states(shop.services, ["o1", "o2"]) == {"o1/late": "told", "o2/late": "told"}
    for customer in ("c1", "c2"):
        assert [one["subject"][:12] for one in shop.letters(customer)] == ["We are sorry", "A new date f"]
        assert "The reason: Snow." in shop.letters(customer)[1]["text"]
    assert shop.purse() == {"EUR": 1_000}
    shop.happens("o1", "delayed", id="again")
    shop.settle()
    assert len(shop.letters("c1")) == 2


def test_marketing_rests_beyond_the_latest_date_that_was_promised_and_no_longer_than_a_year(shop: Troubled) -> None:
    shop.policy(rules=[], rest_days=3)
    shop.customers(1, 2)
    shop.order("o1", "c1")
    shop.order("o2", "c2")
    begun, day = shop.clock.now(), timedelta(days=1)

    def rested(customer: str) -> list[Any]:
        return [until - begun for until in shop.services.customers.get([customer])[customer].care["open"].values()]

    shop.happens("o1", "delayed", id="a", expected_at=begun + 30 * day)
    shop.happens("o2", "delayed", id="a", expected_at=begun + 9_999 * day)
    shop.settle()
    assert (rested("c1"), rested("c2")) == ([33 * day], [365 * day])
    for event, days, rests in (("b", 50, 53), ("c", 40, 53)):  # sooner again: until what was promised before
        shop.clock.advance(60)
        shop.happens("o1", "delayed", id=event, expected_at=begun + days * day)
        shop.settle()
        assert rested("c1") == [rests * day]
    assert shop.case("o1", "delayed").rests_until == begun + 53 * day
    shop.happens("o1", "delivered")
    shop.settle()
    assert rested("c1") == []
