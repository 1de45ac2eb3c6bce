"""Each kind of trigger: what it accepts, and when it is due."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from campaigns.trigger import kinds, parse
from common.errors import Invalid
from common.events import event

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


def test_scheduled_is_due_once() -> None:
    at = NOW + timedelta(days=1)
    trigger = parse({"kind": "scheduled", "at": at.isoformat()})
    assert trigger.next_at(NOW) == at
    assert trigger.next_at(at) is None


def test_recurring_keeps_to_the_wall_clock_of_its_zone_through_daylight_saving() -> None:
    trigger = parse({"kind": "recurring", "cron": "0 10 * * *", "time_zone": "Europe/Berlin"})
    before = datetime(2026, 3, 28, 12, 0, tzinfo=UTC)
    first = trigger.next_at(before)
    assert first == datetime(2026, 3, 29, 8, 0, tzinfo=UTC)  # the clocks went forward that night
    assert trigger.next_at(before - timedelta(days=1)) == datetime(2026, 3, 28, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("trigger", "field"),
    [
        ({"kind": "by_owl"}, "trigger.kind"),
        ({"kind": ["launched"]}, "trigger.kind"),
        ({"kind": "launched", "at": "x"}, "trigger"),
        ({"kind": "scheduled"}, "trigger"),
        ({"kind": "scheduled", "at": "tomorrow"}, "trigger.at"),
        ({"kind": "scheduled", "at": "2026-03-01T10:00:00Z"}, "trigger.at"),
        ({"kind": "scheduled", "at": "2026-04-01T10:00:00"}, "trigger.at"),
        ({"kind": "recurring", "cron": 5}, "trigger.cron"),
        ({"kind": "recurring", "cron": "x"}, "trigger.cron"),
        ({"kind": "recurring", "cron": "99 * * * *"}, "trigger.cron"),
        ({"kind": "recurring", "cron": "* * * * *"}, "trigger.cron"),
        ({"kind": "recurring", "cron": "* * * * * *"}, "trigger.cron"),
        ({"kind": "recurring", "cron": "0 0 30 2 *"}, "trigger.cron"),
        ({"kind": "recurring", "cron": "R R R R R"}, "trigger.cron"),
        ({"kind": "recurring", "cron": "H 10 * * *"}, "trigger.cron"),
        ({"kind": "recurring", "cron": "*/99999999999 * * * *"}, "trigger.cron"),
        ({"kind": "recurring", "cron": "0 10 * * 2", "time_zone": "Africa"}, "trigger.time_zone"),
        ({"kind": "recurring", "cron": "0 10 * * 2", "time_zone": "x" * 5_000}, "trigger.time_zone"),
        ({"kind": "recurring", "cron": "0 10 * * 2", "time_zone": "Mars/Base"}, "trigger.time_zone"),
        ({"kind": "recurring", "cron": "0 10 * * 2", "time_zone": "../etc/passwd"}, "trigger.time_zone"),
    ],
)
def test_settings_that_make_no_sense_are_refused_by_their_field(trigger: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        parse(trigger).check(NOW)
    assert list(refusal.value.fields) == [field]


def test_first_order_wants_the_first() -> None:
    trigger = parse({"kind": "first_order"})
    assert trigger.accepts(event("order_placed", NOW, "c1", ["o1"], first=True))
    assert not trigger.accepts(event("order_placed", NOW, "c1", ["o2"], first=False))
    assert not trigger.accepts(event("order_shipped", NOW, "c1", ["o1"], first=True))


@pytest.mark.parametrize("name", sorted(kinds()))
def test_every_kind_says_what_it_is(name: str) -> None:
    kind = kinds()[name]
    assert kind.summary.endswith(".")
    assert kind.__doc__
    assert len(kind.summary) <= 120
