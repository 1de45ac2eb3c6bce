"""A win-back from its segment to its uplift: made by a recipe, tried, launched, learned from and reported."""

import json
import os
import sys
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from api.app import create_app
from customers.orders import Line, Order
from customers.shop import Shop
from tests.journeys.shop import open_shop, someone
from tests.journeys.test_triggers import tick
from tests.support.clock import ManualClock
from tests.support.sandbox import ProviderSandbox
from wiring import Services

PEOPLE = int(os.environ.get("ENCORE_WIN_BACK_PEOPLE", "24"))
DAY = 24 * 3_600


class Typed:
    """What somebody types, and what is answered; shown where somebody asks for it (docs/win-back.md)."""

    def __init__(self, client: FlaskClient) -> None:
        self._client = client

    def __call__(self, method: str, path: str, body: Any = None) -> Any:
        answer = self._client.open(path, method=method, json=body)
        assert answer.status_code < 300, answer.get_data(as_text=True)
        told = answer.get_json()
        if "ENCORE_WIN_BACK_PEOPLE" in os.environ:
            said = [method, path, json.dumps(body) if body else "", json.dumps(told, indent=1), ""]
            sys.stdout.write("\n".join(said))
        return told


@pytest.fixture
def typed(shop: Services) -> Typed:
    client = create_app(shop).test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {shop.keys.create('tests', ['admin'])[1]}"
    return Typed(client)


def late_people(shop: Services, clock: ManualClock) -> None:
    """Regulars, every three weeks, of whom nothing has been heard for ten."""
    names = [someone(number, clock.now()) for number in range(PEOPLE)]
    open_shop(shop, names)
    shop.shops.put(Shop(name="Harbour Records", postal_address="1 Harbour Lane", url="https://shop.example", caps=[]))
    orders = [bought(f"c{number}", clock, 70 + 21 * place, 4_000) for number in range(PEOPLE) for place in range(4)]
    shop.orders.upsert(orders)


def bought(customer: str, clock: ManualClock, days_ago: int, total: int) -> Order:
    at = clock.now() - timedelta(days=days_ago)
    line = Line(product_id="cd", quantity=1, unit_price=total)
    order = f"{customer}-{at:%Y%m%d}"
    return Order(id=order, customer_id=customer, placed_at=at, currency="EUR", total=total, lines=[line])


def test_a_win_back_from_its_segment_to_its_uplift(
    shop: Services, typed: Typed, clock: ManualClock, provider_sandbox: ProviderSandbox
) -> None:
    late_people(shop, clock)
    settings = {
        "percents": [10, 20],
        "code_most": 800,
        "total_most": 250 * PEOPLE,
        "person_most": 1_000,
        "rest_days": 21,
    }
    made = typed("POST", "/v1/recipes/win_back", {"holdout_percent": 20, "settings": settings})
    [campaign], [segment] = made["campaigns"], made["segments"]
    here = f"/v1/campaigns/{campaign['id']}"
    assert typed("GET", f"/v1/segments/{segment}/members?limit=2")["data"]
    tried = typed("POST", f"{here}/dry-run")
    assert sum(tried["ladder"]["rungs"].values()) == PEOPLE
    assert 0 < tried["ladder"]["most"]["amount"] <= 250 * PEOPLE
    typed("POST", f"{here}/launch")
    clock.advance(DAY + 60)  # Tuesday, ten o'clock
    tick(shop)
    rungs = decided(typed, here)
    told_what_they_got(typed, here, rungs)
    letters = {letter["address"].partition("@")[0] for letter in provider_sandbox.accepted()}
    assert letters == {name for name, rung in rungs.items() if rung != "holdout"}
    assert typed("GET", f"{here}/ladder")["promised"]["amount"] == tried["ladder"]["most"]["amount"]
    # Of those who got something half come back, and nobody of the others.
    back = [name for place, name in enumerate(sorted(letters)) if place % 2]
    shop.orders.upsert([bought(name, clock, -2, 4_500) for name in back])
    clock.advance(15 * DAY)
    tick(shop)
    standing = typed("GET", f"{here}/ladder")
    [everybody] = [one for one in standing["cells"] if not one["cell"]]
    assert sum(one["customers"] for one in everybody["rungs"]) == len(letters)
    # Three weeks after the first, nobody is late who came back; the others go up, within the cap.
    clock.advance(6 * DAY)
    tick(shop)
    silent = min(name for name in letters.difference(back) if rungs[name] == "note")
    [climb] = typed("GET", f"{here}/ladder/decisions?customer={silent}")["data"]
    assert [one["step"] for one in climb["decisions"] if one["rung"]] == [0, 1]
    assert typed("GET", f"{here}/ladder")["promised"]["amount"] <= 250 * PEOPLE
    report = typed("GET", f"{here}/report")
    assert report["uplift"]["per_customer"] > 0
    proved = report["experiment"]
    assert [(one["arm"], one["against"]) for one in proved["comparisons"]] == [("treated", "holdout")]
    assert (proved["winner"], proved["not_compared"].partition(" chooses")[0]) == ("", "A ladder")
    assert set(report["variants"]) == {"note", "off-10", "off-20"}
    typed("GET", f"{here}/ladder/lessons?limit=1")


def told_what_they_got(typed: Typed, here: str, rungs: dict[str, str]) -> None:
    """Who is held out is drawn; a rung is not, and is told from what was kept."""
    for name, rung in rungs.items():
        told = typed("GET", f"{here}/draw?customer={name}")
        assert told["arm"] == ("holdout" if rung == "holdout" else "treated")
        assert (told["drawn"], "chooses" in told["why"], told["given"][0]["variant"]) == (False, True, rung)
        assert told["variant"] == ("" if rung == "holdout" else rung)


def decided(typed: Typed, here: str) -> dict[str, str]:
    """Who was put on which rung."""
    rungs: dict[str, str] = {}
    after = ""
    while True:
        page = typed("GET", f"{here}/ladder/decisions?limit=250&after={after}")
        rungs |= {one["customer"]: one["decisions"][-1]["rung"] for one in page["data"]}
        if not page["next"]:
            return rungs
        after = page["next"]
