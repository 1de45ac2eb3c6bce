"""API keys: shown once, kept as a hash, revocable at once."""

import json

from flask.testing import FlaskClient

from storage.keys import KNOWN_FOR, MongoKeys
from storage.mongo import Mongo
from tests.api.conftest import Call
from tests.support.clock import ManualClock
from wiring import Services


def test_a_new_key_works_and_its_text_is_kept_nowhere(call: Call, web: FlaskClient, database: Mongo) -> None:
    headers = {"Idempotency-Key": "order-17"}
    made = call("POST", "/v1/keys", json={"name": "till", "scopes": ["read", "admin"]}, headers=headers).get_json()
    assert web.get("/v1/keys", headers={"Authorization": f"Bearer {made['key']}"}).status_code == 200
    listed = call("GET", "/v1/keys").get_data(as_text=True)
    assert made["id"] in listed
    assert made["key"] not in listed
    for collection in database.list_collection_names():
        for document in database[collection].find():
            assert made["key"] not in repr(document)
            assert made["key"].encode() not in json.dumps(document, default=repr).encode()


def test_the_same_post_again_shows_the_same_key(call: Call) -> None:
    sent = {"json": {"name": "till", "scopes": ["read"]}, "headers": {"Idempotency-Key": "once"}}
    first, second = call("POST", "/v1/keys", **sent), call("POST", "/v1/keys", **sent)
    assert first.get_json() == second.get_json()
    assert [key["name"] for key in call("GET", "/v1/keys").get_json()["data"]].count("till") == 1


def test_a_revoked_key_opens_nothing_from_that_moment(call: Call, web: FlaskClient) -> None:
    made = call("POST", "/v1/keys", json={"name": "till", "scopes": ["admin"]}).get_json()
    headers = {"Authorization": f"Bearer {made['key']}"}
    assert web.get("/v1/keys", headers=headers).status_code == 200
    assert call("DELETE", f"/v1/keys/{made['id']}").status_code == 204
    assert web.get("/v1/keys", headers=headers).status_code == 401
    assert call("DELETE", f"/v1/keys/{made['id']}").status_code == 204
    assert call("DELETE", "/v1/keys/nobody").status_code == 404


def test_the_last_use_is_noted_but_not_at_every_request(services: Services, clock: ManualClock) -> None:
    key, secret = services.keys.create("till", ["read"])

    def noted() -> str | None:
        found = services.keys.find(secret)
        assert found is not None
        return next(each.last_used_at.isoformat() for each in services.keys.page("", 10) if each.last_used_at)

    first = noted()
    clock.advance(30)
    assert noted() == first
    clock.advance(61)
    assert noted() != first
    assert services.keys.page(key.id, 10) == []


def test_keys_are_listed_page_by_page_without_gap_or_repeat(call: Call, services: Services) -> None:
    for number in range(7):
        services.keys.create(f"key {number}", ["read"])
    seen: list[str] = []
    after = ""
    while True:
        page = call("GET", f"/v1/keys?limit=3&after={after}").get_json()
        seen += [key["id"] for key in page["data"]]
        assert len(page["data"]) <= 3
        if page["next"] is None:
            break
        after = page["next"]
    assert len(seen) == len(set(seen)) == 8
    assert seen == sorted(seen)


def test_a_key_that_is_revoked_elsewhere_opens_nothing_a_second_later(services: Services, clock: ManualClock) -> None:
    key, secret = services.keys.create("till", ["read"])
    assert services.keys.find(secret) is not None
    MongoKeys(services.database, clock).revoke(key.id)
    clock.advance(KNOWN_FOR.total_seconds())
    assert services.keys.find(secret) is None
    _, other = services.keys.create("till", ["read"])
    assert services.keys.find(other) is not None
    clock.advance(-60)  # a clock that was set back
    MongoKeys(services.database, clock).revoke(services.keys.page("", 10)[-1].id)
    assert services.keys.find(other) is None
