"""The inbox on a shop's page in a real browser: under a strict content policy, by keyboard, read and told so."""

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import httpx2
import msgspec
import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Page, expect
from werkzeug.serving import make_server

from api.context import provide
from content.templates import Template
from tests.journeys.shop import Bench
from wiring import Services

pytestmark = pytest.mark.browser

SHOWN = {"title": "A cake, {{ first_name }}", "body": "It is your day", "link": "https://shop.example/cakes"}
BUTTONS = "Order one | https://shop.example/order\nChoose | {{ links.preferences }}"


class ShopPage(BaseHTTPRequestHandler):
    """A page of the shop's, on another origin, that allows itself nothing but Encore."""

    encore = ""
    token = ""

    def do_GET(self) -> None:  # the base class's word
        page = f"""<!doctype html><html lang="en"><title>Shop</title><main><h1>Shop</h1></main>
        <script src="{self.encore}/site/inbox.js" data-token="{self.token}" data-colour="#1a5fb4" defer></script>"""
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        policy = f"default-src 'none'; script-src {self.encore}; connect-src {self.encore}; img-src 'self'"
        self.send_header("Content-Security-Policy", policy)
        self.end_headers()
        self.wfile.write(page.encode())

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def shop_page() -> Iterator[tuple[type[ShopPage], str]]:
    kind = type("Told", (ShopPage,), {})
    server = HTTPServer(("127.0.0.1", 0), kind)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield kind, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def encore(services: Services, routes: Flask, shop_page: tuple[type[ShopPage], str]) -> Iterator[tuple[Services, str]]:
    """Encore over HTTP, with the shop's page as the one origin that may show inboxes."""
    server = make_server("127.0.0.1", 0, routes, threaded=True)
    url = f"http://127.0.0.1:{server.server_port}"
    own = {"ENCORE_INBOX_ORIGINS": shop_page[1]}
    settings = msgspec.structs.replace(services.settings, public_url=url, environment=own)
    shop = Services(settings, services.clock, Bench())
    provide(routes, shop)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield shop, url
    server.shutdown()
    thread.join()
    server.server_close()
    shop.close()


def sent(shop: Services, url: str, name: str) -> tuple[str, str]:
    """A message in Ana's inbox; its id, and the token of the inbox."""
    _, key = shop.keys.create("tests", ["admin"])
    shop.templates.put(Template(id="cake", name="Cake", content={"inbox": {"en": {**SHOWN, "buttons": BUTTONS}}}))
    shop.customers.change("ana", {"first_name": name}, create=True)
    wanted = {"customer": "ana", "template": "cake", "purpose": "service"}
    with httpx2.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=30) as web:
        inbox = web.post("/v1/customers/ana/inbox").json()
        message = web.post("/v1/messages", json=wanted).json()
    bench = shop.doorbell
    assert isinstance(bench, Bench)
    bench.work(shop)
    return message["id"], inbox["token"]


def expect_told(shop: Services, message: str) -> None:
    """Wait until the browser has told that the message was shown and read."""
    for _ in range(200):
        shop.receipts.take()
        if [fact.type for fact in shop.facts.of_customer("ana", 10)] == ["opened"]:
            break
        time.sleep(0.05)
    assert shop.messages.get([message])[message].state == "delivered"


def test_a_customer_reads_their_messages_on_the_shops_page(
    phone: Page, encore: tuple[Services, str], shop_page: tuple[type[ShopPage], str]
) -> None:
    shop, url = encore
    message, token = sent(shop, url, "<img src=x onerror=alert(1)>")
    kind, page = shop_page
    kind.encore, kind.token = url, token
    phone.goto(page)
    bell = phone.get_by_role("button", name="Messages: 1 new")
    expect(bell).to_be_visible()
    assert Axe().run(phone).violations_count == 0
    bell.focus()
    phone.keyboard.press("Enter")
    panel = phone.get_by_role("dialog", name="Messages")
    expect(panel.get_by_role("heading", level=3)).to_have_text("A cake, <img src=x onerror=alert(1)>")
    assert str(panel.get_by_role("link", name="Order one").get_attribute("href")).startswith(f"{url}/c/")
    found = Axe().run(phone)
    assert found.violations_count == 0, found.generate_report()
    assert phone.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    phone.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(phone.get_by_role("button", name="Messages")).to_be_focused()
    expect_told(shop, message)
    assert [fact.type for fact in shop.facts.of_customer("ana", 10)] == ["opened"]
    phone.reload()
    expect(phone.get_by_role("button", name="Messages", exact=True)).to_be_visible()


# A service worker's surroundings, as far as the script uses them: no push service can be reached from a test.
WORKER = """async ([source, data, action]) => {
  const done = { shown: [], opened: [], said: [] }, hears = {}, waits = [];
  const self = {
    addEventListener: (name, hear) => { hears[name] = hear; },
    registration: { showNotification: async (title, options) => { done.shown.push([title, options]); } },
    clients: { openWindow: async (address) => { done.opened.push(address); } },
  };
  const fetch = async (address, options) => { done.said.push([address, JSON.parse(options.body).event]); };
  new Function("self", "fetch", source)(self, fetch);
  const event = (more) => ({ waitUntil: (one) => waits.push(one), ...more });
  hears.push(event({ data: { json: () => data } }));
  const notification = { data, close: () => undefined };
  hears.notificationclick(event({ action, notification }));
  hears.notificationclose(event({ notification }));
  await Promise.all(waits);
  return done;
}"""


def test_the_service_worker_shows_a_push_message_opens_it_and_tells(phone: Page, app: Flask) -> None:
    source = app.test_client().get("/site/push.js").text
    back = {
        "url": "https://encore.example/webhooks/web_push",
        "message": "m0",
        "token": "t1",
        "signatures": {"delivered": "d", "opened": "o", "dismissed": "x"},
    }
    buttons = [{"label": "Order", "url": "https://shop.example/order"}, {"label": "Bad", "url": "javascript:alert(1)"}]
    data = {"title": "Hi", "body": "There", "link": "https://shop.example/", "buttons": buttons, "back": back}
    phone.goto("about:blank")
    done = phone.evaluate(WORKER, [source, data, "open-0"])
    ((title, options),) = done["shown"]
    assert (title, options["body"], [one["title"] for one in options["actions"]]) == ("Hi", "There", ["Order", "Bad"])
    assert done["opened"] == ["https://shop.example/order"]
    assert done["said"] == [
        ["https://encore.example/webhooks/web_push?signature=d", "delivered"],
        ["https://encore.example/webhooks/web_push?signature=o", "opened"],
        ["https://encore.example/webhooks/web_push?signature=x", "dismissed"],
    ]
    assert phone.evaluate(WORKER, [source, data, ""])["opened"] == ["https://shop.example/"]
    assert phone.evaluate(WORKER, [source, data, "open-1"])["opened"] == ["/"]
