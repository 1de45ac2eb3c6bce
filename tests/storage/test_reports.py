"""What the arms of a campaign bought, against a plain reckoning: read for everybody at once, and by customer."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from campaigns.experiments.arms import Arm
from campaigns.plan import SHOP_HOLDOUT
from storage.bought import ORDERS_A_MESSAGE
from storage.mongo import Document, Mongo
from storage.reports import CHUNK, MongoFigures

PLANNED = datetime(2026, 3, 1, 12, tzinfo=UTC)
WINDOW = timedelta(days=14)
PEOPLE = CHUNK + 20


def _message(number: int, chance: random.Random) -> Document:
    rest = chance.choice(
        [{"variant": "loud"}, {}, {"state": "held_out"}, {"state": "held_out", "reason": SHOP_HOLDOUT}]
    )
    known = {"_id": f"m{number}", "campaign": "spring", "customer": f"c{number % PEOPLE}", "state": "accepted"}
    return known | {"planned_at": PLANNED + timedelta(hours=number % 50), "reason": ""} | rest


def _order(number: int, chance: random.Random) -> Document:
    edges = [
        timedelta(0),
        -timedelta(milliseconds=1),
        WINDOW,
        -WINDOW,
        timedelta(seconds=chance.randrange(-(10**7), 10**7)),
    ]
    return {
        "_id": f"o{number}",
        "customer_id": f"c{chance.randrange(PEOPLE + 9)}",
        "placed_at": PLANNED + timedelta(hours=chance.randrange(50)) + chance.choice(edges),
        "currency": chance.choice(["EUR", "EUR", "SEK"]),
        "state": chance.choice(["placed", "delivered", "cancelled", "refunded"]),
        "total": chance.randrange(10_000),
    }


def _plainly(messages: list[Document], orders: list[Document]) -> dict[str, Arm]:
    heads: dict[str, list[tuple[int, int, int]]] = {}
    for message in messages:
        if message["reason"] == SHOP_HOLDOUT:
            continue
        name = "holdout" if message["state"] == "held_out" else message.get("variant", "treated")
        theirs = [
            (order["placed_at"] - message["planned_at"], order["total"])
            for order in orders
            if order["customer_id"] == message["customer"]
            and order["currency"] == "EUR"
            and order["state"] in ("placed", "delivered")
        ]
        after = [total for ago, total in theirs if timedelta(0) <= ago < WINDOW]
        before = [total for ago, total in theirs if -WINDOW <= ago < timedelta(0)]
        heads.setdefault(name, []).append((len(after), sum(after), sum(before)))
    return {
        name: Arm(
            customers=len(rows),
            buyers=sum(bool(count) for count, _, _ in rows),
            revenue=sum(after for _, after, _ in rows),
            squares=float(sum(after**2 for _, after, _ in rows)),
            before=sum(before for _, _, before in rows),
            before_squares=float(sum(before**2 for _, _, before in rows)),
            products=float(sum(after * before for _, after, before in rows)),
        )
        for name, rows in heads.items()
    }


@pytest.mark.parametrize("strangers", [0, ORDERS_A_MESSAGE], ids=["few orders besides", "many orders besides"])
def test_what_the_arms_bought_is_what_a_plain_sum_says(database: Mongo, strangers: int) -> None:
    chance = random.Random(20261122)
    messages = [_message(number, chance) for number in range(PEOPLE + 30)]
    orders = [_order(number, chance) for number in range(3 * PEOPLE)]
    others = [
        {**_order(number, chance), "_id": f"x{number}", "customer_id": "stranger", "placed_at": PLANNED}
        for number in range(strangers * len(messages))
    ]
    database["messages"].insert_many(messages)
    database["orders"].insert_many(orders + others)
    told = MongoFigures(database).arms("spring", WINDOW, "EUR")
    assert told == _plainly(messages, orders)
    assert MongoFigures(database).arms("autumn", WINDOW, "EUR") == {}
