"""Unsubscribing, preferences, why this, and the click: each with a signed token, none by a mere GET."""

from base64 import urlsafe_b64decode
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient

from campaigns.campaign import Campaign
from customers.customer import Customer
from customers.preferences import month_later
from segments.segment import Segment
from storage.mongo import Mongo
from tests.api.conftest import Call
from tests.api.pages.conftest import World
from tests.support.clock import ManualClock
from wiring import Services

ONE_CLICK = "List-Unsubscribe=One-Click"
FORM = "application/x-www-form-urlencoded"


def path_of(services: Services, page: str, payload: object) -> str:
    return services.links.url(page, payload).removeprefix(services.links.public_url)


def consent(services: Services, channel: str, purpose: str) -> str | None:
    word = services.customers.get(["ana"])["ana"].consents.get(channel, {}).get(purpose)
    return word.state if word else None


def everything(database: Mongo) -> dict[str, list[object]]:
    return {name: sorted(database[name].find(), key=repr) for name in sorted(database.list_collection_names())}


@pytest.mark.parametrize("page", ["unsubscribe", "preferences", "why"])
def test_a_get_changes_nothing_and_shows_nothing_personal(
    web: FlaskClient, world: World, services: Services, database: Mongo, page: str
) -> None:
    before = everything(database)
    for _ in range(2):
        answer = web.get(path_of(services, page, world.message))
        assert answer.status_code == 200
        for personal in ("Ana", world.email, world.phone):
            assert personal not in answer.get_data(as_text=True)
    assert everything(database) == before


@pytest.mark.parametrize("page", ["unsubscribe", "preferences", "why", "click"])
def test_a_token_that_is_not_ours_or_for_another_page_opens_nothing(
    web: FlaskClient, world: World, services: Services, database: Mongo, page: str
) -> None:
    path = path_of(services, page, world.message)
    prefix, token = path[:3], path[3:]
    others = [services.links.token(other, world.message) for other in ("open", "referral")]
    strange = [services.links.token(page, payload) for payload in (None, 5, {"$gt": ""}, ["x", "javascript:alert(1)"])]
    before = everything(database)
    bad = [
        token[:-1],
        token[:-2] + "xx",
        "x" + token,
        world.message,
        *others,
        *strange,
        services.links.token(page, "gone"),
    ]
    answers = [web.open(prefix + wrong, method=method) for wrong in bad for method in ("GET", "POST")]
    assert {answer.status_code for answer in answers} <= {404, 405}
    assert len({answer.get_data() for answer in answers if answer.status_code == 404}) == 1
    assert everything(database) == before


@pytest.mark.parametrize("body", ["", ONE_CLICK, "anything=1"])
def test_a_post_unsubscribes_from_the_messages_channel_and_says_so(
    web: FlaskClient, world: World, services: Services, body: str
) -> None:
    path = path_of(services, "unsubscribe", world.message)
    for _ in range(2):
        answer = web.post(path, data=body, content_type=FORM)
        assert answer.status_code == 200
    assert consent(services, "email", "marketing") == "denied"
    assert consent(services, "sms", "marketing") is None
    assert services.suppressions.among("email", [world.email], "marketing") == {world.email: "unsubscribed"}
    assert services.suppressions.among("email", [world.email], "service") == {}
    said = [word for channel, purpose, word in services.consents.of_customer("ana") if word.state == "denied"]
    assert [word.source for word in said] == ["unsubscribe page"]


def test_somebody_who_was_erased_can_still_unsubscribe(web: FlaskClient, world: World, services: Services) -> None:
    services.customers.erase("ana")
    assert (
        web.post(path_of(services, "unsubscribe", world.message), data=ONE_CLICK, content_type=FORM).status_code == 200
    )
    assert services.suppressions.among("email", [world.email], "marketing") == {world.email: "unsubscribed"}


def test_preferences_keep_each_change_as_a_word_of_consent(web: FlaskClient, world: World, services: Services) -> None:
    path = path_of(services, "preferences", world.message)
    web.post(path, data={"sms.marketing": "yes", "email.service": "yes", "first": "sms", "pace": ""})
    assert consent(services, "email", "marketing") == "denied"
    assert consent(services, "sms", "marketing") == "granted"
    assert consent(services, "sms", "service") == "denied"
    assert consent(services, "email", "service") is None  # it was on, and stays on
    assert services.customers.get(["ana"])["ana"].preferred == ["sms", "email"]
    said = [word for *_, word in services.consents.of_customer("ana") if word.source == "preference page"]
    assert len(said) == 3
    assert all((word.how in ("ticked", "unticked"), word.by) == (True, "customer") for word in said)


