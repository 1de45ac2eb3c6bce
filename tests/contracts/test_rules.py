"""For every rule there is: what the database matches and its plain-Python meaning agree on random customers."""

import os
import re
from collections.abc import Iterator
from random import Random
from typing import Any, NamedTuple

import msgspec
import pytest

from common.errors import Invalid
from common.settings import Settings as Settings_
from customers.customer import Customer
from segments.beside import OverRows
from segments.nodes import Leaf, Node, Not
from segments.planning import plan
from segments.rule import Beside, Rule, Settings, Stage
from segments.tree import kinds, parse
from storage.matching import MongoMatching
from storage.mongo import Mongo, connect, from_document
from tests.support import beside, people
from tests.support.clock import START
from tests.support.databases import Databases
from tests.support.servers import Servers

NAMES = list(kinds())
# More of both finds rarer disagreements: ENCORE_TEST_CUSTOMERS=10000 is what a release is tried with.
CUSTOMERS = int(os.environ.get("ENCORE_TEST_CUSTOMERS", "300"))
VARIATIONS = int(os.environ.get("ENCORE_TEST_VARIATIONS", "2"))
# Of them so many are also looked at one by one, as explain and events do.
SOME = CUSTOMERS // 5
TREES = 8
# Where a filter takes what stands there for a value, whatever it looks like.
COMPARED = {"$eq", "$in", "$nin", "$all", "$gte", "$lte", "$lt"}
MARK = re.compile(r"^_[a-z_]+_[a-z2-7]{12}(?=\.0$|$)")
NUMBERS = [0, 1, 2, 3, 5, 10, 29, 30, 31, 60, 90, 365, 400, 0.5, 1.5, 2.5, 50.0, 99.9, 100, 10_000, 20_001, 10**12]


def resolve(id: str) -> Node:
    """Every other segment is this one."""
    return parse({"any": [{"rule": "tag", "any_of": ["vip"]}, {"rule": "orders_lately", "days": 60}]})


def variations(name: str, random: Random) -> Iterator[Node]:
    """The examples of a rule, and what they become when values in them change."""
    kind = kinds()[name]
    yield from (parse({"rule": name, **example}, resolve) for example in kind.examples)
    for _ in range(VARIATIONS):
        changed = {key: vary(value, random) for key, value in random.choice(kind.examples).items()}
        try:
            yield parse({"rule": name, **changed}, resolve)
        except Invalid:
            continue


def vary(value: Any, random: Random) -> Any:
    if isinstance(value, bool):
        return random.choice([True, False])
    if isinstance(value, (int, float)):
        return random.choice(NUMBERS)
    if isinstance(value, list):
        return value[: random.randint(1, len(value))]
    return value


class World(NamedTuple):
    """Random customers in a database, as they are read back, and what stands beside each."""

    database: Mongo
    people: list[Customer]
    beside: dict[str, Beside]


@pytest.fixture(scope="module")
def world(databases: Databases, servers: Servers) -> Iterator[World]:
    """One for all rules: nothing changes it."""
    with databases.lent() as name:
        connected = connect(Settings_(mongodb_url=servers.mongodb_url, mongodb_database=name))
        yield World(connected, *insert(connected, Random("rules")))
        connected.client.close()


def insert(database: Mongo, random: Random) -> tuple[list[Customer], dict[str, Beside]]:
    made = people.customers(random, CUSTOMERS, START)
    documents = people.documents(random, made)
    for first in range(0, len(documents), beside.CHUNK):
        database["customers"].insert_many(documents[first : first + beside.CHUNK])
    world = beside.fill(database, random, made, START)
    theirs: dict[str, dict[str, list[Any]]] = {person.id: {"products": world["products"]} for person in made}
    for collection, rows in world.items():
        for row in rows:
            for named in ("customer", "customer_id", "advocate", "friend", "customers"):
                about = row.get(named, [])
                for one in [about] if isinstance(about, str) else about:
                    if one in theirs:
                        theirs[one].setdefault(collection, []).append(row)
    return [from_document(document, Customer) for document in database["customers"].find()], dict(theirs)


def rule_of(node: Node) -> Rule:
    assert isinstance(node, Leaf)
    return node.rule


def one_by_one(database: Mongo, node: Node, some: list[str]) -> set[str]:
    """Which of some customers match, each looked at by itself."""
    only = {"$match": {"_id": {"$in": some}}}
    rows = database["customers"].aggregate([only, *node.pipeline(START), {"$project": {"_id": 1}}])
    return {row["_id"] for row in rows}


def asked(node: Node) -> list[Stage]:
    """All that the database may be asked for a tree."""
    made = plan(node, START)
    walks = [walk for walk in (made.base, made.more, made.less) if walk]
    return [*node.pipeline(START), *(stage for walk in walks for stage in [*walk.reading(), *walk.counting()])]


