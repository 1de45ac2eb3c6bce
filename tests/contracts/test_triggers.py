"""What every trigger must keep, whoever adds the next."""

from datetime import UTC, datetime
from functools import cache
from typing import Any

import msgspec
import pytest
from hypothesis import assume, find, given
from hypothesis import strategies as st

from campaigns.trigger import Trigger, kinds, parse
from common.errors import Invalid
from common.events import event
from tests.journeys.shop import draft, open_shop, someone
from tests.support.clock import START
from tests.support.settings import settings_of
from wiring import Services

KINDS = sorted(kinds())
LISTENING = [name for name in KINDS if kinds()[name].event]
INSTANTS = st.datetimes(datetime(2026, 1, 1), datetime(2031, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # as asked

# Words that mean something to a trigger, where any text would do for their type: by kind and setting.
WORDS: dict[str, dict[str, st.SearchStrategy[str]]] = {
    "recurring": {
        "cron": st.sampled_from(["0 10 * * 2", "*/15 * * * *", "30 2 * * *", "0 0 29 2 *", "59 23 31 12 *"]),
        "time_zone": st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu"]),
    },
    "entered_segment": {"segment": st.just("vip")},
    "left_segment": {"segment": st.just("vip")},
    "site_event": {"type": st.just("wishlist_filled")},
    "voucher_unused": {"after_days": st.just(3)},
    "scheduled": {"at": INSTANTS.filter(lambda at: at > START).map(datetime.isoformat)},
}

# Data that an event of a trigger's type has when it opens a run.
SUITABLE: dict[str, dict[str, Any]] = {
    "first_order": {"first": True},
    "referral_redeemed": {},
    "referral_tier_reached": {"friends": 5},
    "tier_reached": {"tier": "Silver"},
    "points_expiring": {"points": 100},
    "entered_segment": {"segment": "vip"},
    "left_segment": {"segment": "vip"},
    "order_placed": {"order": "o1"},
    "order_shipped": {"order": "o1"},
    "order_delivered": {"order": "o1"},
    "order_refunded": {"order": "o1"},
    "out_for_delivery": {"order": "o1"},
    "nth_order": {"order": "o1"},
    "incident": {"order": "o1"},
    "survey_answered": {"survey": "nps", "score": 9},
    "site_event": {},
}
# An event that a trigger for several types accepts.
ONE_OF_THEM = {"incident": "order_delayed", "site_event": "wishlist_filled"}


def anything(name: str) -> st.SearchStrategy[dict[str, Any]]:
    """A campaign's setting of this kind, as its types allow it; sense it may make or not."""
    return settings_of(kinds()[name].Settings).map(lambda settings: {"kind": name, **settings})


def complaints(setting: dict[str, Any]) -> dict[str, list[str]] | None:
    """What is wrong with a setting, by its fields; None if it could be launched at START."""
    try:
        parse(setting).check(START)
    except Invalid as refused:
        return dict(refused.fields)
    return None


@st.composite
def sensible(draw: st.DrawFn, name: str) -> dict[str, Any]:
    """One that could be launched at START."""
    setting = draw(anything(name))
    setting |= {field: draw(words) for field, words in WORDS.get(name, {}).items()}
    assume(complaints(setting) is None)
    return setting


@cache
def example(name: str) -> dict[str, Any]:
    """The simplest that could be launched; add to WORDS what a new kind needs, if there is none."""
    return find(sensible(name), lambda setting: True)


@pytest.mark.parametrize("name", KINDS)
def test_what_a_campaign_says_is_kept_as_it_was_said(name: str) -> None:
    @given(anything(name))
    def promise(setting: dict[str, Any]) -> None:
        trigger = parse(setting)
        assert type(trigger) is kinds()[name]
        kept = {"kind": name, **msgspec.to_builtins(trigger.settings)}
        assert parse(kept).settings == trigger.settings

    promise()


@pytest.mark.parametrize("name", KINDS)
def test_settings_that_make_no_sense_are_refused_by_name(name: str) -> None:
    @given(anything(name))
    def promise(setting: dict[str, Any]) -> None:
        known = {f"trigger.{field.encode_name}" for field in msgspec.structs.fields(kinds()[name].Settings)}
        wrong = complaints(setting)
        assert wrong is None or (wrong and wrong.keys() <= known)

    promise()


@pytest.mark.parametrize("name", KINDS)
def test_a_setting_that_it_does_not_know_is_refused_by_name(name: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse({**example(name), "nonsense": 1})
    assert [path for path in refused.value.fields if path.startswith("trigger")]
    assert "nonsense" in str(refused.value.fields)


@pytest.mark.parametrize("name", KINDS)
def test_the_next_time_is_later_than_the_instant_and_goes_forwards(name: str) -> None:
    @given(sensible(name), INSTANTS, INSTANTS)
    def promise(setting: dict[str, Any], one: datetime, other: datetime) -> None:
        trigger = parse(setting)
        early, late = sorted((one, other))
        first, second = trigger.next_at(early), trigger.next_at(late)
        assert first is None or first > early
        if second is not None:
            assert second > late
            assert first is not None
            assert first <= second

    promise()


@pytest.mark.parametrize("name", KINDS)
def test_what_goes_out_once_has_no_second_time_and_listens_to_nothing(name: str) -> None:
    @given(sensible(name))
    def promise(setting: dict[str, Any]) -> None:
        trigger = parse(setting)
        first = trigger.next_at(START)
        assert not (trigger.once and trigger.event)
        assert not (trigger.event and first), "an event opens it, or the clock, not both"
        if trigger.once and first:
            assert trigger.next_at(first) is None
        assert trigger.once or trigger.event or trigger.looks_every or first, "nothing would ever open it again"

    promise()


@pytest.mark.parametrize("name", LISTENING)
def test_it_accepts_an_event_of_its_type(name: str) -> None:
    assert name in SUITABLE, f"Add to SUITABLE in {__file__} the data of an event that {name!r} accepts."
    trigger = parse(example(name))
    assert trigger.accepts(event(ONE_OF_THEM.get(name, trigger.event), START, "c1", ["it"], **SUITABLE[name]))


@pytest.mark.parametrize("name", KINDS)
def test_it_accepts_no_event_of_another_type(name: str) -> None:
    trigger = parse(example(name))
    types = {kind.event for kind in kinds().values()} | {"order_lost", "cart_updated", "nonsense"}
    for type_ in types - {trigger.event, ""}:
        for data in ({}, *SUITABLE.values()):
            assert not trigger.accepts(event(type_, START, "c1", ["it"], **data))


@pytest.mark.parametrize("name", KINDS)
def test_it_says_what_it_is_and_its_settings_have_a_schema(name: str) -> None:
    kind: type[Trigger] = kinds()[name]
    assert kind.name == name
    assert kind.summary[:1].isupper()
    assert kind.summary.endswith(".")
    schema = msgspec.json.schema(kind.Settings)
    (described,) = schema["$defs"].values()
    assert set(described["properties"]) == {field.encode_name for field in msgspec.structs.fields(kind.Settings)}
    assert described["additionalProperties"] is False


@pytest.mark.parametrize("name", KINDS)
def test_an_occurrence_that_is_told_twice_opens_one_run(name: str, services: Services) -> None:
    open_shop(services, [someone(1, START)])
    campaign = draft(services, trigger=example(name))
    customer = "c1" if kinds()[name].event else ""
    opened = [services.launcher.open_run(campaign, occurrence="it", at=START, customer=customer) for _ in range(2)]
    assert opened[0] == opened[1]
    assert [run.id for run in services.runs.of_campaigns([campaign.id])] == opened[:1]
    services.launcher.open_run(campaign, occurrence="another", at=START, customer=customer)
    assert len(services.runs.of_campaigns([campaign.id])) == 2
