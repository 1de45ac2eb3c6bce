"""Attributes have the types that the shop declares."""

from datetime import UTC, datetime
from typing import Any

import pytest

from common.errors import Invalid
from customers.attributes import Attribute, checked, from_text, told

DECLARED = {
    "size": Attribute(type="text"),
    "children": Attribute(type="number"),
    "newsletter": Attribute(type="yes_no"),
    "since": Attribute(type="date"),
    "hobbies": Attribute(type="list"),
}


def test_values_of_their_type_are_kept_and_a_date_is_a_date() -> None:
    given = {"size": "M", "children": 2, "newsletter": True, "since": "2024-02-29", "hobbies": ["tea", "choir"]}
    kept = checked(given, DECLARED)
    assert kept == given | {"since": datetime(2024, 2, 29, tzinfo=UTC)}
    assert told(kept) == given
    assert checked({"size": None, "shoe": 38.5}, DECLARED) == {"size": None, "shoe": 38.5}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("size", 5),
        ("size", ["M"]),
        ("size", "x" * 1_001),
        ("children", "2"),
        ("children", True),
        ("newsletter", 1),
        ("since", "2023-02-29"),
        ("since", 20240229),
        ("since", "29.2.2024"),
        ("hobbies", "tea"),
        ("hobbies", [1]),
        ("hobbies", ["x"] * 51),
        ("undeclared", ["x"]),
        ("undeclared", {"x": 1}),
    ],
)
def test_a_value_of_another_type_is_refused_by_its_name(name: str, value: Any) -> None:
    with pytest.raises(Invalid) as refusal:
        checked({name: value, "other": 1}, DECLARED)
    assert list(refusal.value.fields) == [f"attributes.{name}"]


def test_a_strict_shop_takes_nothing_undeclared() -> None:
    with pytest.raises(Invalid) as refusal:
        checked({"shoe": 38, "hat": 5, "size": "M"}, DECLARED, strict=True)
    assert list(refusal.value.fields) == ["attributes.shoe", "attributes.hat"]
    assert checked({"shoe": None}, DECLARED, strict=True) == {"shoe": None}


def test_a_cell_of_a_file_is_read_as_its_type() -> None:
    cells = {"size": "M", "children": "2", "newsletter": "Yes", "since": "2024-02-29", "hobbies": "tea; choir"}
    read = {name: from_text(text, DECLARED[name]) for name, text in cells.items()}
    assert read["children"] == 2
    assert (read["newsletter"], read["hobbies"], read["since"]) == (
        True,
        ["tea", "choir"],
        datetime(2024, 2, 29, tzinfo=UTC),
    )
    assert from_text("2", None) == "2"
    for name, text in (("children", "two"), ("children", "nan"), ("newsletter", "maybe"), ("since", "soon")):
        with pytest.raises(ValueError, match="Must be"):
            from_text(text, DECLARED[name])
