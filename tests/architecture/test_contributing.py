"""The examples of CONTRIBUTING.md work as they stand: each, put into its folder, is found and does what it says."""

import importlib.util
import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import messaging.channels
from campaigns import triggers
from campaigns.trigger import Trigger
from common.kinds import scan
from common.money import Money
from customers.customer import Customer
from loyalty import offers
from loyalty.basket import Basket
from loyalty.kind import OfferKind
from messaging.channel import Provider
from segments import rules
from segments.rule import Rule

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = re.findall(r"in `([a-z/]+)/`\n.*?```python\n(.*?)```", (ROOT / "CONTRIBUTING.md").read_text(), re.DOTALL)
PACKAGES: dict[str, tuple[ModuleType, type[Any]]] = {
    "segments/rules": (rules, Rule),
    "loyalty/offers": (offers, OfferKind),
    "campaigns/triggers": (triggers, Trigger),
    "messaging/channels": (messaging.channels, Provider),
}
NOW = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture
def example(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """The kind that an example declares, scanned from a copy of its folder that holds the example alone."""
    folder = request.param
    source = dict(EXAMPLES)[folder]
    real, base = PACKAGES[folder]
    name = "contributed_" + folder.replace("/", "_")
    package = tmp_path / name
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "example.py").write_text(source)
    sys.path.insert(0, str(tmp_path))
    try:
        found = scan(importlib.import_module(name), base)
    finally:
        sys.path.remove(str(tmp_path))
        for module in [module for module in sys.modules if module.startswith(name)]:
            del sys.modules[module]
    ((kind_name, kind),) = found.items()
    assert kind_name not in scan(real, base), "the example has become real: think of another"
    return kind


def test_there_is_an_example_of_each_kind() -> None:
    assert sorted(folder for folder, _ in EXAMPLES) == sorted(PACKAGES)


@pytest.mark.parametrize("example", ["segments/rules"], indirect=True)
def test_the_rule(example: type[Rule]) -> None:
    rule = example(example.Settings(letter="A"))
    assert rule.holds(Customer(id="c", first_name="Ana"), NOW)
    assert not rule.holds(Customer(id="c", first_name="Bo"), NOW)
    assert rule.match(NOW) == {"first_name": {"$gte": "A", "$lt": "B"}}


@pytest.mark.parametrize("example", ["loyalty/offers"], indirect=True)
def test_the_offer_kind(example: type[OfferKind[Any]]) -> None:
    kind = example(example.Settings())
    assert kind.discount(Basket(id="o", total=Money(500, "EUR"))) == Money(0, "EUR")
    assert kind.summary("de-AT") == "das Günstigste gratis"


@pytest.mark.parametrize("example", ["campaigns/triggers"], indirect=True)
def test_the_trigger(example: type[Trigger]) -> None:
    trigger = example(example.Settings())
    assert trigger.next_at(NOW) is None
    assert trigger.event == "tier_lost"


@pytest.mark.parametrize("example", ["messaging/channels"], indirect=True)
def test_the_provider(example: type[Provider]) -> None:
    assert example.channel == "sms"
    assert example.batch_max == 1
