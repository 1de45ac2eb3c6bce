"""Delivery: whatever keeps a message from being handed over, and until when."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from common.errors import NotFound
from customers.shop import Cap, QuietHours
from messaging.channel import Parcel, Uncertain
from messaging.life import Lease
from messaging.message import Attempt, Rendered, State, Unrenderable
from storage.claims import MongoClaims
from tests.support.clock import ManualClock
from tests.support.office import Office


def test_whoever_cannot_be_written_to_is_skipped_with_the_reason(office: Office) -> None:
    office.unrenderable = {"ben": "missing_value:voucher.code"}
    office.delivery.deliver(office.plan("ana", "ben").id)
    assert office.states("ana", "ben") == [(State.ACCEPTED, ""), (State.SKIPPED, "missing_value:voucher.code")]


def test_the_gate_keeps_each_reason(office: Office, clock: ManualClock) -> None:
    office.customer("ana", consent=False)
    office.customer("ben")
    office.services.suppressions.add("email", "ben@example.com", "all", "stop", clock.now())
    office.customer("cyd")
    office.delivery.deliver(office.plan("ana", "ben", "cyd").id)
    assert office.states("ana", "ben", "cyd") == [
        (State.SKIPPED, "no_consent"),
        (State.SKIPPED, "suppressed"),
        (State.ACCEPTED, ""),
    ]


def test_a_stop_between_the_write_ahead_and_the_hand_over_is_obeyed(office: Office, clock: ManualClock) -> None:
    batch = office.plan("ana", "ben")
    begin = office.delivery._claims.begin

    class Interrupted(MongoClaims):
        def begin(self, token: str, ids: Sequence[str], whole: bool, attempt: Attempt, lease: Lease) -> list[str]:
            won = begin(token, ids, whole, attempt, lease)
            office.services.suppressions.add("email", "ana@example.com", "marketing", "stop", clock.now())
            return won

    office.delivery._claims = Interrupted(office.services.database, 1)
    office.delivery.deliver(batch.id)
    assert office.states("ana", "ben") == [(State.SKIPPED, "suppressed"), (State.ACCEPTED, "")]
    assert office.provider.sent() == [office.get("ben").id]
    assert office.get("ana").attempts[-1].outcome == "unsent"


def test_a_campaign_cancelled_before_its_message_is_sent_cancels_it(office: Office) -> None:
    batch = office.plan("ana")
    office.word = "cancel"
    office.delivery.deliver(batch.id)
    assert office.states("ana") == [(State.CANCELLED, "campaign_cancelled")]
    assert office.provider.sent() == []


def test_a_campaign_that_was_deleted_sends_nothing(office: Office) -> None:
    def gone(campaign: str) -> str:
        raise NotFound("campaign", campaign)

    batch = office.plan("ana")
    office.delivery._may_send = gone
    office.delivery.deliver(batch.id)
    assert office.states("ana") == [(State.CANCELLED, "campaign_cancelled")]


def test_a_paused_campaign_claims_nothing_and_goes_on_later(office: Office, clock: ManualClock) -> None:
    batch = office.plan("ana")
    office.word = "pause"
    office.delivery.deliver(batch.id)
    assert (office.states("ana"), office.get("ana").epoch) == ([(State.QUEUED, "")], 0)
    office.word = "go"
    assert office.services.batches.wake("run", clock.now()) == 1
    office.sweeper.sweep()
    assert office.bell.rung == [("deliver", batch.id)]
    office.delivery.deliver(batch.id)
    assert office.states("ana") == [(State.ACCEPTED, "")]


def test_a_pause_during_a_batch_stops_before_the_next_request(office: Office) -> None:
    office.provider.batch_max = 1  # type: ignore[misc]
    batch = office.plan("ana", "ben", "cyd")

    def pause(parcel: Parcel) -> None:
        office.word = "pause"

    office.provider.before = pause
    office.delivery.deliver(batch.id)
    states = sorted(office.states("ana", "ben", "cyd"))
    assert states == [(State.ACCEPTED, ""), (State.WAITING, "campaign_paused"), (State.WAITING, "campaign_paused")]


@pytest.mark.parametrize("late", [False, True])
def test_resuming_wakes_what_a_worker_held_at_the_pause_at_once(office: Office, clock: ManualClock, late: bool) -> None:
    batch = office.plan("ana", "ben")
    rendered = office.rendering
    asked: list[str] = []

    def pause(*asked_for: Any) -> Mapping[str, Rendered | Unrenderable]:
        office.word = "pause"
        return rendered(*asked_for)

    def resumed_before_it_is_written_down(campaign: str) -> str:
        asked.append(office.word)
        return "go" if late and asked.count("pause") > 1 else office.word

    office.delivery._render = pause
    office.delivery._may_send = resumed_before_it_is_written_down
    office.delivery.deliver(batch.id)
    assert office.states("ana", "ben") == [(State.WAITING, "campaign_paused")] * 2
    office.word, office.delivery._render = "go", rendered
    if not late:
        assert office.get("ana").not_before == clock.now() + timedelta(seconds=30)
        assert office.services.batches.wake("run", clock.now()) == 1
    office.sweeper.sweep()
    assert ("deliver", batch.id) in office.bell.rung
    office.delivery.deliver(batch.id)
    assert office.states("ana", "ben") == [(State.ACCEPTED, "")] * 2


def test_what_is_too_late_expires_unsent(office: Office, clock: ManualClock) -> None:
    batch = office.plan("ana", expires_at=clock.now() + timedelta(hours=1))
    clock.advance(3_600)
    office.delivery.deliver(batch.id)
    assert office.states("ana") == [(State.EXPIRED, "expired")]


def test_quiet_hours_are_waited_out_in_the_receivers_zone(office: Office, clock: ManualClock) -> None:
    shop = office.services.shops
    shop.put(msgspec.structs.replace(shop.get(), quiet_hours=QuietHours(start="21:00", end="09:00")))
    office.customer("ana", time_zone="America/New_York")  # 05:00 there
    office.customer("ben", time_zone="Europe/Madrid")  # 11:00 there
    batch = office.plan("ana", "ben")
    office.delivery.deliver(batch.id)
    assert office.states("ana", "ben") == [(State.WAITING, "quiet_hours"), (State.ACCEPTED, "")]
    kept = office.services.batches.get(batch.id)
    assert kept is not None
    assert (kept.open, kept.due_at) == (True, clock.now() + timedelta(minutes=15))
    clock.advance(4 * 3_600)
    office.delivery.deliver(batch.id)
    assert office.states("ana") == [(State.ACCEPTED, "")]


def test_frequency_caps_count_what_may_have_arrived(office: Office, clock: ManualClock) -> None:
    shop = office.services.shops
    shop.put(msgspec.structs.replace(shop.get(), caps=[Cap(count=1, days=7)]))
    office.provider.answer = lambda letter: Uncertain(reason="no_answer")
    office.delivery.deliver(office.plan("ana", run="first").id)
    office.delivery.deliver(office.plan("ana", run="second").id)
    assert office.states("ana", run="second") == [(State.SKIPPED, "frequency_cap")]
    office.delivery.deliver(office.plan("ana", run="order", purpose="transactional").id)
    assert office.states("ana", run="order") == [(State.UNCERTAIN, "no_answer")]
    clock.advance(7 * 86_400)
    office.delivery.deliver(office.plan("ana", run="third").id)
    assert office.states("ana", run="third") == [(State.UNCERTAIN, "no_answer")]
