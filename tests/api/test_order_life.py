"""An order's life over the API: events one by one and by the feed, what came back, what went wrong, lists."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.ids import new_id
from customers.order_events import MAX_EVENTS
from customers.orders import OrderEvent
from tests.api.conftest import Call
from tests.support.clock import START
from wiring import Services

EUR = {"amount": 1_000, "currency": "EUR"}
ORDER: dict[str, Any] = {
    "customer_id": "ana",
    "placed_at": "2026-02-01T10:00:00Z",
    "lines": [
        {"product_id": "cd", "quantity": 2, "unit_price": EUR},
        {"product_id": "lp", "quantity": 1, "unit_price": EUR | {"amount": 3_000}},
    ],
    "promised_at": "2026-02-05T23:59:59Z",
}


def at(day: int, hour: int = 10) -> str:
    return f"2026-02-{day:02}T{hour:02}:00:00Z"


def tell(call: Call, order: str, *events: dict[str, Any]) -> dict[str, Any]:
    """Tell an order what happened to it; the order as it then is."""
    told: dict[str, Any] = {}
    for event in events:
        answer = call("POST", f"/v1/orders/{order}/events", json=event)
        assert answer.status_code == 200, answer.get_json()
        told = answer.get_json()
    return told


events = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["shipped", "delayed", "cancelled", "delivered", "damaged", "returned", "refunded"]),
        "at": st.integers(1, 3).map(at),
    },
    optional={
        "id": st.sampled_from(["a", "b"]),
        "reason": st.sampled_from(["", "rain", "strike"]),
        "expected_at": st.integers(4, 6).map(at),
    },
)
moneyed = st.fixed_dictionaries(
    {"type": st.sampled_from(["returned", "refunded"]), "at": st.integers(1, 3).map(at)},
    optional={"id": st.sampled_from(["a", "b", "c"]), "amount": st.sampled_from([0, 500, 1_000, 9_000])},
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(events | moneyed, min_size=1, max_size=5).flatmap(
        lambda told: st.tuples(st.just(told), st.permutations(told * 2), st.integers(1, 10))
    )
)
def test_events_in_any_order_and_twice_over_give_the_same_order(
    call: Call, three: tuple[list[dict[str, Any]], list[dict[str, Any]], int]
) -> None:
    once, shuffled, cut = three
    one, other = new_id(), new_id()
    for order in (one, other):
        call("PUT", f"/v1/orders/{order}", json=ORDER | {"customer_id": order})
    tell(call, one, *once)
    for part in (shuffled[:cut], shuffled[cut:]):
        if part:
            batch = {"events": [event | {"order_id": other} for event in part]}
            answer = call("POST", "/v1/orders/events", json=batch)
            assert answer.get_json() == {"accepted": len(part), "refused": []}
    kept = [call("GET", f"/v1/orders/{order}").get_json() for order in (one, other)]
    for order in kept:
        del order["id"], order["customer_id"], order["version"]
    assert kept[0] == kept[1]
    profiles = [call("GET", f"/v1/customers/{name}").get_json()["profile"] for name in (one, other)]
    assert profiles[0] == profiles[1]


def test_an_event_sent_again_with_more_to_say_is_completed_and_another_id_is_another(call: Call) -> None:
    call("PUT", "/v1/orders/o1", json=ORDER)
    delayed = {"type": "delayed", "at": at(3)}
    told = tell(call, "o1", delayed, delayed | {"reason": "rain"}, delayed)
    assert [(one["type"], one["reason"]) for one in told["events"]] == [("delayed", "rain")]
    refund = {"type": "refunded", "at": at(4), "amount": 100}
    told = tell(call, "o1", refund | {"id": "r1"}, refund | {"id": "r2"}, refund | {"id": "r1"})
    assert told["refunded"]["amount"] == 200


def test_a_return_in_part_and_then_of_the_rest(call: Call) -> None:
    call("PUT", "/v1/orders/o1", json=ORDER)
    cds = {"product_id": "cd", "quantity": 2}
    part = {"type": "returned", "at": at(6), "lines": [cds], "amount": 2_000}
    told = tell(call, "o1", {"type": "delivered", "at": at(5)}, part)
    assert (told["state"], told["refunded"]["amount"]) == ("delivered", 2_000)
    assert [line["returned"] for line in told["lines"]] == [2, 0]
    assert call("GET", "/v1/customers/ana").get_json()["profile"]["spend"] == [EUR | {"amount": 3_000}]
    rest = {"type": "returned", "at": at(7), "lines": [{"product_id": "lp", "quantity": 1}], "amount": 3_000}
    told = tell(call, "o1", rest)
    assert (told["state"], told["refunded"]["amount"]) == ("returned", 5_000)
    assert [line["returned"] for line in told["lines"]] == [2, 1]
    assert tell(call, "o1", {"type": "refunded", "at": at(8)})["state"] == "refunded"


def test_more_than_was_bought_never_comes_back_and_never_more_money_than_was_paid(call: Call) -> None:
    call("PUT", "/v1/orders/o1", json=ORDER)
    back = [{"product_id": "cd", "quantity": 9}, {"product_id": "the-wrong-one", "quantity": 1}]
    told = tell(call, "o1", {"type": "returned", "at": at(6), "lines": back, "amount": 4_000})
    assert [line["returned"] for line in told["lines"]] == [2, 0]
    told = tell(call, "o1", {"type": "refunded", "at": at(7), "amount": 4_000})
    assert (told["refunded"]["amount"], told["state"]) == (5_000, "refunded")


def test_what_was_damaged_and_refunded_is_put_right(call: Call) -> None:
    call("PUT", "/v1/orders/o1", json=ORDER)
    told = tell(call, "o1", {"type": "delivered", "at": at(5)}, {"type": "damaged", "at": at(6)})
    assert (told["state"], told["causes"], told["open"]) == ("delivered", ["damaged"], True)
    told = tell(call, "o1", {"type": "refunded", "at": at(7), "amount": 1_000})
    assert (told["state"], told["causes"], told["open"]) == ("delivered", ["damaged"], False)


def test_the_latest_word_says_when_it_is_expected_and_lateness_is_by_the_promise(call: Call) -> None:
    told = call("PUT", "/v1/orders/o1", json=ORDER).get_json()
    assert told["expected_at"] == told["promised_at"] == "2026-02-05T23:59:59.000Z"
    told = tell(
        call,
        "o1",
        {"type": "delayed", "at": at(4), "expected_at": at(9)},
        {"type": "delayed", "at": at(3), "expected_at": at(12)},
    )
    assert told["expected_at"] == "2026-02-09T10:00:00.000Z"
    told = tell(call, "o1", {"type": "delivery_failed", "at": at(9)}, {"type": "delivered", "at": at(10)})
    assert (told["state"], told["expected_at"], told["open"]) == ("delivered", None, False)
    assert told["causes"] == ["delayed", "delivery_failed", "late"]


def test_the_last_move_wins_but_placed_never_takes_an_order_back(call: Call) -> None:
    call("PUT", "/v1/orders/o1", json=ORDER)
    assert tell(call, "o1", {"type": "shipped", "at": at(1, 9)}, {"type": "placed", "at": at(1, 10)})["state"] == (
        "shipped"
    )
    assert tell(call, "o1", {"type": "delivered", "at": at(2)})["state"] == "delivered"
    assert tell(call, "o1", {"type": "cancelled", "at": at(3)})["state"] == "cancelled"
    assert tell(call, "o1", {"type": "refunded", "at": at(3)})["state"] == "cancelled"
    assert call("GET", "/v1/customers/ana").get_json()["profile"]["orders"] == 0


def test_an_order_given_again_keeps_its_life(call: Call) -> None:
    call("PUT", "/v1/orders/o1", json=ORDER)
    lived = tell(call, "o1", {"type": "shipped", "at": at(2)}, {"type": "refunded", "at": at(3), "amount": 4_500})
    less = ORDER | {"total": EUR | {"amount": 4_000}}
    again = call("PUT", "/v1/orders/o1", json=less).get_json()
    assert again["events"] == lived["events"]
    assert (again["state"], again["refunded"]["amount"]) == ("refunded", 4_000)


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"type": "refunded", "amount": -1}, "amount"),
        ({"type": "shipped", "amount": 5}, "amount"),
        ({"type": "refunded", "lines": [{"product_id": "cd", "quantity": 1}]}, "lines"),
        ({"lines": [{"product_id": "cd", "quantity": 0}]}, "lines.0.quantity"),
        ({"lines": [{"product_id": "a/b", "quantity": 1}]}, "lines.0.product_id"),
        ({"at": "2026-03-03T10:00:00Z"}, "at"),
        ({"at": "9999-12-31T23:59:59Z"}, "at"),
        ({"at": "0001-01-01T00:00:00Z"}, "at"),
        ({"expected_at": "9999-12-31T23:59:59Z"}, "expected_at"),
        ({"type": "lost"}, "type"),
        ({"id": "a/b"}, "id"),
        ({"order_id": "o1"}, "order_id"),
    ],
)
def test_a_wrong_field_of_an_event_is_named(call: Call, change: dict[str, Any], path: str) -> None:
    call("PUT", "/v1/orders/o1", json=ORDER)
    event = {"type": "returned", "at": at(6)} | change
    answer = call("POST", "/v1/orders/o1/events", json=event)
    assert answer.status_code == 422
    assert set(answer.get_json()["errors"]) == {path}
    assert call("GET", "/v1/orders/o1").get_json()["events"] == []


def test_an_order_of_the_future_is_refused_but_a_clock_may_be_ahead(call: Call) -> None:
    for hours, status in ((13, 422), (11, 200)):
        placed = (START + timedelta(hours=hours)).isoformat()
        answer = call("PUT", "/v1/orders/o1", json=ORDER | {"placed_at": placed})
        assert answer.status_code == status, answer.get_json()
    for name in ("placed_at", "promised_at"):
        answer = call("PUT", "/v1/orders/o1", json=ORDER | {name: "9999-01-01T00:00:00Z"})
        assert set(answer.get_json()["errors"]) == {name}


def test_a_feed_says_of_each_event_what_is_wrong_and_takes_the_others(call: Call) -> None:
    call("PUT", "/v1/orders/o1", json=ORDER)
    call("PUT", "/v1/orders/o2", json=ORDER)
    feed = {
        "events": [
            {"order_id": "o1", "type": "shipped", "at": at(2)},
            {"order_id": "o9", "type": "shipped", "at": at(2)},
            {"order_id": "o2", "type": "lost", "at": "today"},
            {"type": "shipped", "at": at(2)},
            {"order_id": "o1", "type": "delivered", "at": at(3)},
            {"order_id": "o2", "type": "delivered", "at": "2026-04-01T00:00:00Z"},
            {"order_id": {"$gt": ""}, "type": "delivered", "at": at(3)},
            "shipped",
            None,
        ]
    }
    for _ in range(2):
        answer = call("POST", "/v1/orders/events", json=feed)
        assert answer.status_code == 200, answer.get_json()
        told = answer.get_json()
        assert told["accepted"] == 2
        assert [(one["index"], one["order_id"], one["reason"], sorted(one["errors"])) for one in told["refused"]] == [
            (1, "o9", "unknown_order", ["order_id"]),
            (2, "o2", "invalid", ["at", "type"]),
            (3, None, "invalid", ["order_id"]),
            (5, "o2", "invalid", ["at"]),
            (6, None, "invalid", ["order_id"]),
            (7, None, "invalid", ["body"]),
            (8, None, "invalid", ["body"]),
        ]
    assert [one["type"] for one in call("GET", "/v1/orders/o1").get_json()["events"]] == ["shipped", "delivered"]
    for wrong in ({"events": []}, {"events": 1}, {"events": [{}] * 501}):
        assert call("POST", "/v1/orders/events", json=wrong).status_code == 422


def test_an_order_can_be_called_events(call: Call) -> None:
    assert call("PUT", "/v1/orders/events", json=ORDER).status_code == 200
    assert call("GET", "/v1/orders/events").get_json()["id"] == "events"


def test_an_order_takes_so_many_events_and_says_when_it_is_full(call: Call, services: Services) -> None:
    call("PUT", "/v1/orders/o1", json=ORDER)
    many = [OrderEvent(type="shipped", at=START - timedelta(hours=n)) for n in range(MAX_EVENTS)]
    services.orders.add_events({"o1": many})
    again = {"type": "shipped", "at": START.isoformat()}
    assert call("POST", "/v1/orders/o1/events", json=again).status_code == 200
    answer = call("POST", "/v1/orders/o1/events", json={"type": "delivered", "at": at(20)})
    assert (answer.status_code, answer.get_json()["reason"]) == (409, "full")
    fed = call("POST", "/v1/orders/events", json={"events": [{"order_id": "o1", "type": "delivered", "at": at(20)}]})
    assert fed.get_json()["refused"][0]["reason"] == "full"


def test_money_given_back_is_told_with_its_amount(call: Call, services: Services) -> None:
    call("PUT", "/v1/orders/o1", json=ORDER)
    tell(call, "o1", {"type": "refunded", "at": at(6), "amount": 1_500}, {"type": "refunded", "at": at(7)})
    tell(call, "o1", {"type": "returned", "at": at(8), "amount": 0, "lines": [{"product_id": "cd", "quantity": 1}]})
    services.events.pump()
    told = {event.at.day: event.data for event in services.events.of_customer("ana", 10)}
    shape = {"order": "o1", "currency": "EUR", "total": 5_000}
    assert told[6] == shape | {"amount": 1_500, "refunded": 1_500}
    assert told[7] == shape | {"amount": 5_000, "refunded": 5_000}
    assert told[8] == shape | {"amount": 0, "refunded": 5_000, "lines": [{"product_id": "cd", "quantity": 1}]}


def test_orders_are_listed_by_pages_and_a_customers_latest_first(call: Call) -> None:
    for number in range(5):
        placed = at(1 + number // 2)
        call("PUT", f"/v1/orders/o{number}", json=ORDER | {"placed_at": placed})
    call("PUT", "/v1/orders/other", json=ORDER | {"customer_id": "bo"})

    def listed(**query: str) -> list[str]:
        ids: list[str] = []
        after = ""
        while True:
            answer = call("GET", "/v1/orders", query_string=query | {"limit": 2, "after": after}).get_json()
            ids += [order["id"] for order in answer["data"]]
            if answer["next"] is None:
                return ids
            after = answer["next"]

    assert listed(customer="ana") == ["o4", "o3", "o2", "o1", "o0"]
    assert listed() == ["o0", "o1", "o2", "o3", "o4", "other"]
    assert listed(customer="nobody") == []
    assert set(call("GET", "/v1/orders?customer=ana&after=o1").get_json()["errors"]) == {"after"}
    assert set(call("GET", "/v1/orders?customer=a/b").get_json()["errors"]) == {"customer"}


def test_orders_come_as_a_file(call: Call) -> None:
    call("PUT", "/v1/orders/=o1", json=ORDER)
    tell(call, "=o1", {"type": "damaged", "at": at(6)}, {"type": "refunded", "at": at(7), "amount": 10})
    for query in ("", "?customer=ana"):
        answer = call("GET", f"/v1/orders{query}", headers={"Accept": "text/csv"})
        (told,) = csv.DictReader(io.StringIO(answer.get_data(as_text=True)))
        assert (told["id"], told["customer_id"], told["currency"]) == ("'=o1", "ana", "EUR")
        assert (told["total"], told["refunded"], told["units"], told["causes"]) == ("5000", "10", "3", "damaged")


def test_the_timeline_tells_an_orders_life_in_words_and_the_profile_counts_it(call: Call) -> None:
    call("PUT", "/v1/orders/o1", json=ORDER)
    cds = [{"product_id": "cd", "quantity": 2}]
    tell(
        call,
        "o1",
        {"type": "delivered", "at": at(7)},
        {"type": "damaged", "at": at(8), "reason": "crushed"},
        {"type": "returned", "at": at(9), "id": "r1", "lines": cds, "amount": 2_000},
        {"type": "returned", "at": at(9), "id": "r2", "lines": [{"product_id": "lp", "quantity": 1}]},
    )
    told = []
    after = ""
    while True:
        page = call("GET", "/v1/customers/ana/timeline", query_string={"limit": 1, "after": after}).get_json()
        told += [entry["text"] for entry in page["data"]]
        if page["next"] is None:
            break
        after = page["next"]
    assert told == [
        "They became known.",
        "Order o1: 1 of lp came back.",
        "Order o1: 2 of cd came back, €20.00 given back.",
        "Order o1: Arrived damaged: crushed.",
        "Order o1: Delivered, later than promised for 2026-02-05.",
        "Order o1: Placed, €50.00 in all.",
    ]
    profile = call("GET", "/v1/customers/ana").get_json()["profile"]
    assert (profile["returns"], profile["incidents"], profile["open_incidents"]) == (1, 2, 0)
