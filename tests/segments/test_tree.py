"""Trees of rules: what is refused, where the refusal points, and what a good one compiles to."""

from datetime import timedelta
from random import Random
from typing import Any

import pytest

from common.errors import Invalid
from customers.customer import Customer
from customers.profile import Profile
from segments.nodes import Node
from segments.ready_made import READY_MADE
from segments.tree import MAX_DEPTH, MAX_NODES, kinds, parse, references
from storage.mongo import Mongo, from_document
from tests.support import people
from tests.support.clock import START

ORDERED = {"rule": "profile_orders", "at_least": 1}


def refused(rules: Any) -> dict[str, list[str]]:
    with pytest.raises(Invalid) as error:
        parse(rules)
    return error.value.fields


def nested(levels: int) -> dict[str, Any]:
    rules: dict[str, Any] = ORDERED
    for _ in range(levels - 1):
        rules = {"not": rules}
    return rules


@pytest.mark.parametrize(
    ("rules", "path"),
    [
        (None, "rules"),
        ("everyone", "rules"),
        ([], "rules"),
        (1, "rules"),
        ({}, "rules"),
        ({"all": []}, "rules.all"),
        ({"any": []}, "rules.any"),
        ({"all": {}}, "rules.all"),
        ({"all": {"rule": "everyone"}}, "rules.all"),
        ({"all": "everyone"}, "rules.all"),
        ({"all": [ORDERED], "any": [ORDERED]}, "rules"),
        ({"all": [ORDERED, 5]}, "rules.all.1"),
        ({"all": [ORDERED, None]}, "rules.all.1"),
        ({"any": [ORDERED, {"not": []}]}, "rules.any.1.not"),
        ({"not": [ORDERED]}, "rules.not"),
        ({"$or": [ORDERED]}, "rules"),
        ({"$where": "1"}, "rules"),
        ({"all": [{"$where": "sleep(1)"}]}, "rules.all.0"),
        ({"rule": "nope"}, "rules.rule"),
        ({"rule": ["everyone"]}, "rules.rule"),
        ({"rule": {"$ne": ""}}, "rules.rule"),
        ({"rule": None}, "rules.rule"),
        ({"rule": "everyone", "all": []}, "rules.all"),
        ({"rule": "everyone", "$or": [{}]}, "rules.$or.0"),
        ({"rule": "everyone", "$or": 1}, "rules.$or"),
        ({"all": [ORDERED, {"rule": "first_order_lately"}]}, "rules.all.1.days"),
        ({"all": [ORDERED, {"rule": "first_order_lately", "days": "30"}]}, "rules.all.1.days"),
        ({"all": [ORDERED, {"rule": "first_order_lately", "days": 30.5}]}, "rules.all.1.days"),
        ({"all": [ORDERED, {"rule": "first_order_lately", "days": True}]}, "rules.all.1.days"),
        ({"all": [ORDERED, {"rule": "first_order_lately", "days": None}]}, "rules.all.1.days"),
        ({"all": [ORDERED, {"rule": "first_order_lately", "days": 0}]}, "rules.all.1.days"),
        ({"all": [ORDERED, {"rule": "first_order_lately", "days": 10**30}]}, "rules.all.1.days"),
        ({"rule": "first_order_lately", "days": {"$gt": 0}}, "rules.days"),
        ({"rule": "tag", "any_of": {"$gt": ""}}, "rules.any_of"),
        ({"rule": "tag", "any_of": "vip"}, "rules.any_of"),
        ({"rule": "tag", "any_of": []}, "rules.any_of"),
        ({"rule": "tag", "any_of": ["vip", {"$regex": ".*"}]}, "rules.any_of.1"),
        ({"rule": "tag", "any_of": ["vip", 7]}, "rules.any_of.1"),
        ({"rule": "tag", "any_of": ["vip", "a\0b"]}, "rules.any_of.1"),
        ({"rule": "tag", "any_of": ["vip", "\ud800"]}, "rules.any_of.1"),
        ({"rule": "tag", "any_of": ["v" * 257]}, "rules.any_of.0"),
        ({"rule": "tag", "any_of": [str(number) for number in range(1_001)]}, "rules.any_of"),
        ({"rule": "tag", "any_of": [str(number) for number in range(10_000)]}, "rules"),
        ({"rule": "country", "any_of": ["PT", "pt"]}, "rules.any_of.1"),
        ({"rule": "locale", "any_of": ["pt", ".*"]}, "rules.any_of.1"),
        ({"rule": "time_zone", "any_of": ["../../etc/passwd"]}, "rules"),
        ({"rule": "reachable", "channel": "email.$"}, "rules"),
        ({"rule": "consent", "channel": "email", "purpose": "$where"}, "rules.purpose"),
        ({"rule": "profile_spend", "currency": "E.$", "at_least": 1}, "rules.currency"),
        ({"rule": "profile_spend", "currency": "EUR\n", "at_least": 1}, "rules.currency"),
        ({"rule": "profile_orders"}, "rules"),
        ({"rule": "profile_orders", "at_least": 5, "at_most": 4}, "rules"),
        ({"rule": "profile_orders", "at_least": -1}, "rules.at_least"),
        ({"rule": "profile_orders", "at_least": 1e999}, "rules.at_least"),
        ({"rule": "attribute", "attribute": "a.b", "equals": 1}, "rules.attribute"),
        ({"rule": "attribute", "attribute": "$where", "equals": 1}, "rules.attribute"),
        ({"rule": "attribute", "attribute": "size", "equals": {"$gt": ""}}, "rules.equals"),
        ({"rule": "attribute", "attribute": "size", "equals": ["M"]}, "rules.equals"),
        ({"rule": "attribute", "attribute": "size", "equals": 1, "known": True}, "rules"),
        ({"rule": "random_share", "percent": 0}, "rules.percent"),
        ({"rule": "random_share", "percent": float("nan")}, "rules.percent"),
        ({"rule": "in_segment", "segment": {"$ne": ""}}, "rules.segment"),
        ({"rule": "in_segment", "segment": "nobody"}, "rules.segment"),
        ({"rule": "rfm_cell", "any_of": ["champion"]}, "rules.any_of.0"),
        ({1: [ORDERED]}, "rules"),
    ],
)
def test_what_is_wrong_is_refused_by_the_path_of_its_node(rules: Any, path: str) -> None:
    assert list(refused(rules)) == [path]


