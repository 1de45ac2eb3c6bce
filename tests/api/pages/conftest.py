"""A shop with a customer, a message sent to her and a referral code of hers; and a browser to look at its pages."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from flask import Flask
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright
from werkzeug.serving import make_server

from customers.consent import Consent
from customers.customer import Customer
from customers.shop import Brand, Shop
from loyalty.offer import Offer
from loyalty.programme import ReferralProgramme
from messaging.message import Batch, Message, Route
from tests.support.clock import START, ManualClock
from wiring import Services

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE = {"width": 390, "height": 844}


class World(msgspec.Struct, frozen=True, kw_only=True):
    """What the pages are about: `message` is the id of what Ana was sent by e-mail, `code` is hers to share."""

    customer: str
    email: str
    phone: str
    message: str
    code: str


@pytest.fixture
def world(services: Services, clock: ManualClock) -> World:
    """Ana, who said yes to e-mail, her message and her code."""
    brand = Brand(name="Vinyl & Tea", colour="#0f766e")
    services.shops.put(
        Shop(name="Vinyl & Tea", url="https://vinyl.example/shop?from=ref", brands={"default": brand}, locale="en",
             postal_address="1 Harbour Lane, 20457 Hamburg")
    )  # fmt: skip
    yes = Consent(state="granted", at=START - timedelta(days=9), how="checkout", source="shop")
    ana = Customer(
        id="ana", first_name="Ana", locale="pt-BR", addresses={"email": ["ana@example.com"], "sms": ["+351912345678"]}
    )
    services.customers.upsert([ana])
    services.customers.set_consent("ana", "email", "marketing", yes)
    message = _plan(services)
    return World(
        customer="ana", email="ana@example.com", phone="+351912345678", message=message, code=_programme(services)
    )


def _plan(services: Services) -> str:
    batch = Batch(id="batch", run="run", campaign="miss-you", channel="email", due_at=START, rung_at=START)
    message = Message(
        id="m1234567890",
        run="run",
        campaign="miss-you",
        customer="ana",
        routes=[Route(channel="email", address="ana@example.com")],
        channel="email",
        batch="batch",
        locale="pt",
        offer="ten",
        not_before=START,
        expires_at=START + timedelta(days=3),
    )
    services.messages.plan(batch, [message])
    return message.id


def _programme(services: Services) -> str:
    now = services.clock.now()
    for name, percent in (("ten", 10), ("five", 5)):
        offer = Offer(id=name, name=name, kind="percent", settings={"percent": percent}, created_at=now, updated_at=now)
        services.offers.add(offer)
    programme = ReferralProgramme(
        id="friends", name="Friends", friend_offer="ten", advocate_offer="five", seed="seed", created_at=now
    )
    services.programmes.add(programme)
    return services.referrals.codes_for("friends", ["ana"])["ana"]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium."""
    if not CHROMIUM.exists():
        pytest.skip(f"There is no browser at {CHROMIUM}.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def site(app: Flask, services: Services) -> Iterator[str]:
    """The application over HTTP on a port of its own; returns its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    """A page as on a phone, in which nothing is complained of."""
    context = browser.new_context(viewport=PHONE, device_scale_factor=2, is_mobile=True, has_touch=True, locale="en-GB")
    context.set_default_timeout(120_000)  # machines are shared
    page = context.new_page()
    complaints: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        gone = message.location["url"].endswith("/r/nothing")  # which is meant to be 404
        if message.type == "error" and not gone:
            complaints.append(message.text)

    page.on("console", hear)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert complaints == []
