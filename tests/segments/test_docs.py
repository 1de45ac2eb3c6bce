"""docs/segments.md names every rule with its meaning, an example that is taken, and its index."""

import json
import re
from pathlib import Path

from segments.tree import kinds, parse
from tests.contracts.test_rules import resolve, rule_of

PAGE = Path(__file__).resolve().parents[2] / "docs" / "segments.md"
ROW = re.compile(r"^\| (\w+) \| `(\w+)` \| (.*) \| `(\{.*\})` \| (?:`(.*)`)? ?\|$", re.MULTILINE)


def test_every_rule_is_in_the_table_as_it_is() -> None:
    rows = {
        name: (group, meaning, json.loads(rule), index)
        for group, name, meaning, rule, index in ROW.findall(PAGE.read_text())
    }
    assert sorted(rows) == sorted(kinds())
    for name, (group, meaning, rule, index) in rows.items():
        assert rule["rule"] == name
        kind = kinds()[name]
        assert (group, meaning) == (kind.group, kind.summary)
        assert rule_of(parse(rule, resolve)).index == index


def test_the_tree_on_the_page_is_taken() -> None:
    (tree,) = re.findall(r"```json\n(\{\"all\".*?)```", PAGE.read_text(), re.DOTALL)
    assert parse(json.loads(tree)).size == 7
