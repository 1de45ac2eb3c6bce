"""Audiences: counted, sampled, streamed, explained, and segments that are made of segments."""

from datetime import timedelta

import pytest

from common.errors import Conflict, Invalid, NotFound, Stale
from customers.customer import Customer
from customers.orders import Order
from customers.profile import Profile
from segments.plan import Plan, Walk
from segments.segment import Segment
from storage.matching import MongoMatching
from storage.mongo import to_document
from tests.support.clock import START
from wiring import Services

SILENT = {"rule": "days_since_last_order", "at_least": 90}


@pytest.fixture
def shop(services: Services) -> Services:
    """Ten customers: the n-th ordered n times, last 20 n days ago; odd ones are in Portugal."""
    made = [
        Customer(
            id=f"c{number}",
            first_name=f"Ana {number}",
            country="PT" if number % 2 else "",
            profile=Profile(orders=number, days=number, last_at=START - timedelta(days=20 * number))
            if number
            else Profile(),
        )
        for number in range(10)
    ]
    services.database["customers"].insert_many([to_document(customer) for customer in made])
    order = Order(id="o", customer_id="c7", placed_at=START - timedelta(days=1), currency="EUR", total=1)
    services.database["orders"].insert_one(to_document(order))
    return services


def ids(customers: object) -> list[str]:
    return [customer.id for customer in customers]  # type: ignore[attr-defined]


def test_an_audience_is_counted_sampled_and_streamed_alike(shop: Services) -> None:
    audience = shop.audience
    assert audience.count(SILENT) == 5
    assert ids(audience.sample(SILENT, 2)) == ["c5", "c6"]
    assert ids(audience.sample(SILENT, 2, after="c6")) == ["c7", "c8"]
    assert ids(audience.stream(SILENT)) == ["c5", "c6", "c7", "c8", "c9"]
    assert ids(audience.stream(SILENT, after="c7")) == ["c8", "c9"]
    assert ids(audience.stream(SILENT, after="c9")) == []
    assert audience.contains(SILENT, "c5")
    assert not audience.contains(SILENT, "c4")
    assert not audience.contains(SILENT, "nobody")


def test_a_stream_goes_on_over_many_batches(shop: Services) -> None:
    assert len(list(MongoMatching(shop.database, batch=2).stream(Plan(base=Walk(head=[]))))) == 10


def test_an_empty_audience_counts_nobody(shop: Services) -> None:
    nobody = {"rule": "profile_orders", "at_least": 1_000}
    assert shop.audience.count(nobody) == 0
    assert list(shop.audience.stream(nobody)) == []


def test_time_passing_changes_who_is_in(shop: Services) -> None:
    shop.clock.advance(86_400 * 30)  # type: ignore[attr-defined]
    assert ids(shop.audience.stream(SILENT)) == ["c3", "c4", "c5", "c6", "c7", "c8", "c9"]


def test_members_come_without_the_marks_of_lookups(shop: Services) -> None:
    rules = {"all": [SILENT, {"rule": "orders_lately", "days": 30}]}
    assert shop.audience.sample(rules, 5)[0] == shop.audience.sample({"all": [SILENT]}, 5)[2]
    assert ids(shop.audience.stream(rules)) == ["c7"]
    for some in (SILENT, rules):
        found = shop.audience.stream(some, "c6", fields=["country"])
        assert next(found) == Customer(id="c7", country="PT")  # and neither name nor profile


def test_a_segment_may_be_made_of_others(shop: Services) -> None:
    shop.segments.add(Segment(id="silent", name="Silent", rules=SILENT))
    portuguese = {"rule": "country", "any_of": ["PT"]}
    rules = {"all": [{"rule": "in_segment", "segment": "silent"}, portuguese]}
    assert ids(shop.audience.stream(rules)) == ["c5", "c7", "c9"]
    shop.segments.add(Segment(id="both", name="Both", rules=rules))
    assert shop.audience.count({"not": {"rule": "in_segment", "segment": "both"}}) == 7
    assert shop.audience.users_of("silent") == ["both"]


def test_a_circle_of_segments_is_refused_with_the_way_round(shop: Services) -> None:
    shop.segments.add(Segment(id="a", name="A", rules=SILENT))
    shop.segments.add(Segment(id="b", name="B", rules={"not": {"rule": "in_segment", "segment": "a"}}))
    for rules in ({"rule": "in_segment", "segment": "b"}, {"rule": "in_segment", "segment": "a"}):
        with pytest.raises(Invalid) as refused:
            shop.audience.tree(rules, own_id="a")
        assert "circle" in refused.value.fields["rules.segment"][0]
    shop.segments.put(Segment(id="a", name="A", rules={"rule": "in_segment", "segment": "b"}))
    with pytest.raises(Invalid):
        shop.audience.count({"rule": "in_segment", "segment": "a"})


def test_the_reason_is_given_rule_by_rule(shop: Services) -> None:
    shop.segments.add(Segment(id="silent", name="Silent", rules=SILENT))
    rules = {
        "all": [
            {"rule": "in_segment", "segment": "silent"},
            {"not": {"rule": "country", "any_of": ["PT"]}},
            {"rule": "orders_lately", "days": 30},
        ]
    }
    why = shop.audience.explain(rules, "c7")
    silent, abroad, lately = why.parts
    assert (why.node, why.verdict) == ("all", False)
    assert (silent.verdict, abroad.verdict, lately.verdict) == (True, False, True)
    assert silent.parts[0].value == "Their last order was 140 days ago, on 2025-10-13."
    assert abroad.parts[0].value == "They live in PT."
    assert not shop.audience.explain(rules, "c8").parts[2].verdict
    with pytest.raises(NotFound):
        shop.audience.explain(rules, "nobody")


def test_explaining_agrees_with_membership_for_everybody(shop: Services) -> None:
    rules = {"any": [{"all": [SILENT, {"rule": "country", "any_of": ["PT"]}]}, {"rule": "orders_lately", "days": 30}]}
    members = set(ids(shop.audience.stream(rules)))
    assert {f"c{n}" for n in range(10) if shop.audience.explain(rules, f"c{n}").verdict} == members


def test_segments_are_kept_changed_and_forgotten(services: Services) -> None:
    made = services.segments.add(Segment(id="a", name="A", rules=SILENT))
    assert (made.version, made.created_at, services.segments.get("a")) == (1, START, made)
    with pytest.raises(Conflict):
        services.segments.add(made)
    changed = services.segments.put(Segment(id="a", name="B", rules=SILENT), expected_version=1)
    assert (changed.version, changed.name, changed.created_at) == (2, "B", START)
    with pytest.raises(Stale):
        services.segments.put(made, expected_version=1)
    assert services.segments.put(Segment(id="b", name="new", rules=SILENT)).version == 1
    assert [segment.id for segment in services.segments.page("", 1)] == ["a"]
    assert [segment.id for segment in services.segments.page("a", 5)] == ["b"]
    services.segments.delete("a")
    with pytest.raises(NotFound):
        services.segments.get("a")
    with pytest.raises(NotFound):
        services.segments.delete("a")