def test_a_misspelt_word_is_answered_with_the_right_one() -> None:
    assert "'profile_orders'" in refused({"rule": "profile_order", "at_least": 1})["rules.rule"][0]
    assert "'at_least'" in refused({"rule": "profile_orders", "atleast": 1})["rules.atleast"][0]
    assert "'any'" in refused({"eny": [ORDERED]})["rules"][0]


def test_everything_that_is_wrong_is_named_at_once() -> None:
    found = refused({"all": [{"rule": "nope"}, ORDERED, {"not": {"rule": "tag", "any_of": [1]}}]})
    assert list(found) == ["rules.all.0.rule", "rules.all.2.not.any_of.0"]


def test_a_tree_is_as_deep_as_is_allowed_and_no_deeper() -> None:
    assert parse(nested(MAX_DEPTH)).depth == MAX_DEPTH
    assert [path.count("not") for path in refused(nested(MAX_DEPTH + 1))] == [MAX_DEPTH]
    assert refused(nested(200))


def test_a_tree_is_as_large_as_is_allowed_and_no_larger() -> None:
    assert parse({"any": [ORDERED] * (MAX_NODES - 1)}).size == MAX_NODES
    assert list(refused({"any": [ORDERED] * MAX_NODES})) == ["rules"]
    wide = {"any": [{"any": [ORDERED] * 100}] * 100}
    assert list(refused(wide)) == ["rules"]
    assert list(refused({"any": [5] * 100_000})) == ["rules.any"]


def test_segments_within_segments_cannot_grow_into_a_bomb() -> None:
    def doubled(levels: int) -> Node:
        return parse(
            {"any": [{"rule": "in_segment", "segment": "x"}] * 2} if levels else ORDERED,
            lambda _: doubled(levels - 1),
        )

    assert doubled(3).size > 20
    with pytest.raises(Invalid):
        doubled(8)


