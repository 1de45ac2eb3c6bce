"""The pages in a real browser of a phone's size: nothing blocked, nothing inaccessible, all of it on the screen."""

import os
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, ViewportSize, expect

from customers.consent import Consent
from customers.shop import Brand, Shop
from tests.api.pages.conftest import World
from tests.support.clock import ManualClock
from wiring import Services

pytestmark = pytest.mark.browser

SMALL: ViewportSize = {"width": 360, "height": 740}
LOOKS: list[tuple[str, Literal["light", "dark"], str]] = [
    ("en", "light", "ltr"),
    ("de", "dark", "ltr"),
    ("fr", "light", "rtl"),
    ("es", "dark", "rtl"),
    ("pt", "light", "ltr"),
]


def accessible(page: Page) -> None:
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    # Nothing may be wider than the screen.
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def pages(services: Services, world: World) -> list[str]:
    tokens = [services.links.url(page, world.message) for page in ("unsubscribe", "preferences", "why")]
    return [f"/r/{world.code}", "/r/nothing", *(token.removeprefix(services.links.public_url) for token in tokens)]


@pytest.mark.parametrize("colour", ["#0f766e", "#ffd400"])
def test_every_page_is_accessible_and_fits_a_phone(
    phone: Page, site: str, services: Services, world: World, colour: str
) -> None:
    shop = services.shops.get()
    brand = Brand(name="Vinyl & Tea, purveyors of Donaudampfschifffahrtsgesellschaften", colour=colour)
    services.shops.put(Shop(name=shop.name, url=shop.url, brands={"default": brand}), shop.version)
    for path in pages(services, world):
        phone.goto(site + path)
        accessible(phone)


def test_a_friend_goes_on_to_the_shop(phone: Page, site: str, services: Services, world: World) -> None:
    phone.route("https://vinyl.example/**", lambda route: route.fulfill(body="<title>The shop</title>"))
    phone.goto(f"{site}/r/{world.code}")
    phone.get_by_role("button", name="Shop at Vinyl & Tea").click()
    expect(phone).to_have_title("The shop")
    assert f"referral={world.code}" in phone.url
    assert services.visits.count("referral", world.code) == 1


def test_the_landing_page_reads_well_small_dark_and_from_right_to_left(
    browser: Browser, site: str, world: World
) -> None:
    """In each language, on a small phone, in the dark, and turned round as Arabic or Hebrew would turn it."""
    for language, scheme, direction in LOOKS:
        context = browser.new_context(viewport=SMALL, locale=language, color_scheme=scheme, device_scale_factor=2)
        context.set_default_timeout(120_000)  # machines are shared
        page = context.new_page()
        page.goto(f"{site}/r/{world.code}")
        assert page.locator("html").get_attribute("lang") == language
        page.evaluate("direction => { document.documentElement.dir = direction }", direction)
        accessible(page)
        # What to do next is seen without scrolling.
        button = page.locator("button.main").bounding_box()
        assert button is not None
        assert button["y"] + button["height"] <= SMALL["height"]
        _keep(page, f"referral-{language}-{scheme}-{direction}")
        context.close()


def _keep(page: Page, name: str) -> None:
    """A picture for whoever wants to look: ENCORE_PICTURES is the folder."""
    folder = os.environ.get("ENCORE_PICTURES")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def test_the_link_is_copied_with_a_tap(phone: Page, site: str, services: Services, world: World) -> None:
    phone.context.grant_permissions(["clipboard-read", "clipboard-write"])
    phone.goto(f"{site}/r/{world.code}")
    phone.get_by_role("button", name="Copy link").click()
    expect(phone.get_by_role("status")).to_have_text("The link is copied.")
    assert phone.evaluate("navigator.clipboard.readText()") == services.links.referral(world.code)


def test_a_customer_unsubscribes_and_thinks_again(
    phone: Page, site: str, services: Services, world: World, clock: ManualClock
) -> None:
    phone.goto(site + services.links.url("unsubscribe", world.message).removeprefix(services.links.public_url))
    phone.get_by_role("button", name="Yes, stop").click()
    expect(phone.get_by_role("heading", level=1)).to_contain_text("unsubscribed")
    accessible(phone)
    clock.advance(60)
    phone.goto(site + services.links.url("preferences", world.message).removeprefix(services.links.public_url))
    boxes = phone.get_by_role("checkbox", name="Offers and news")
    expect(boxes.first).not_to_be_checked()
    boxes.first.check()
    phone.get_by_role("radio", name="text message").check()
    phone.get_by_label("Write to me in").select_option("de")
    phone.get_by_label("How often").select_option("weekly")
    phone.get_by_role("radio", name="For a month, until").check()
    phone.get_by_role("button", name="Save").click()
    # From now on in the language that was chosen.
    expect(phone.get_by_role("status")).to_have_text("Gespeichert.")
    expect(phone.get_by_role("checkbox", name="Angebote und Neuigkeiten").first).to_be_checked()
    expect(phone.get_by_role("radio", name="SMS")).to_be_checked()
    expect(phone.get_by_label("Schreibt mir auf")).to_have_value("de")
    expect(phone.get_by_label("Wie oft")).to_have_value("weekly")
    expect(phone.get_by_role("radio", name="wie bisher")).to_be_checked()
    accessible(phone)
    _keep(phone, "preferences")


def test_a_customer_confirms_that_they_want_to_hear_from_the_shop(
    phone: Page, site: str, services: Services, world: World
) -> None:
    asked = services.opt_in.ask("ana", "sms", Consent(state="pending", at=services.clock.now()))
    phone.goto(site + services.links.url("confirm", asked.message).removeprefix(services.links.public_url))
    accessible(phone)
    phone.get_by_role("button", name="Yes, I want this").click()
    expect(phone.get_by_role("heading", level=1)).to_contain_text("confirmed")
    accessible(phone)
    assert services.customers.get(["ana"])["ana"].consents["sms"]["marketing"].state == "granted"


def test_the_documentation_shows_the_routes_without_any_other_server(phone: Page, site: str) -> None:
    asked: list[str] = []
    phone.on("request", lambda request: asked.append(request.url))
    phone.goto(f"{site}/docs")
    phone.locator("#operations-tag-keys").click()
    expect(phone.get_by_text("/v1/keys").first).to_be_visible()
    assert all(url.startswith((site, "data:", "blob:")) for url in asked)
