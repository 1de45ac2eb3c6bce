"""Messages over the API: their life, and what people received."""

import pytest

from campaigns.campaign import Campaign
from messaging.channel import Uncertain
from tests.api.conftest import Call
from tests.support.clock import ManualClock
from tests.support.office import Office
from wiring import Services


@pytest.fixture
def office(services: Services, clock: ManualClock) -> Office:
    """A sending office whose messages are of a campaign that exists."""
    services.campaigns.save(Campaign(id="campaign", name="Hello", template="t", segment="s"))
    return Office(services, clock)


def test_a_message_shows_its_state_its_reason_and_every_attempt(call: Call, office: Office) -> None:
    office.provider.answer = lambda letter: Uncertain(reason="no_answer", detail="timed out")
    office.delivery.deliver(office.plan("ana").id)
    shown = call("GET", f"/v1/messages/{office.get('ana').id}").get_json()
    assert (shown["state"], shown["reason"], shown["customer"]) == ("uncertain", "no_answer", "ana")
    [attempt] = shown["attempts"]
    assert attempt["outcome"] == "uncertain"
    assert attempt["detail"] == "timed out"
    assert attempt["started_at"] == "2026-03-02T10:00:00.000Z"


def test_what_a_person_received_is_shown_word_for_word(call: Call, office: Office) -> None:
    batch = office.plan("ana")
    message = office.get("ana")
    assert call("GET", f"/v1/messages/{message.id}/content").status_code == 404
    office.delivery.deliver(batch.id)
    shown = call("GET", f"/v1/messages/{message.id}/content").get_json()
    assert shown["parts"] == {"subject": "Hi", "text": "Hello ana"}
    assert (shown["address"], shown["state"]) == ("ana@example.com", "accepted")


def test_a_campaigns_messages_are_listed_by_state_and_page(call: Call, office: Office) -> None:
    office.unrenderable = {"cyd": "no_content"}
    office.delivery.deliver(office.plan("ana", "ben", "cyd").id)
    path = "/v1/campaigns/campaign/messages"
    skipped = call("GET", f"{path}?state=skipped").get_json()
    assert [(one["customer"], one["reason"]) for one in skipped["data"]] == [("cyd", "no_content")]
    seen, after = [], ""
    for _ in range(3):
        page = call("GET", f"{path}?limit=1&after={after}").get_json()
        seen += [one["customer"] for one in page["data"]]
        after = page["next"]
    assert (sorted(seen), after) == (["ana", "ben", "cyd"], None)


def test_what_does_not_exist_is_not_found(call: Call) -> None:
    for path in ("/v1/messages/nobody", "/v1/messages/nobody/content", "/v1/campaigns/nothing/messages"):
        assert call("GET", path).status_code == 404
    assert call("GET", "/v1/campaigns/nothing/messages?state=lost").status_code == 422