@pytest.mark.parametrize("name", NAMES)
def test_the_database_and_the_plain_meaning_agree(name: str, world: World) -> None:
    random = Random(f"rules {name}")
    database, read, theirs = world
    everybody = {person.id for person in read}
    some = random.sample(sorted(everybody), min(SOME, len(everybody)))
    matching = MongoMatching(database)
    examples = len(kinds()[name].examples)
    for place, node in enumerate(variations(name, random)):
        expected = {person.id for person in read if node.holds(person, START, theirs[person.id])}
        assert list(matching.ids(plan(node, START))) == sorted(expected), node.match(START)
        assert one_by_one(database, node, some) == expected & set(some), node.match(START)
        if place < examples:
            assert expected, f"none of {CUSTOMERS} customers is in {kinds()[name].examples[place]}"
            assert len(expected) < len(read) or name == "everyone", kinds()[name].examples[place]
            others = plan(Not(node), START)
            assert list(matching.ids(others)) == sorted(everybody - expected), node.match(START)
            assert matching.count(others) == len(read) - len(expected)
            assert matching.count(plan(node, START)) == len(expected)


def test_trees_over_rows_agree_however_they_are_fetched(world: World) -> None:
    random = Random("trees over rows")
    database, read, theirs = world
    sizes = set()
    for _ in range(TREES):
        node = parse(tree(random, 3), resolve)
        expected = sorted(person.id for person in read if node.holds(person, START, theirs[person.id]))
        made = plan(node, START)
        for few in (1, len(read)):
            matching = MongoMatching(database, few=few)
            assert list(matching.ids(made)) == expected
            assert matching.count(made) == len(expected)
            after = expected[len(expected) // 2] if expected else ""
            page = [one.id for one in matching.sample(made, 5, after)]
            assert page == [one for one in expected if one > after][:5]
        sizes.add(len(expected))
    assert len(sizes) > 3


def tree(random: Random, depth: int) -> dict[str, Any]:
    """A tree of which every other rule is over rows."""
    word = random.choice(["all", "any", "not", "rule"]) if depth else "rule"
    if word == "not":
        return {"not": tree(random, depth - 1)}
    if word in ("all", "any"):
        return {word: [tree(random, depth - 1) for _ in range(random.randint(1, 3))]}
    over_rows = [name for name, kind in kinds().items() if issubclass(kind, OverRows)]
    name = random.choice(over_rows if random.random() < 0.5 else ["tag", "profile_orders", "country", "in_segment"])
    return {"rule": name, **random.choice(kinds()[name].examples)}


@pytest.mark.parametrize("name", NAMES)
def test_a_rule_says_what_it_looked_at_for_every_customer(name: str) -> None:
    random = Random(f"values {name}")
    for node in variations(name, random):
        for person in people.customers(random, 50, START):
            value = rule_of(node).value(person, START)
            assert value.endswith(".")
            assert value[0].isupper()


@pytest.mark.parametrize("name", NAMES)
def test_a_rule_describes_itself_well_enough_for_a_form(name: str) -> None:
    kind = kinds()[name]
    assert kind.summary.endswith((".", "…"))
    assert issubclass(kind.Settings, Settings)
    described = kind.schema()
    assert described["additionalProperties"] is False
    assert kind.examples
    for example in kind.examples:
        assert set(example) <= set(described["properties"])


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("smuggled", [{"$gt": ""}, {"$regex": ".*"}, [{"$ne": None}], {"$where": "1"}, [["a"]]])
def test_no_setting_of_a_rule_takes_an_operator(name: str, smuggled: Any) -> None:
    kind = kinds()[name]
    fields = [field.encode_name for field in msgspec.structs.fields(kind.Settings)]
    for example in kind.examples:
        for field in fields or ["anything"]:
            with pytest.raises(Invalid) as refused:
                parse({"rule": name, **example, field: smuggled}, resolve)
            assert all(path.startswith(f"rules.{field}") for path in refused.value.fields)


@pytest.mark.parametrize("name", NAMES)
def test_texts_from_a_rule_never_become_keys_or_bare_operands(name: str) -> None:
    canaries = ["$where", "$gt", "$$ROOT", "a.b", "$secrets"]
    for example in kinds()[name].examples:
        for field, value in example.items():
            for canary in canaries:
                try:
                    node = parse({"rule": name, **example, field: _with_canary(value, canary)}, resolve)
                except Invalid:
                    continue
                plain = parse({"rule": name, **example}, resolve)
                assert shape(node) == shape(plain)
                assert not list(bare(asked(node), canary))


def shape(node: Node) -> list[str]:
    return sorted(_keys(asked(node)))


def _with_canary(value: Any, canary: str) -> Any:
    if isinstance(value, str):
        return canary
    return [canary for _ in value] if isinstance(value, list) else value


def _keys(value: Any) -> Iterator[str]:
    """Every key in a pipeline, but for the marks of lookups, which are hashes of the settings."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield MARK.sub("_mark", key)
            yield from _keys(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _keys(inner)


def bare(value: Any, canary: str, in_expression: bool = False) -> Iterator[str]:
    """Where a text from a rule stands so that the database would read it rather than compare with it."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in ({"$literal"} if in_expression else COMPARED):
                continue
            yield from bare(inner, canary, in_expression or key == "$expr")
    elif isinstance(value, list):
        for inner in value:
            yield from bare(inner, canary, in_expression)
    elif value == canary:
        yield canary