def test_saying_yes_again_lifts_what_unsubscribing_suppressed_and_nothing_else(
    web: FlaskClient, world: World, services: Services, clock: ManualClock
) -> None:
    web.post(path_of(services, "unsubscribe", world.message))
    clock.advance(60)
    services.suppressions.add("sms", world.phone, "marketing", "stop", services.clock.now())
    yes = {"email.marketing": "yes", "sms.marketing": "yes", "first": "pigeon", "pace": ""}
    assert web.post(path_of(services, "preferences", world.message), data=yes).status_code == 200
    assert services.suppressions.among("email", [world.email], "marketing") == {}
    assert services.suppressions.among("sms", [world.phone], "marketing") == {world.phone: "stop"}
    assert consent(services, "email", "marketing") == "granted"
    assert services.customers.get(["ana"])["ana"].preferred == []


def test_the_language_is_the_browsers_else_the_messages(web: FlaskClient, world: World, services: Services) -> None:
    path = path_of(services, "unsubscribe", world.message)
    assert web.get(path, headers={"Accept-Language": "fr-CH, fr;q=0.9"}).headers["Content-Language"] == "fr"
    assert web.get(path).headers["Content-Language"] == "pt"
    assert web.get(path, headers={"Accept-Language": "ja"}).headers["Content-Language"] == "pt"


def test_a_click_leads_where_it_was_signed_for_and_is_noted_once_without_touching_the_customer(
    web: FlaskClient, world: World, services: Services, database: Mongo
) -> None:
    path = path_of(services, "click", [world.message, "https://vinyl.example/sale?a=1&b=2"])
    before = everything(database)
    web.head(path)
    web.get(path, headers={"Sec-Purpose": "prefetch"})
    assert everything(database) == before
    for _ in range(3):
        answer = web.get(path)
        assert (answer.status_code, answer.headers["Location"]) == (302, "https://vinyl.example/sale?a=1&b=2")
    [fact] = list(database["facts"].find())
    assert (fact["type"], fact["message"], fact["campaign"]) == ("clicked", world.message, "miss-you")
    assert fact["detail"] == "unverified"
    assert "customer" not in fact
    # That clicks are heard of at all is noted too, with nobody's name.
    noted = {"facts", "provider_receipts"}
    after = everything(database)
    assert {name: rows for name, rows in after.items() if name not in noted} == {
        name: rows for name, rows in before.items() if name not in noted
    }


def test_only_web_addresses_are_redirected_to(web: FlaskClient, world: World, services: Services) -> None:
    for address in ("javascript:alert(1)", "//evil.example", "data:text/html,x", "ftp://a", ""):
        assert web.get(path_of(services, "click", [world.message, address])).status_code == 404


def test_the_page_of_reasons_names_what_the_segment_looks_at_and_nothing_else(
    web: FlaskClient, world: World, services: Services
) -> None:
    rules = {"all": [{"rule": "days_since_last_order", "at_least": 60}, {"not": {"rule": "tag", "any_of": ["staff"]}}]}
    services.segments.put(Segment(id="slipping", name="Slipping away", rules=rules))
    services.campaigns.save(Campaign(id="miss-you", name="We miss you", template="t", segment="slipping"))
    path = path_of(services, "why", world.message)
    text = web.get(path, headers={"Accept-Language": "en"}).get_data(as_text=True)
    for said in ("We miss you", "Slipping away", "Your orders at this shop", "has noted about you", "yes to offers"):
        assert said in text
    for unsaid in ("country or time zone", "points and rewards", "earlier messages", "happened just before"):
        assert unsaid not in text


def test_the_page_of_reasons_still_answers_when_its_campaign_is_gone(
    web: FlaskClient, world: World, services: Services
) -> None:
    answer = web.get(path_of(services, "why", world.message))
    assert answer.status_code == 200


def test_a_language_and_a_channel_that_are_chosen_are_declared(
    web: FlaskClient, world: World, services: Services
) -> None:
    path = path_of(services, "preferences", world.message)
    kept = {"email.marketing": "yes", "email.service": "yes", "sms.service": "yes", "pace": ""}
    web.post(path, data={**kept, "language": "pt"})
    assert services.customers.get(["ana"])["ana"].locale == "pt-BR"  # which is what it was
    web.post(path, data={**kept, "language": "xx"})
    assert services.customers.get(["ana"])["ana"].locale == "pt-BR"
    web.post(path, data={**kept, "language": "de"})
    assert services.customers.get(["ana"])["ana"].locale == "de"


def test_a_learned_channel_that_is_left_stays_learned_and_another_is_declared(
    web: FlaskClient, world: World, services: Services, database: Mongo
) -> None:
    path = path_of(services, "preferences", world.message)
    learned = {"preferred": ["sms", "email"], "preferred_source": "learned"}
    database["customers"].update_one({"_id": "ana"}, {"$set": learned})
    assert 'value="sms" checked' in web.get(path).get_data(as_text=True)
    web.post(path, data={"email.marketing": "yes", "first": "sms", "pace": ""})
    assert services.customers.get(["ana"])["ana"].preferred_source == "learned"
    web.post(path, data={"email.marketing": "yes", "first": "email", "pace": ""})
    ana = services.customers.get(["ana"])["ana"]
    assert (ana.preferred, ana.preferred_source) == (["email", "sms"], "")


