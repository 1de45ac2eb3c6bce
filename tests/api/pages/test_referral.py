"""The referral landing page."""

import hashlib
import hmac
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from msgspec.structs import replace
from pymongo import MongoClient
from pymongo.monitoring import CommandListener, CommandStartedEvent

from common.errors import NotFound
from common.settings import Settings
from loyalty.proof import Proofs
from storage.mongo import Mongo
from tests.api.pages.conftest import World
from tests.support.clock import ManualClock
from wiring import Services


def test_a_friend_sees_what_both_get_in_their_language_and_nothing_of_the_sender(
    web: FlaskClient, world: World
) -> None:
    for language, words in (("de-AT", "Davon habt ihr beide etwas"), ("es", "Ganáis los dos"), ("xx", "Good for both")):
        answer = web.get(f"/r/{world.code}", headers={"Accept-Language": language})
        text = answer.get_data(as_text=True)
        assert answer.status_code == 200
        assert words in text
        assert "10" in text
        assert "5" in text
        for personal in ("Ana", world.email, world.phone, world.customer + '"'):
            assert personal not in text


def test_an_unknown_a_tampered_and_a_hostile_code_look_the_same(web: FlaskClient, world: World) -> None:
    codes = ["ZZZZZZZ", world.code[:-1] + ("A" if world.code[-1] != "A" else "B"), "x", "a" * 900, "..."]
    codes += ["%20", "%00", "%F0%9F%98%80", "a" * 10_000, "<script>"]
    answers = [web.get(f"/r/{code}") for code in codes]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.get_data() for answer in answers}) == 1
    assert "text/html" in answers[0].content_type
    assert [web.post(f"/r/{code}").status_code for code in codes] == [404] * len(codes)


def test_a_code_that_was_typed_with_spaces_and_small_letters_is_that_code(web: FlaskClient, world: World) -> None:
    typed = f"{world.code[:4]} {world.code[4:]}".lower()
    assert web.get(f"/r/{typed}").get_data() == web.get(f"/r/{world.code}").get_data()


def test_looking_changes_nothing_and_going_on_is_counted_once_a_day(
    web: FlaskClient, world: World, services: Services, database: Mongo
) -> None:
    before = {name: list(database[name].find()) for name in database.list_collection_names()}
    web.get(f"/r/{world.code}")
    web.head(f"/r/{world.code}")
    assert {name: list(database[name].find()) for name in database.list_collection_names()} == before
    for _ in range(3):
        assert web.post(f"/r/{world.code}").status_code == 303
    assert services.visits.count("referral", world.code) == 1
    web.post(f"/r/{world.code}", headers={"User-Agent": "another phone"})
    assert services.visits.count("referral", world.code) == 2
    assert "127.0.0.1" not in repr(list(database["visits"].find()))


def test_going_on_leads_to_the_shop_alone_with_the_code_and_its_proof(
    web: FlaskClient, world: World, services: Services
) -> None:
    answer = web.post(f"/r/{world.code}?to=https://evil.example", data={"url": "https://evil.example"})
    to = urlsplit(answer.headers["Location"])
    assert (to.scheme, to.netloc, to.path) == ("https", "vinyl.example", "/shop")
    asked = parse_qs(to.query)
    assert asked["from"] == ["ref"]
    assert asked["referral"] == [world.code]
    proof = asked["referral_proof"][0]
    assert services.proofs.check(world.code, proof).valid
    # As docs/referrals.md has a shop do it.
    told, signature = proof.rsplit(".", 1)
    key = services.proofs.keys[0]
    assert hmac.new(key.encode(), f"{world.code}.{told}".encode(), hashlib.sha256).hexdigest() == signature


@pytest.mark.parametrize("policy", ["script-src 'self'", "style-src 'self'", "frame-ancestors 'none'"])
def test_nothing_inline_is_allowed(web: FlaskClient, world: World, policy: str) -> None:
    answer = web.get(f"/r/{world.code}")
    assert policy in answer.headers["Content-Security-Policy"]
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert "style=" not in answer.get_data(as_text=True)
    assert "onclick" not in answer.get_data(as_text=True)


def test_a_proof_holds_for_its_code_for_a_month_and_nothing_else_does(
    web: FlaskClient, world: World, services: Services, clock: ManualClock
) -> None:
    proof = parse_qs(urlsplit(web.post(f"/r/{world.code}").headers["Location"]).query)["referral_proof"][0]
    click, at, signature = proof.split(".")
    assert click not in repr(list(services.database["referral_codes"].find()))
    forged = [f"{click}.{int(at) + 1}.{signature}", f"x{click}.{at}.{signature}", f"{click}.{at}.{'0' * 64}"]
    wrong = [
        "",
        "..",
        "a.b.c",
        f"{click}.-1.{signature}",
        f"{click}.{'9' * 400}.{signature}",
        f"{click}.\u0661.{signature}",
    ]
    assert {services.proofs.check(world.code, one).reason for one in forged} == {"forged"}
    assert {services.proofs.check(world.code, one).reason for one in wrong} == {"malformed"}
    assert services.proofs.check("ANOTHER", proof).reason == "forged"
    older = Proofs(["new", *services.settings.keys], clock)
    assert (older.check(world.code, proof).valid, older.check(world.code, proof).clicked_at) == (True, clock.now())
    clock.advance(31 * 86_400)
    assert services.proofs.check(world.code, proof).reason == "expired"


class Counting(CommandListener):
    """Notes what is asked of the database."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def started(self, event: CommandStartedEvent) -> None:
        """One more."""
        self.names.append(event.command_name)

    def succeeded(self, event: Any) -> None:
        """Nothing to do."""

    def failed(self, event: Any) -> None:
        """Nothing to do."""


def test_what_was_never_given_costs_what_has_ended_costs(
    services: Services, settings: Settings, clock: ManualClock, world: World
) -> None:
    counting = Counting()
    client: MongoClient[dict[str, Any]] = MongoClient(settings.mongodb_url, tz_aware=True, event_listeners=[counting])
    asking = Services(settings, clock)
    asking.__dict__["database"] = client[settings.mongodb_database]
    kept = services.programmes.get("friends")
    services.programmes.change(replace(kept, active=False), kept.version)
    asked = []
    for code in (world.code, "7ANT046GJ2W2", "x", "", "a" * 900, "...", "\u0661" * 12):
        counting.names.clear()
        with pytest.raises(NotFound):
            asking.referrals.landing(code)
        asked.append(tuple(counting.names))
    client.close()
    assert len(set(asked)) == 1, asked
    assert len(asked[0]) >= 3
