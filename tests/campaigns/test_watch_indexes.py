"""What triggers look for by a time is found by an index of that time, as the real engine explains."""

import os
from datetime import timedelta
from typing import Any

import pytest

from storage.mongo import Mongo
from tests.segments.test_rule_indexes import MANY, _stages
from tests.support.clock import START

pytestmark = pytest.mark.skipif(
    os.environ.get("ENCORE_TEST_MONGODB") != "engine",
    reason="only the real engine explains (ENCORE_TEST_MONGODB=engine)",
)
HOUR = timedelta(hours=1)
SPAN = {"$gt": START, "$lte": START + HOUR}
# As storage/occasions.py asks, with the field whose index is to answer.
ASKED: list[tuple[str, dict[str, Any], str]] = [
    ("vouchers", {"issued_at": SPAN, "customer": {"$gt": ""}}, "issued_at"),
    ("vouchers", {"issued_at": SPAN, "campaign": "c", "customer": {"$gt": ""}}, "issued_at"),
    ("vouchers", {"valid_until": SPAN, "customer": {"$gt": ""}}, "valid_until"),
    ("events", {"customer": "", "at": {"$gt": START}, "type": "back_in_stock"}, "customer"),
]


@pytest.mark.parametrize(("collection", "wanted", "field"), ASKED)
def test_what_a_watch_asks_for_costs_what_it_finds(
    collection: str, wanted: dict[str, Any], field: str, database: Mongo
) -> None:
    ages = [START - number * 24 * HOUR for number in range(MANY)]
    database["vouchers"].insert_many(
        [{"_id": f"v{n}", "customer": f"c{n}", "issued_at": at, "valid_until": at} for n, at in enumerate(ages)]
    )
    database["events"].insert_many([{"_id": f"e{n}", "customer": f"c{n}", "at": at} for n, at in enumerate(ages)])
    command = {"find": collection, "filter": wanted}
    stages = list(_stages(database.command("explain", command, verbosity="queryPlanner")))
    assert {stage["stage"] for stage in stages} == {"IXSCAN"}, stages
    assert {next(iter(stage["keyPattern"])) for stage in stages} == {field}
