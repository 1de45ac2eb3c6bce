"""T16: whoever may not, learns nothing: the same refusal whether a thing is there or not, and nothing changes."""

import os
from typing import Any

from flask import Flask

from customers.catalogue import Product
from customers.customer import Customer
from storage.mongo import Mongo
from tests.api.operations import all_of
from tests.journeys.shop import draft, open_shop
from tests.support.clock import ManualClock
from wiring import Services

FULL = os.environ.get("ENCORE_FAULTS") == "full"
CANARY = "Zyxquor-Canary"
# Of one key is noted when it was last used.
NOTES = {"keys"}


def test_what_is_there_is_refused_word_for_word_like_what_is_not(
    services: Services, app: Flask, database: Mongo, clock: ManualClock
) -> None:
    web = app.test_client()
    key, revoked = services.keys.create("revoked", ["admin"])
    services.keys.revoke(key.id)
    scopes = ("read", "ingest", "campaigns", "checkout") if FULL else ("read", "checkout")
    secrets = {scope: services.keys.create(scope, [scope])[1] for scope in scopes}

    def refusals() -> dict[str, tuple[int, bytes]]:
        told = {}
        for operation in all_of(app, "/v1/"):
            methods = [operation.method, *(["HEAD"] if FULL and operation.method == "GET" else [])]
            wrong = [None, revoked, *(secrets[one] for one in scopes if one not in (operation.scope, "admin"))]
            for method in methods:
                for number, secret in enumerate(wrong):
                    headers = {"Authorization": f"Bearer {secret}"} if secret else {}
                    answer = web.open(operation.path, method=method, headers=headers)
                    assert answer.status_code == (401 if number < 2 else 403), (operation, method)
                    told[f"{method} {operation.path} {number}"] = (answer.status_code, answer.get_data())
        return told

    before = refusals()
    open_shop(services, [Customer(id="nobody", first_name=CANARY, addresses={"email": ["zyxquor@example.com"]})])
    services.products.upsert([Product(id="nobody", name=CANARY, price=1, currency="EUR")])
    draft(services, id="nobody", name=CANARY)
    kept = _everything(database)
    after = refusals()
    assert after == before, [name for name in before if after[name] != before[name]]
    assert not any(CANARY.encode() in body or b"zyxquor@" in body for _, body in after.values())
    assert _everything(database) == kept
    assert len(after) > 400


def test_what_lies_outside_asks_for_a_signature_or_a_token(app: Flask, services: Services) -> None:
    web = app.test_client()
    open_shop(services, [Customer(id="nobody", first_name=CANARY)])
    for operation in all_of(app):
        if operation.rule.startswith("/v1/"):
            continue
        answer = web.open(operation.path, method=operation.method)
        assert answer.status_code < 500, operation
        assert CANARY not in answer.get_data(as_text=True), operation


def _everything(database: Mongo) -> dict[str, list[Any]]:
    names = sorted(set(database.list_collection_names()) - NOTES)
    return {name: sorted(database[name].find(), key=repr) for name in names}
