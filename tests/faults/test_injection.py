"""T18: what people write stays text, in headers, tables, pages; and no address that is made up leads inside."""

import csv
import io
import socket
from typing import Any

import pytest
from flask import Flask
from lxml import html

from api.app import document
from campaigns.journey import by_journeys
from campaigns.occasion import Occasion
from campaigns.steps import JourneyRules
from common.kinds import scan
from customers.catalogue import Product
from customers.consent import Consent
from customers.customer import Customer
from customers.orders import Line, Order
from customers.shop import Brand, Shop
from messaging import channels
from messaging.channel import Provider
from messaging.web_check import WebCheck
from tests.api.conftest import Call, admin, call, web  # noqa: F401  # fixtures
from tests.api.operations import all_of
from tests.journeys.shop import draft, open_shop
from tests.support.clock import START, ManualClock
from wiring import Services

KINDS: dict[str, Any] = scan(channels, Provider)  # type: ignore[type-abstract]
FORMULAS = ["=HYPERLINK(1)", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "＝1", " =1"]  # noqa: RUF001  # full width
MARK = "<x-mark onx=1>\"'><img src=x onerror=alert(1)>"
STARTS = ("=", "+", "@", "\t", "\r", "＝", "＋", "＠")  # noqa: RUF001
SPLITS = ["a%0d%0aX-Mark: 1", "a%0aSet-Cookie: mark=1", "%E5%98%8A%E5%98%8DX-Mark: 1", "a\r\nX-Mark: 1"]


@pytest.fixture
def hostile(services: Services, clock: ManualClock) -> str:
    """A shop whose people and things are named like formulas; the id of a campaign that some are in."""
    people = [Customer(id="=1+1", first_name="=cmd()", last_name="+1", addresses={"email": ["a@b.example"]})]
    people += [Customer(id=f"c{number}", first_name=text) for number, text in enumerate(FORMULAS)]
    open_shop(services, people)
    services.products.upsert([Product(id="@p", name="=1+1", price=100, currency="EUR", categories=["=c"])])
    line = [Line(product_id="@p", quantity=1, unit_price=100)]
    services.orders.upsert([Order(id="=o", customer_id="=1+1", placed_at=START, currency="EUR", total=100, lines=line)])
    made = draft(services, id="nobody", name="=1+1", segment="", trigger={"kind": "order_placed"},
                 journey=JourneyRules(reentry="left"))  # fmt: skip
    assert by_journeys(made)
    services.launcher.launch(made.id)
    for key in ("=key", "=other"):
        services.entrance.enter(made, [Occasion(customer="=1+1", key=key, since=START)])
    services.mover.move()
    return made.id


def test_no_table_has_a_cell_that_a_spreadsheet_would_run(app: Flask, call: Call, hostile: str) -> None:  # noqa: F811
    tables = [
        path
        for path, item in document()["paths"].items()
        if "text/csv" in item.get("get", {}).get("responses", {}).get("200", {}).get("content", {})
    ]
    kept = 0
    for path in sorted(tables):
        answer = call("GET", _filled(path), headers={"Accept": "text/csv"})
        assert answer.status_code in (200, 404, 409, 422), path
        if not answer.content_type.startswith("text/csv"):
            continue
        for row in csv.reader(io.StringIO(answer.get_data(as_text=True))):
            for cell in row:
                assert not cell.lstrip(" ").startswith(STARTS), (path, row)
                assert not cell.startswith("-") or cell[1:].replace(".", "").isdigit(), (path, row)
                kept += cell.startswith("'")
    assert len(tables) >= 19
    assert kept >= 12, "what is hostile was not in the tables"


def test_no_page_takes_a_name_for_markup_and_no_header_grows_a_line(
    app: Flask, services: Services, hostile: str
) -> None:
    shop = services.shops.get()
    named = Shop(name=MARK, url="https://shop.example/", brands={"default": Brand(name=MARK)}, postal_address=MARK)
    services.shops.put(named, shop.version)
    marked = Customer(id="m", first_name=MARK, last_name=MARK, addresses={"email": ["m@b.example"]}, locale=MARK)
    services.customers.upsert([marked])
    services.customers.set_consent(
        "m", "email", "marketing", Consent(state="granted", at=START, how=MARK, wording=MARK, source="shop")
    )
    message = next(iter(services.messages.of_campaign("nobody", "", 9)))
    change: dict[str, Any] = {"customer": "m", "data": {"survey": {"survey": "s", "order": MARK}}}
    services.database["messages"].update_one({"_id": message.id}, {"$set": change})
    web_ = app.test_client()
    pages = ("unsubscribe", "preferences", "why", "confirm", "survey", "order")
    seen = 0
    for page in pages:
        path = services.links.url(page, message.id).removeprefix(services.links.public_url)
        answer = web_.get(path, headers={"Accept-Language": MARK.replace("\n", ""), "User-Agent": MARK})
        assert answer.status_code < 500, page
        seen += _is_text(answer.get_data(as_text=True), page)
    assert seen >= 3
    for operation in all_of(app):
        if "nobody" not in operation.path or operation.rule.startswith("/v1/"):
            continue
        for text in SPLITS:
            answer = web_.open(operation.path.replace("nobody", text), method=operation.method)
            assert answer.status_code < 500, (operation, text)
            assert "X-Mark" not in answer.headers, (operation, text)
            assert "mark=1" not in str(answer.headers.getlist("Set-Cookie")), (operation, text)
            if answer.content_type.startswith("text/html"):
                _is_text(answer.get_data(as_text=True), operation.rule)


def test_a_name_that_leads_elsewhere_when_it_is_asked_for_again_gains_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection goes to the address that was looked at, whatever the name is said to be a moment later."""
    asked, reached = [], list[str]()

    def told(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        asked.append(host)
        where = "8.8.8.8" if len(asked) == 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (where, port))]

    def connected(address: tuple[str, int], *_: Any, **__: Any) -> socket.socket:
        reached.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", told)
    monkeypatch.setattr(socket, "create_connection", connected)
    assert [one.verdict for one in WebCheck().look(["http://rebinding.example/"])] == ["no_answer"]
    assert (asked, reached) == (["rebinding.example"], ["8.8.8.8"])
    assert [one.verdict for one in WebCheck().look(["http://rebinding.example/"])] == ["private"]
    assert reached == ["8.8.8.8"]


def test_no_provider_follows_a_redirect_wherever_its_address_is_set_to(services: Services, clock: ManualClock) -> None:
    """Addresses in the settings are the operator's; an answer may not send us on to another."""
    made = [kind(services.settings, services.outbox, clock) for kind in KINDS.values() if hasattr(kind, "client")]
    assert len(made) >= 10
    for provider in made:
        with provider.client as http:
            assert http.follow_redirects is False, provider.name


def _filled(path: str) -> str:
    return "/".join("nobody" if "{" in part else part for part in path.split("/"))


def _is_text(page: str, where: str) -> bool:
    """Whether the mark is shown, as text; it is never an element, nor does any get a handler."""
    tree = html.document_fromstring(page)
    assert tree.xpath("//x-mark") == [], where
    assert tree.xpath("//@*[starts-with(name(), 'on')]") == [], where
    assert tree.xpath("//img[@src='x']") == [], where
    return "x-mark" in page
