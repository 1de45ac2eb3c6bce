"""A claim that is worked off for minutes, at a slow rate: what becomes true meanwhile holds for who comes later."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from customers.consent import Consent
from customers.shop import QuietHours
from messaging.message import State
from tests.support.clock import ManualClock
from tests.support.office import Office, Puppet

PEOPLE = [f"c{number}" for number in range(5)]


class Slow(Puppet):
    """Takes one letter in 50 seconds."""

    batch_max = 1


@pytest.fixture
def slow(office: Office, clock: ManualClock) -> Office:
    office.provider = Slow(office.settings, clock)
    office.provider.before = lambda parcel: clock.advance(50)
    return office


def outcomes(office: Office, **facts: Any) -> list[tuple[State, str]]:
    for name in PEOPLE:
        office.customer(name, time_zone="UTC")
    office.delivery.deliver(office.plan(*PEOPLE, **facts).id)
    return sorted(office.states(*PEOPLE))


def test_quiet_hours_that_begin_meanwhile_hold_the_rest_back(slow: Office, clock: ManualClock) -> None:
    shops, begin = slow.services.shops, clock.now() + timedelta(minutes=2)
    hours = QuietHours(start=f"{begin:%H:%M}", end=f"{begin + timedelta(hours=2):%H:%M}")
    shops.put(msgspec.structs.replace(shops.get(), quiet_hours=hours))
    assert outcomes(slow) == [(State.ACCEPTED, "")] * 3 + [(State.WAITING, "quiet_hours")] * 2
    assert len(slow.provider.sent()) == 3
    assert slow.services.messages.states(["run"])[State.WAITING] == 2


def test_what_becomes_too_late_meanwhile_expires(slow: Office, clock: ManualClock) -> None:
    late = clock.now() + timedelta(minutes=2)
    assert outcomes(slow, expires_at=late) == [(State.ACCEPTED, "")] * 3 + [(State.EXPIRED, "expired")] * 2


def test_a_rest_that_a_customer_takes_and_a_consent_taken_back_are_obeyed_meanwhile(
    slow: Office, clock: ManualClock
) -> None:
    customers = slow.services.customers

    def think_again(_: object) -> None:
        clock.advance(50)
        if not slow.provider.parcels:
            no = Consent(state="denied", at=clock.now(), how="unticked", source="preferences")
            for name in PEOPLE[3:]:
                customers.set_consent(name, "email", "marketing", no)
            rest = clock.now() + timedelta(days=30)
            customers.upsert([msgspec.structs.replace(customers.get([PEOPLE[2]])[PEOPLE[2]], paused_until=rest)])

    slow.provider.before = think_again
    slow.delivery.deliver(slow.plan(*PEOPLE).id)
    told = dict(zip(PEOPLE, slow.states(*PEOPLE), strict=True))
    first, *later = [slow.services.messages.get([id_])[id_].customer for id_ in slow.provider.sent()]
    noes = {PEOPLE[2]: "paused_by_customer", PEOPLE[3]: "no_consent", PEOPLE[4]: "no_consent"}
    noes.pop(first, None)  # whoever stood first in the claim had got theirs already
    assert {name: reason for name, (_, reason) in told.items() if reason} == noes
    assert not set(later) & set(noes)


def test_nothing_goes_out_in_quiet_hours_that_begin_with_the_attempt_written(
    office: Office, clock: ManualClock
) -> None:
    shops, begin = office.services.shops, clock.now() + timedelta(minutes=1)
    hours = QuietHours(start=f"{begin:%H:%M}", end=f"{begin + timedelta(hours=2):%H:%M}")
    shops.put(msgspec.structs.replace(shops.get(), quiet_hours=hours))
    begins = office.delivery._claims.begin

    def slowly(*args: Any) -> list[str]:
        won = begins(*args)
        clock.advance(30)
        return won

    clock.advance(31)
    office.delivery._claims.begin = slowly  # type: ignore[method-assign, assignment]
    office.customer("ana", time_zone="UTC")
    office.delivery.deliver(office.plan("ana").id)
    assert (office.states("ana"), office.provider.sent()) == ([(State.WAITING, "quiet_hours")], [])
