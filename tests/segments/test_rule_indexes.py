"""Each rule that says an index answers it is answered by that index, as the real engine explains; the others scan."""

import os
from collections.abc import Iterator
from typing import Any

import pytest

from segments.nodes import Node
from segments.plan import Walk
from segments.planning import plan
from segments.tree import kinds, parse
from storage.mongo import Mongo
from tests.support.clock import START

NAMES = [name for name in kinds() if name not in ("in_segment", "everyone")]
MANY = 50
# An index is used that leaves nearly everybody: everyone's last order was before now.
NEARLY_ALL = {"late_for_self"}

pytestmark = pytest.mark.skipif(
    os.environ.get("ENCORE_TEST_MONGODB") != "engine",
    reason="only the real engine explains (ENCORE_TEST_MONGODB=engine)",
)


def first_walk(node: Node) -> Walk:
    """Over the customers, or over the rows where a rule finds its customers by them."""
    made = plan(node, START)
    walk = made.base or made.more
    assert walk is not None
    return walk


def explained(database: Mongo, node: Node) -> list[dict[str, Any]]:
    """The stages by which the first collection of a plan is read."""
    walk = first_walk(node)
    command = {"aggregate": walk.collection, "pipeline": walk.counting(), "cursor": {}}
    return list(_stages(database.command("explain", command, verbosity="queryPlanner")))


def _stages(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if value.get("stage") in ("IXSCAN", "COLLSCAN", "IDHACK"):
            yield value
        for key, inner in value.items():
            if key != "rejectedPlans":
                yield from _stages(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _stages(inner)


@pytest.mark.parametrize("name", NAMES)
def test_what_a_rule_says_of_indexes_is_so(name: str, database: Mongo) -> None:
    for collection in ("customers", "orders", "messages", "facts", "vouchers", "redemptions", "referrals"):
        database[collection].insert_many([{"_id": f"x{number}"} for number in range(MANY)])
    for example in kinds()[name].examples:
        node = parse({"rule": name, **example})
        index = kinds()[name](node.rule.settings).index  # type: ignore[attr-defined]  # a rule alone is a leaf
        stages = explained(database, node)
        assert stages
        if index:
            assert {stage["stage"] for stage in stages} == {"IXSCAN"}, (example, stages)
            if first_walk(node).collection == "customers":
                assert next(iter(stages[0]["keyPattern"])) == index
            assert node.scans() == []
        else:
            assert name in NEARLY_ALL or "COLLSCAN" in {stage["stage"] for stage in stages}, (example, stages)
            assert node.scans() == [name]
