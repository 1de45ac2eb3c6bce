"""Points of people who turn out to be one, who ask what is held of them, and who are forgotten."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from loyalty.points_account import Entry
from storage.mongo import from_documents
from tests.loyalty.points_makers import accounts, balance, happened, later, mistakes, order, with_reward
from tests.support.clock import ManualClock
from wiring import Services

Call = Callable[..., Any]


@pytest.fixture
def call(client: FlaskClient) -> Call:
    """The API."""
    return lambda method, path, **settings: client.open(path, method=method, **settings)


def everything(services: Services) -> str:
    """All that the points' collections hold, as text."""
    names = ["points_accounts", "points_ledger"]
    return json.dumps([found for name in names for found in services.database[name].find()], default=str)


def entries(services: Services) -> list[Entry]:
    return from_documents(services.database["points_ledger"].find(), Entry)


def begun(services: Services) -> None:
    """Two customers, each with an order and points by hand."""
    with_reward(services, 150, "old-one")
    order(services, "o1", customer="old-one")
    order(services, "o2", customer="survivor", total=3_000)
    services.points.adjust("survivor", "a", 20, "after a call with Anna Secret", "tests")


def test_a_merge_over_the_api_brings_all_points_together(services: Services, call: Call) -> None:
    begun(services)
    for _ in range(2):
        assert call("POST", "/v1/customers/survivor/merge", json={"other": "old-one"}).status_code == 200
    told = call("GET", "/v1/customers/survivor/points").get_json()
    assert (told["balance"], told["pending"]) == (170, 130)
    assert call("GET", "/v1/customers/old-one/points").get_json()["balance"] == 170
    assert services.customers.get(["survivor"])["survivor"].loyalty["points"] == 170
    happened(services, "o1", "cancelled")
    assert balance(services, "survivor") == (170, 30)
    later(services, 31)
    assert balance(services, "survivor") == (200, 0)
    assert mistakes(services) == []


def test_what_is_held_is_told_with_the_rest(services: Services, call: Call) -> None:
    begun(services)
    call("POST", "/v1/customers/survivor/merge", json={"other": "old-one"})
    told = call("GET", "/v1/customers/survivor/export").get_json()
    held = json.dumps(told)
    assert "after a call with Anna Secret" in held
    assert "order:o1" in held


def test_who_is_forgotten_leaves_sums_and_no_name(services: Services, call: Call, clock: ManualClock) -> None:
    begun(services)
    order(services, "o3", customer="other")
    call("POST", "/v1/customers/survivor/merge", json={"other": "old-one"})
    before = services.points.liability()
    assert call("DELETE", "/v1/customers/survivor").status_code == 204
    held = everything(services)
    assert "survivor" not in held
    assert "old-one" not in held
    assert "Secret" not in held
    report = services.points.liability()
    assert (before.outstanding, before.pending) == (170, 230)
    assert (report.outstanding, report.pending) == (0, 100)
    assert sum(entry.points for entry in entries(services)) == sum(one.balance for one in accounts(services))
    assert sum(entry.pending for entry in entries(services)) == sum(one.waiting for one in accounts(services))
    happened(services, "o1", "cancelled")
    services.points_feed.catch_up()
    assert [account.id for account in accounts(services)] == ["other"]


def test_points_spent_before_an_erasure_stay_spent(services: Services, call: Call) -> None:
    with_reward(services, 150)
    services.points.spend("ana", "one", "tenth", "tests")
    assert call("DELETE", "/v1/customers/ana").status_code == 204
    kinds = [entry.kind.value for entry in sorted(entries(services), key=lambda one: one.number)]
    assert kinds == ["adjusted", "spent", "forfeited"]
    assert sum(entry.points for entry in entries(services)) == 0
