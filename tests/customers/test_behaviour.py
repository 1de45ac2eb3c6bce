"""What a site saw becomes an event, or is refused."""

from datetime import UTC, datetime
from typing import Any

import pytest

from common.errors import Invalid
from customers.behaviour import seen

AT = datetime(2026, 3, 1, tzinfo=UTC)


def test_the_same_said_twice_is_the_same_event() -> None:
    assert seen("cart_updated", AT, "ana", {"b": 1, "a": 2}).id == seen("cart_updated", AT, "ana", {"a": 2, "b": 1}).id
    assert seen("cart_updated", AT, "ana", {"a": 1}).id != seen("cart_updated", AT, "ana", {"a": 2}).id
    assert seen("cart_updated", AT, "ana", {"a": 1}, "e1").id == seen("cart_updated", AT, "ana", {}, "e1").id
    assert seen("cart_updated", AT, "ana", {}, "e1").id != seen("cart_updated", AT, "bob", {}, "e1").id


@pytest.mark.parametrize(
    ("type", "data", "field"),
    [
        ("order_placed", {}, "type"),
        ("Cart", {}, "type"),
        ("x" * 65, {}, "type"),
        ("view\n", {}, "type"),
        ("view", {"$set": 1}, "data"),
        ("view", {"a.b": 1}, "data"),
        ("view", {"a": [{"a\0": 1}]}, "data"),
        ("view", {"a": {"a": {"a": {"a": {}}}}}, "data"),
        ("view", {"a": "x" * 9_000}, "data"),
        ("cart_updated", {"lines": "x"}, "data.lines"),
        ("cart_updated", {"items": [{"product_id": "tea"}, 5]}, "data.items"),
    ],
)
def test_what_could_harm_is_refused(type: str, data: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        seen(type, AT, "ana", data)
    assert list(refusal.value.fields) == [field]