def test_a_pace_a_pause_and_an_order_are_declared_by_a_post_only(
    web: FlaskClient, world: World, services: Services, clock: ManualClock
) -> None:
    services.customers.change("ana", {"addresses.telegram": ["42"], "time_zone": "Europe/Lisbon"})
    path = path_of(services, "preferences", world.message)

    def ana() -> Customer:
        return services.customers.get(["ana"])["ana"]

    assert "telegram" in web.get(path).get_data(as_text=True)
    web.get(path, query_string={"pace": "weekly", "pause": "month", "first": "sms"})
    assert (ana().pace, ana().paused_until, ana().preferred) == ("", None, [])
    web.post(path, data={"pace": "weekly", "pause": "month", "first": "sms", "then": "telegram"})
    until = ana().paused_until
    assert until == month_later(services.clock.now(), ZoneInfo("Europe/Lisbon"))
    assert (ana().pace, ana().preferred) == ("weekly", ["sms", "telegram", "email"])
    # The page says until when, in words of its language; what is left as it is stays as it is.
    clock.advance(86_400)
    english = {"Accept-Language": "en"}
    assert "Until April 2, 2026, as it is now" in web.get(path, headers=english).get_data(as_text=True)
    web.post(path, data={"pace": "weekly", "pause": "keep", "first": "email", "then": "telegram"})
    assert (ana().paused_until, ana().preferred) == (until, ["email", "sms", "telegram"])
    for nonsense in ("hourly", "", "$gt"):
        web.post(path, data={"pace": nonsense or "weekly", "pause": nonsense, "first": nonsense, "then": nonsense})
    assert (ana().pace, ana().paused_until, ana().preferred) == ("weekly", until, ["email", "sms", "telegram"])
    web.post(path, data={"pace": "", "pause": "none"})
    assert (ana().pace, ana().paused_until) == ("", None)


def test_the_shop_gets_a_link_for_a_customer_without_a_message(
    web: FlaskClient, world: World, services: Services, call: Call
) -> None:
    """It holds no personal data, is the same each time, and leads nowhere once it is withdrawn."""
    services.customers.change("ana", {"locale": "de"})
    path = "/v1/customers/ana/preferences-link"
    url = call("POST", path, json={}).get_json()["url"]
    assert call("POST", path, json={}).get_json()["url"] == url
    assert call("POST", path, json={"brand": "other"}).get_json()["url"] != url
    assert call("POST", "/v1/customers/nobody/preferences-link", json={}).status_code == 404
    token = url.rpartition("/")[2].partition(".")[0]
    said = urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
    assert not [one for one in ("ana", "Ana", world.email, world.phone) if one in said]
    page = url.removeprefix(services.links.public_url)
    assert web.get(page).headers["Content-Language"] == "de"
    saved = web.post(page, data={"email.service": "yes", "language": "fr", "pace": "weekly"})
    assert saved.status_code == 200
    assert saved.headers["Content-Language"] == "fr"  # what was chosen just now
    ana = services.customers.get(["ana"])["ana"]
    assert (ana.locale, ana.pace, consent(services, "email", "marketing")) == ("fr", "weekly", "denied")
    assert call("DELETE", path).status_code == 204
    assert {web.get(page).status_code, web.post(page).status_code} == {404}
    assert call("POST", path, json={}).get_json()["url"] != url


def test_a_form_that_did_not_come_whole_changes_nothing_and_is_told_so_in_their_language(
    web: FlaskClient, world: World, services: Services, database: Mongo
) -> None:
    """Nothing ticked is a word; nothing sent is none."""
    services.customers.change("ana", {"locale": "de"})
    path = path_of(services, "preferences", world.message)
    before = everything(database)
    multipart = "multipart/form-data; boundary=x"
    bodies = [
        *(
            (b"", FORM),
            (b"\xff\xfe" * 1_000, FORM),
            (b"email.marketing=yes&email.serv", FORM),
            (b"{}", "application/json"),
        ),
        *((b"--x\r\n", multipart), (b"--x", "multipart/form-data"), (b"a=1&" * 600_000, FORM)),
    ]
    for body, kind in bodies:
        answer = web.post(path, data=body, content_type=kind)
        assert answer.status_code == (413 if len(body) > 2_000_000 else 400)
        assert answer.headers["Content-Language"] == "de"
        assert "nichts wurde geändert" in answer.get_data(as_text=True)
    assert everything(database) == before
    chosen = {"pace": "", "language": "de"}  # what it is already: the page is in it, whatever the browser asks for
    assert web.post(path, data=chosen, headers={"Accept-Language": "en"}).headers["Content-Language"] == "de"
    assert consent(services, "email", "marketing") == "denied"
