"""Links followed and letters opened: where they lead, whose they were, and that no GET changes what matters (T14).

`ENCORE_FAULTS=full` tries 10,000 tampered tokens.
"""

import os
import random
import string
import sys
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient

from campaigns.shortening import ShortLink
from storage.mongo import Mongo
from tests.api.pages.conftest import World
from tests.api.pages.test_choices import everything, path_of
from tests.messaging.test_sightings import PHONE
from tests.support.clock import ManualClock
from wiring import Services

TAMPERED = 10_000 if os.environ.get("ENCORE_FAULTS") == "full" else 150
SEED = int(os.environ.get("ENCORE_FAULTS_SEED", "20261122"))
SALE, NEWS = "https://vinyl.example/sale?a=1", "https://vinyl.example/news"
# What is noted of a visit, and nothing else.
NOTES = {"facts", "provider_receipts"}


@pytest.fixture
def sent(services: Services, world: World, database: Mongo) -> World:
    """The message was handed over just now."""
    handed = {"handed_at": services.clock.now(), "channel": "email"}
    database["messages"].update_one({"_id": world.message}, {"$set": handed})
    return world


def get(web: FlaskClient, path: str, agent: str = PHONE, **headers: str) -> Any:
    return web.get(path, headers={"User-Agent": agent, **headers})


def facts(database: Mongo) -> list[tuple[str, str, str | None]]:
    return sorted((one["type"], one["detail"], one.get("customer")) for one in database["facts"].find())


def seen_at(database: Mongo) -> dict[str, Any]:
    found = database["customers"].find_one({"_id": "ana"})
    assert found
    engagement: dict[str, Any] = found.get("engagement", {})
    return engagement


def test_a_persons_click_and_open_are_theirs_a_minute_later_and_a_machines_never(
    web: FlaskClient, sent: World, services: Services, database: Mongo, clock: ManualClock
) -> None:
    link, picture = path_of(services, "click", [sent.message, SALE]), path_of(services, "open", sent.message) + ".gif"
    for agent in ("Mozilla/5.0 (compatible; Barracuda Sentinel)", "Mozilla/5.0"):
        assert get(web, link, agent).status_code == 302
        assert get(web, picture, agent).data[:6] == b"GIF89a"
    assert get(web, link, **{"Sec-Purpose": "prefetch;prerender"}).status_code == 302
    assert facts(database) == [("clicked", "machine", None), ("opened", "machine", None)]
    clock.advance(600)
    for _ in range(2):
        get(web, picture)
        get(web, link)
    assert services.sightings.settle() == 0
    assert seen_at(database) == {}
    clock.advance(61)
    assert [services.sightings.settle(), services.sightings.settle()] == [2, 0]
    mine = [one for one in facts(database) if one[2]]
    assert mine == [("clicked", "person", "ana"), ("opened", "person", "ana")]
    assert seen_at(database).keys() == {"last_opened_at", "last_clicked_at"}


def test_who_follows_several_links_in_one_breath_or_the_moment_it_was_sent_is_a_machine(
    web: FlaskClient, sent: World, services: Services, database: Mongo, clock: ManualClock
) -> None:
    sale, news = (path_of(services, "click", [sent.message, address]) for address in (SALE, NEWS))
    clock.advance(1)
    get(web, path_of(services, "open", sent.message) + ".gif")
    clock.advance(600)
    get(web, sale)
    clock.advance(1)
    get(web, news)
    clock.advance(100)
    assert services.sightings.settle() == 0
    assert {detail for _, detail, _ in facts(database)} == {"machine"}
    get(web, sale)  # and then the person came
    clock.advance(100)
    assert services.sightings.settle() == 1
    assert ("clicked", "person", "ana") in facts(database)


