"""The audit: silent where all is well, and each promise broken by hand is found."""

from datetime import timedelta
from typing import Any

import pytest

from loyalty.offer import Budget, Offer, Spent
from loyalty.redemption import Redemption, RedemptionState
from messaging.audit import Acceptance
from messaging.message import State
from storage.mongo import to_document
from tests.support.clock import ManualClock
from tests.support.office import Office


@pytest.fixture
def sent(office: Office) -> Office:
    """An office that sent two messages."""
    office.delivery.deliver(office.plan("ana", "ben").id)
    return office


def accepted(office: Office, customer: str = "ana") -> Acceptance:
    message = office.get(customer)
    return Acceptance(message=message.id, token=message.request, at=office.clock.now(), channel="email")


def broken(office: Office, *acceptances: Acceptance, planned: int = 2) -> list[str]:
    return office.services.audit.broken({"run": planned}, acceptances)


def edit(office: Office, customer: str, **fields: Any) -> None:
    office.services.database["messages"].update_one({"_id": office.get(customer).id}, {"$set": fields})


def test_nothing_is_broken_after_an_ordinary_day(sent: Office) -> None:
    assert broken(sent, accepted(sent, "ana"), accepted(sent, "ben")) == []


def test_a_message_that_went_missing_is_found(sent: Office) -> None:
    sent.services.database["messages"].delete_one({"_id": sent.get("ana").id})
    assert [sentence[0] for sentence in broken(sent)] == ["1"]


def test_an_open_message_in_a_closed_batch_is_found(sent: Office) -> None:
    edit(sent, "ana", state=State.QUEUED.value)
    assert [sentence[0] for sentence in broken(sent)] == ["1"]


def test_a_message_that_was_accepted_twice_is_found(sent: Office) -> None:
    assert [sentence[0] for sentence in broken(sent, accepted(sent), accepted(sent))] == ["2"]


def test_an_acceptance_without_an_attempt_before_it_is_found(sent: Office) -> None:
    strange = Acceptance(message=sent.get("ana").id, token="strange", at=sent.clock.now())
    early = Acceptance(
        message=sent.get("ben").id, token=sent.get("ben").request, at=sent.clock.now() - timedelta(seconds=1)
    )
    assert [sentence[0] for sentence in broken(sent, strange, early)] == ["3", "3"]
    edit(sent, "ana", attempts=[])
    assert [sentence[0] for sentence in broken(sent)] == ["3"]


def test_a_hand_over_after_a_stop_is_found(sent: Office, clock: ManualClock) -> None:
    early, late = clock.now() - timedelta(minutes=1), clock.now() + timedelta(seconds=1)
    sent.services.suppressions.add("email", "ana@example.com", "all", "stop", early)
    sent.services.suppressions.add("email", "ben@example.com", "all", "stop", late)
    assert [sentence[:2] for sentence in broken(sent)] == ["4."]


def test_a_lease_that_nobody_took_back_is_found(office: Office, clock: ManualClock) -> None:
    office.plan("ana")
    over = clock.now() - timedelta(minutes=4)
    edit(office, "ana", state=State.CLAIMED.value, lease_until=over, check_at=over)
    assert [sentence[0] for sentence in broken(office, planned=1)] == ["5"]


@pytest.mark.parametrize(
    ("counted", "stand", "budget", "found"),
    [(1, 1, 1, []), (2, 1, 5, ["6", "6"]), (0, 1, 5, ["6", "6"]), (2, 2, 1, ["6"])],
)
def test_a_budget_that_does_not_add_up_is_found(
    office: Office, clock: ManualClock, counted: int, stand: int, budget: int, found: list[str]
) -> None:
    now = clock.now()
    offer = Offer(
        id="offer",
        name="5 off",
        kind="amount",
        budget=Budget(uses=budget),
        spent=Spent(uses=counted, money={"EUR": counted * 500}),
        created_at=now,
        updated_at=now,
    )
    office.services.database["offers"].insert_one(to_document(offer))
    for number in range(stand):
        redemption = Redemption(
            id=f"r{number}",
            code="C",
            offer="offer",
            customer="ana",
            order=f"o{number}",
            order_total=5_000,
            discount=500,
            currency="EUR",
            state=RedemptionState.REDEEMED,
            at=now,
        )
        office.services.database["redemptions"].insert_one(to_document(redemption))
    assert [sentence[0] for sentence in office.services.audit.broken({})] == found