def test_not_takes_in_those_of_whom_the_field_is_unknown(database: Mongo) -> None:
    database["customers"].insert_one({"_id": "bare"})
    for rule in (ORDERED, {"rule": "days_since_last_order", "at_least": 1}, {"rule": "country", "any_of": ["PT"]}):
        stages = parse({"not": {"all": [rule]}}).pipeline(START)
        assert [row["_id"] for row in database["customers"].aggregate(stages)] == ["bare"]


def test_random_trees_match_what_they_mean(database: Mongo) -> None:
    random = Random("trees")
    made = people.customers(random, 200, START)
    database["customers"].insert_many(people.documents(random, made))
    read = [from_document(document, Customer) for document in database["customers"].find()]
    sizes = set()
    for _ in range(40):
        node = parse(_tree(random, 4))
        found = {row["_id"] for row in database["customers"].aggregate(node.pipeline(START))}
        assert found == {person.id for person in read if node.holds(person, START)}, node.match(START)
        sizes.add(len(found))
    assert len(sizes) > 10


def _tree(random: Random, depth: int) -> dict[str, Any]:
    word = random.choice(["all", "any", "not", "rule"]) if depth else "rule"
    if word == "not":
        return {"not": _tree(random, depth - 1)}
    if word in ("all", "any"):
        return {word: [_tree(random, depth - 1) for _ in range(random.randint(1, 3))]}
    name = random.choice([name for name in kinds() if name not in ("in_segment", "orders_lately", "random_share")])
    return {"rule": name, **random.choice(kinds()[name].examples)}


def test_what_needs_no_lookup_is_asked_before_the_lookup() -> None:
    lately = {"rule": "orders_lately", "days": 90}
    stages = parse({"all": [lately, ORDERED, {"not": lately}]}).pipeline(START)
    assert [next(iter(stage)) for stage in stages] == ["$match", "$lookup", "$match", "$unset"]
    assert stages[0] == {"$match": {"$and": [{"profile.orders": {"$gte": 1}}]}}
    stages = parse({"any": [lately, ORDERED]}).pipeline(START)
    assert [next(iter(stage)) for stage in stages] == ["$lookup", "$match", "$unset"]


def test_a_whole_day_is_twenty_four_hours_to_the_millisecond() -> None:
    node = parse({"rule": "days_since_last_order", "at_least": 30, "at_most": 30})
    last = {
        30: START - timedelta(days=30),
        29: START - timedelta(days=30) + timedelta(milliseconds=1),
        31: START - timedelta(days=31),
    }
    inside = {days for days, at in last.items() if node.holds(Customer(id="a", profile=Profile(last_at=at)), START)}
    assert inside == {30}


def test_every_ready_made_segment_can_be_used() -> None:
    for proposal in READY_MADE:
        assert parse(proposal.rules).size > 1
    assert len({proposal.id for proposal in READY_MADE}) == len(READY_MADE) >= 10


def test_references_are_found_wherever_they_stand() -> None:
    inner = {"rule": "in_segment", "segment": "a"}
    assert references({"all": [{"not": inner}, {"any": [ORDERED, {**inner, "segment": "b"}]}]}) == {"a", "b"}
    assert references(ORDERED) == set()


@pytest.mark.parametrize(
    ("rules", "path", "words"),
    [
        ({"rule": "tag", "any_of": "vip"}, "rules.any_of", "Expected a list, got text."),
        ({"rule": "profile_orders", "at_least": "3"}, "rules.at_least", "Expected a whole number, got text."),
        ({"rule": "random_share"}, "rules.percent", "This has to be said."),
        ({"rule": "rfm_cell", "any_of": ["champs"]}, "rules.any_of.0", "there are about_to_sleep, at_risk, champions"),
        ({"rule": "reacted", "did": "open"}, "rules.did", "there are clicked, complained, opened, unsubscribed."),
        ({"rule": "orders_lately", "days": 0}, "rules.days", "Expected a whole number >= 1."),
    ],
)
def test_a_refusal_says_what_would_be_right(rules: dict[str, Any], path: str, words: str) -> None:
    (found,) = refused(rules)[path]
    assert words in found
    assert "`" not in found