def test_a_short_link_leads_where_it_was_kept_for_and_is_erased_with_its_person(
    web: FlaskClient, sent: World, services: Services, database: Mongo
) -> None:
    made: list[ShortLink] = []
    own = services.links.url("preferences", sent.message)
    text = services.shortener.shortened(f"New: {SALE}. See {own}!", sent.message, "ana", made)
    assert services.shortener.shortened(f"New: {SALE}. See {own}!", sent.message, "ana", []) == text
    services.shortener.keep(made)
    services.shortener.keep(made)
    first, second = (services.links.short(link.id) for link in made)
    assert text == f"New: {first}. See {second}!"
    assert all(len(link.id) == 10 for link in made)
    for place, leads_to in ((first, SALE), (second, own)):
        answer = get(web, urlsplit(place).path)
        assert (answer.status_code, answer.headers["Location"]) == (302, leads_to)
    assert [one["url"] for one in database["facts"].find()] == [SALE]  # our own pages are no news
    services.eraser.erase("ana")
    assert get(web, urlsplit(first).path).status_code == 404


def test_a_scanner_that_gets_every_link_with_whatever_it_likes_changes_nothing(
    web: FlaskClient, sent: World, services: Services, database: Mongo
) -> None:
    pages = ("unsubscribe", "preferences", "why", "confirm")
    paths = [path_of(services, page, sent.message) for page in pages]
    paths += [path_of(services, "click", [sent.message, SALE]), f"/r/{sent.code}"]
    before = {name: rows for name, rows in everything(database).items() if name not in NOTES}
    for path in paths:
        for query in ("", "?pace=weekly&pause=month&email.marketing=no", "?List-Unsubscribe=One-Click"):
            for method in ("GET", "HEAD", "OPTIONS"):
                assert web.open(path + query, method=method).status_code < 500
    assert {name: rows for name, rows in everything(database).items() if name not in NOTES} == before


def test_no_tampered_token_opens_anything_or_leads_away(
    web: FlaskClient, sent: World, services: Services, database: Mongo
) -> None:
    chance = random.Random(SEED)
    made: list[ShortLink] = []
    services.shortener.shortened(f"{SALE}&and=more", sent.message, "ana", made)
    services.shortener.keep(made)
    sound = [path_of(services, page, sent.message) for page in ("unsubscribe", "preferences", "why", "confirm", "open")]
    sound += [path_of(services, "click", [sent.message, SALE]), f"/l/{made[0].id}"]
    before = everything(database)
    statuses: dict[int, int] = {}
    for _ in range(TAMPERED):
        path = tampered(chance, chance.choice(sound))
        answer = web.open(path, method=chance.choice(["GET", "GET", "POST"]))
        statuses[answer.status_code] = statuses.get(answer.status_code, 0) + 1
        # The picture is a picture, whatever it is asked for by.
        assert answer.status_code in (404, 405) or path.endswith(".gif"), (path, answer.status_code)
        assert "Location" not in answer.headers
    sys.stdout.write(f"\nseed {SEED}: {TAMPERED} tampered tokens, {statuses}")
    assert everything(database) == before


def tampered(chance: random.Random, path: str) -> str:
    """Another path of the same page: a letter changed, left out, put in, or the payload of another."""
    prefix, token = path[:3], path[3:]
    place = chance.randrange(len(token))
    letter = chance.choice((string.ascii_letters + string.digits + "-_").replace(token[place], ""))
    payload, _, signature = token.partition(".")
    made = [
        token[:place] + letter + token[place + 1 :],
        token[:place] + token[place + 1 :],
        token[:place] + letter + token[place:],
        token[::-1],
        f"{payload}.{''.join(chance.sample(signature, len(signature)))}" if len(set(signature)) > 9 else token + letter,
        f"Imh0dHBzOi8vZXZpbC5leGFtcGxlIg.{signature}",
        f"{payload}.{signature}.{signature}",
        chance.choice(["https:%2f%2fevil.example", "..%2f..%2f", "%00", "'\"<script>"]),
    ]
    # The last letter of a signature has two bits to spare: who changes those alone has changed nothing.
    return prefix + chance.choice([one for one in made if one[:-1] != token[:-1]] or [token + "x"])
