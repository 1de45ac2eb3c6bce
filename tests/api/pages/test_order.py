"""The page of an order: what went wrong, what happens next, and what a customer can choose, in a real browser too."""

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page, expect

from common.settings import Settings
from customers.catalogue import Product
from customers.shop import Brand, Shop
from loyalty.goodwill import GoodwillRule
from tests.api.conftest import Call
from tests.api.pages.test_browser import LOOKS, SMALL, accessible
from tests.journeys.shop import Bench
from tests.support.care import Troubled
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
    """Ana's order, of which a record is sold out; another of hers came damaged."""
    shop = Troubled(services, clock, rules=[RULE])
    known = services.shops.get()
    brand = Brand(name="Vinyl & Tea", colour="#0f766e")
    services.shops.put(
        Shop(name=brand.name, url="https://vinyl.example/", brands={"default": brand}, postal_address="1 Harbour Lane"),
        known.version,
    )
    services.products.upsert(
        [
            Product(id="cd", name="Night Ferry", stock=0, substitutes=["lp"], price=2_000, currency="EUR"),
            Product(id="lp", name="Slow Weather", stock=3, price=2_000, currency="EUR"),
        ]
    )
    shop.customers(1, time_zone="Europe/Lisbon")
    shop.order("10042", promised_at=clock.now() + timedelta(days=1))
    return shop


def told(shop: Troubled, cause: str, **facts: object) -> str:
    """Something goes wrong; the way to the page, out of the letter that says so."""
    shop.happens("10042", cause, **facts)
    shop.settle()
    message = shop.case("10042", cause).message
    link = shop.services.links.url("order", message)
    assert link in shop.letters()[-1]["html"]
    return link.removeprefix(shop.services.links.public_url)


def test_a_customer_sees_what_went_wrong_and_chooses_and_the_shop_is_told(
    shop: Troubled, web: FlaskClient, call: Call
) -> None:
    later = shop.clock.now() + timedelta(days=7)
    path = told(shop, "out_of_stock", reason="The press stands still", expected_at=later)
    case = shop.case("10042", "out_of_stock")
    page = web.get(path, headers={"Accept-Language": "en"}).get_data(as_text=True)
    for said in (
        "Order 10042", "We expect it on March 9, 2026.", "We first told you March 3, 2026.",
        "Something in your order 10042 is sold out.", "The reason: The press stands still", case.given[0].code,
        "Good until May 31, 2026.", "I would rather have Slow Weather", "Night Ferry</li>", "https://vinyl.example/",
    ):  # fmt: skip
        assert said in page, said
    for secret in ("c1@example.com", "+1212", "Ana1"):
        assert secret not in page
    assert shop.case("10042", "out_of_stock") == case  # looking changes nothing
    wrong = [{}, {"case": case.id, "choice": "replacement"}, {"case": case.id, "choice": "substitute:cd"},
             {"case": "none", "choice": "refund"}, {"case": case.id, "choice": "substitute:$ne"}]  # fmt: skip
    assert [web.post(path, data=form).status_code for form in wrong] == [422] * 5
    for choice in ("refund", "substitute:lp", "substitute:lp"):
        answer = web.post(path, data={"case": case.id, "choice": choice})
        assert (answer.status_code, "We have noted it" in answer.get_data(as_text=True)) == (200, True)
    [kept] = call("GET", "/v1/incidents/choices").get_json()["data"]
    assert (kept["wants"], kept["wants_product"], kept["order_id"]) == ("substitute", "lp", "10042")
    assert call("GET", "/v1/incidents/choices?wants=refund").get_json()["data"] == []
    shop.settle()
    timeline = call("GET", "/v1/customers/c1/timeline?type=incident_choice").get_json()["data"]
    chosen = {one["text"] for one in timeline}
    assert chosen == {f"Chose what is to be done about it: {choice}." for choice in ("refund", "substitute")}
    web.post(path, data={"do": "speak", "said": "Is it the blue one?"})
    [wanted] = call("GET", "/v1/incidents/calls").get_json()["data"]
    assert (wanted["why_call"], wanted["said"], wanted["cause"]) == ("asked", "Is it the blue one?", "out_of_stock")
    shop.clock.advance(60)
    call("POST", f"/v1/incidents/{case.incident}/solve", json={})
    assert call("GET", "/v1/incidents/choices").get_json()["data"] == []
    assert web.post(path, data={"case": case.id, "choice": "refund"}).status_code == 409
    assert "This has been put right." in web.get(path, headers={"Accept-Language": "en"}).get_data(as_text=True)


def test_who_has_a_question_about_an_order_that_goes_well_is_called(
    shop: Troubled, web: FlaskClient, call: Call
) -> None:
    path = told(shop, "delayed")
    shop.happens("10042", "delivered")
    shop.settle()
    for _ in range(2):
        assert web.post(path, data={"do": "speak", "said": "Where is the receipt?"}).status_code == 200
    [wanted] = call("GET", "/v1/incidents/calls").get_json()["data"]
    assert (wanted["cause"], wanted["why_call"], wanted["said"]) == ("unhappy", "asked", "Where is the receipt?")
    shop.services.eraser.erase("c1")
    assert [web.get(path).status_code, web.post(path, data={"do": "speak"}).status_code] == [404, 404]
    assert call("GET", "/v1/incidents/calls").get_json()["data"] == []
    assert "receipt" not in str(list(shop.services.database["incident_cases"].find()))


@pytest.mark.browser
def test_a_choice_is_two_taps_on_a_phone(shop: Troubled, phone: Page, site: str) -> None:
    later = shop.clock.now() + timedelta(days=7)
    shop.happens("10042", "shipped", carrier="Blue Van", tracking_url="https://van.example/10042")
    path = told(shop, "damaged", reason="A wet box", expected_at=later)
    phone.goto(site + path)
    accessible(phone)
    _keep(phone, "order")
    phone.get_by_role("radio", name="Send me a new one").check()
    phone.get_by_role("button", name="Choose this").click()
    expect(phone.get_by_role("status")).to_contain_text("We have noted it")
    expect(phone.get_by_role("radio", name="Send me a new one")).to_be_checked()
    accessible(phone)
    _keep(phone, "order-chosen")
    assert shop.case("10042", "damaged").wants == "replacement"
    phone.get_by_label("What is it about?").fill("The sleeve, too")
    phone.get_by_role("button", name="Please get in touch").click()
    expect(phone.get_by_role("status")).to_contain_text("in touch")


@pytest.mark.browser
def test_it_reads_well_in_every_language_small_dark_and_from_right_to_left(
    shop: Troubled, browser: Browser, site: str
) -> None:
    path = told(shop, "out_of_stock", expected_at=shop.clock.now() + timedelta(days=7))
    for language, scheme, direction in LOOKS:
        context = browser.new_context(viewport=SMALL, locale=language, color_scheme=scheme, device_scale_factor=2)
        context.set_default_timeout(120_000)  # machines are shared
        page = context.new_page()
        page.goto(site + path)
        assert page.locator("html").get_attribute("lang") == language
        page.evaluate("direction => { document.documentElement.dir = direction }", direction)
        accessible(page)
        _keep(page, f"order-{language}-{scheme}-{direction}")
        context.close()


def _keep(page: Page, name: str) -> None:
    """A picture for whoever wants to look: ENCORE_PICTURES is the folder."""
    folder = os.environ.get("ENCORE_PICTURES")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
