"""The history of segments: who came and went, told once, whatever happens while it is being found out."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.campaign import CampaignState
from common.errors import Conflict
from common.events import Event
from customers.customer import Customer
from segments.history import History, changes
from segments.segment import Segment
from storage.mongo import to_document
from storage.personal import Merged, merging
from tests.journeys.shop import Bench, draft, open_shop, someone
from tests.support.clock import START, ManualClock
from wiring import Services

DAY = 86_400
VIPS = {"rule": "tag", "any_of": ["vip"]}


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture
def shop(services: Services) -> Services:
    """Five customers of whom the first three are tagged, and a tracked segment of the tagged."""
    made = [Customer(id=f"c{number}", tags=["vip"] if number < 3 else []) for number in range(5)]
    services.database["customers"].insert_many([to_document(customer) for customer in made])
    services.segments.add(Segment(id="vips", name="VIPs", rules=VIPS, tracked=True))
    return services


def tag(services: Services, **tags: str) -> None:
    for customer, word in tags.items():
        services.database["customers"].update_one({"_id": customer}, {"$set": {"tags": [word] if word else []}})


def told(services: Services) -> list[tuple[str, str]]:
    found = services.events.waiting_for("triggers", 1_000)
    return sorted((event.type, event.customer) for event in found if event.type.startswith("segment_"))


def figures(services: Services) -> list[tuple[int, int, int, bool]]:
    return [(one.size, one.entered, one.left, one.baseline) for one in services.memberships.page("vips", 0, 10)]


@given(st.sets(st.text(max_size=3)), st.sets(st.text(max_size=3)))
def test_two_lists_differ_by_what_is_in_one_alone(before: set[str], now: set[str]) -> None:
    found = list(changes(sorted(before), sorted(now)))
    assert {one for one, what in found if what == "entered"} == now - before
    assert {one for one, what in found if what == "left"} == before - now
    assert len(found) == len(before ^ now)


def test_what_stands_twice_in_a_list_counts_once() -> None:
    assert list(changes(["a", "a", "b"], ["b", "b", "c", "c"])) == [("a", "left"), ("c", "entered")]


def test_the_first_snapshot_only_looks_and_the_next_tells_who_came_and_went(shop: Services, clock: ManualClock) -> None:
    shop.segment_history.take("vips")
    assert told(shop) == []
    tag(shop, c0="", c4="vip")
    clock.advance(DAY)
    shop.segment_history.take("vips")
    assert told(shop) == [("segment_entered", "c4"), ("segment_left", "c0")]
    assert figures(shop) == [(3, 1, 1, False), (3, 0, 0, True)]
    assert [(move.customer, move.what) for move in shop.memberships.moves("vips", 2, None, "", 10)] == [
        ("c0", "left"),
        ("c4", "entered"),
    ]


def test_nothing_is_told_of_those_whom_a_change_of_the_rules_brought_in(shop: Services) -> None:
    shop.segment_history.take("vips")
    shop.segments.put(Segment(id="vips", name="All", rules={"rule": "everyone"}, tracked=True))
    shop.segment_history.take("vips")
    assert told(shop) == []
    assert figures(shop)[0] == (5, 0, 0, True)
    tag(shop, c0="")
    shop.database["customers"].delete_one({"_id": "c1"})
    shop.segment_history.take("vips")
    assert told(shop) == [("segment_left", "c1")]


def test_who_leaves_and_comes_back_is_told_of_each_time(shop: Services) -> None:
    shop.segment_history.take("vips")
    for word in ("", "vip", ""):
        tag(shop, c0=word)
        shop.segment_history.take("vips")
    assert told(shop) == [("segment_entered", "c0"), ("segment_left", "c0"), ("segment_left", "c0")]


class Dying:
    """Events that end the process that tells them, before or after they are kept."""

    def __init__(self, services: Services, *, after: bool) -> None:
        self._events = services.events
        self._after = after

    def add(self, events: list[Event]) -> None:
        if self._after:
            self._events.add(events)
        raise SystemExit

    def __getattr__(self, name: str) -> Any:
        return getattr(self._events, name)


@pytest.mark.parametrize("after", [False, True])
def test_a_snapshot_that_died_is_gone_on_with_and_tells_nothing_twice(
    shop: Services, clock: ManualClock, after: bool
) -> None:
    shop.segment_history.take("vips")
    tag(shop, c0="", c4="vip")
    history = (shop.segments, shop.audience, shop.memberships, Dying(shop, after=after), shop.leases)
    with pytest.raises(SystemExit):
        History(*history, shop.doorbell, clock).take("vips")  # type: ignore[arg-type]  # only as much of events as it needs
    clock.advance(DAY / 2)
    shop.segment_history.take("vips")
    assert told(shop) == [("segment_entered", "c4"), ("segment_left", "c0")]
    assert figures(shop) == [(3, 1, 1, False), (3, 0, 0, True)]


class Midway:
    """Memberships that end the process once everything is written, before the snapshot is closed."""

    def __init__(self, services: Services) -> None:
        self._kept = services.memberships

    def close(self, snapshot: object) -> None:
        raise SystemExit

    def __getattr__(self, name: str) -> Any:
        return getattr(self._kept, name)


def test_a_snapshot_that_died_at_its_end_still_counts_what_it_found(shop: Services, clock: ManualClock) -> None:
    shop.segment_history.take("vips")
    tag(shop, c0="", c4="vip")
    kept: Any = Midway(shop)
    with pytest.raises(SystemExit):
        History(shop.segments, shop.audience, kept, shop.events, shop.leases, shop.doorbell, clock).take("vips")
    shop.segment_history.take("vips")
    assert figures(shop) == [(3, 1, 1, False), (3, 0, 0, True)]
    assert len(told(shop)) == 2


def test_a_snapshot_is_due_once_a_day_and_when_one_died(settings: Any, clock: ManualClock, bench: Bench) -> None:
    services = Services(settings, clock, bench)
    services.segments.add(Segment(id="vips", name="VIPs", rules=VIPS, tracked=True))
    services.segments.add(Segment(id="others", name="Others", rules=VIPS))
    assert services.segment_history.ring_due() == 1
    bench.work(services)
    assert services.segment_history.ring_due() == 0
    clock.advance(DAY)
    assert services.segment_history.ring_due() == 1
    bench.work(services)
    assert [one.number for one in services.memberships.page("vips", 0, 9)] == [2, 1]
    services.close()


def test_a_segment_that_is_not_tracked_has_no_snapshots(shop: Services) -> None:
    shop.segments.put(Segment(id="vips", name="VIPs", rules=VIPS))
    with pytest.raises(Conflict):
        shop.segment_history.ask("vips")
    assert shop.segment_history.take("vips") is None
    assert shop.segment_history.take("nobody") is None


def test_whoever_enters_gets_the_message_of_the_campaign_that_listens(
    settings: Any, clock: ManualClock, bench: Bench
) -> None:
    services = Services(settings, clock, bench)
    open_shop(services, [someone(1, START), someone(2, START)])
    services.segments.add(Segment(id="vips", name="VIPs", rules=VIPS, tracked=True))
    services.segment_history.take("vips")
    campaign = draft(services, trigger={"kind": "entered_segment", "segment": "vips"})
    services.launcher.launch(campaign.id)
    assert services.campaigns.get(campaign.id).state is CampaignState.RUNNING
    tag(services, c2="vip")
    clock.advance(DAY)
    services.segment_history.take("vips")
    services.segment_history.take("vips")
    services.schedule.react()
    assert [run.customer for run in services.runs.of_campaigns([campaign.id])] == ["c2"]
    services.close()


@pytest.mark.parametrize(("old", "into", "size"), [("c0", "c1", 2), ("c0", "c4", 3)])
def test_merged_people_neither_come_nor_go(shop: Services, old: str, into: str, size: int) -> None:
    shop.segment_history.take("vips")
    tag(shop, **{into: "vip"})
    shop.database["customers"].delete_one({"_id": old})
    for step in merging():
        step(shop.database, Merged(old=old, into=into))
    shop.segment_history.take("vips")
    assert told(shop) == []
    assert figures(shop)[0] == (size, 0, 0, False)


def test_history_is_forgotten_with_the_segment(shop: Services) -> None:
    shop.segment_history.take("vips")
    shop.memberships.forget("vips")
    assert list(members(shop)) == []
    assert figures(shop) == []


def members(services: Services) -> Iterator[str]:
    return services.memberships.members("vips")
