"""What customers send beside words is noted on every channel, as it is told, and never fetched."""

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.settings import Settings
from messaging.attachments import Attachment, attachment, place
from messaging.channel import Hook, Reply
from messaging.channels import _line_events, _page_events, _telegram_events, _viber_events, _whatsapp_events
from messaging.channels.twilio import Twilio
from tests.support.clock import ManualClock
from tests.support.office import NoOutbox

AT = datetime(2026, 3, 2, 10, tzinfo=UTC)
PICTURE = "https://media.example/cake.jpg"
PLACE = Attachment(kind="location", url="geo:52.520000,13.400000")


def hook(body: Any) -> Hook:
    sent = urlencode(body).encode() if "From" in body else json.dumps(body).encode()
    return Hook(url="https://shop.test/webhooks/x", at=AT, headers={}, body=sent)


def heard(channel: str, said: dict[str, Any]) -> list[Reply]:
    """What a channel makes of a message that is `said` in its provider's words."""
    if channel == "whatsapp":
        message = {"from": "4915112345678", "id": "w1", "timestamp": "1772445600", **said}
        value = {"metadata": {"phone_number_id": "1"}, "messages": [message]}
        return _whatsapp_events.replies(hook({"entry": [{"changes": [{"field": "messages", "value": value}]}]}), "1")
    if channel == "telegram":
        return _telegram_events.replies(hook({"message": {"message_id": 1, "chat": {"id": 7}, **said}}))
    if channel == "viber":
        return _viber_events.replies(hook({"event": "message", "sender": {"id": "v"}, "message": said}))
    if channel == "line":
        event = {"type": "message", "source": {"userId": "U1"}, "message": {"id": "9", **said}}
        return _line_events.replies(hook({"events": [event]}))
    if channel == "sms":
        provider = Twilio(Settings(), NoOutbox(), ManualClock())
        return provider.replies(hook({"From": "+1202", "Body": "", "MessageSid": "MM1", **said}))
    event = {"sender": {"id": "p"}, "recipient": {"id": "o"}, "message": {"mid": "m", **said}}
    return _page_events.replies(hook({"entry": [{"id": "o", "messaging": [event]}]}), channel)


@pytest.mark.parametrize(
    ("channel", "said", "noted"),
    [
        ("whatsapp", {"type": "image", "image": {"id": "55", "mime_type": "image/jpeg", "caption": "See"}},
         Attachment(kind="image", id="55", media_type="image/jpeg")),
        ("whatsapp", {"type": "location", "location": {"latitude": 52.52, "longitude": 13.4}}, PLACE),
        ("telegram", {"photo": [{"file_id": "small"}, {"file_id": "large"}]}, Attachment(kind="photo", id="large")),
        ("telegram", {"document": {"file_id": "f", "mime_type": "text/csv", "file_name": "a.csv"}},
         Attachment(kind="document", id="f", media_type="text/csv", name="a.csv")),
        ("telegram", {"location": {"latitude": 52.52, "longitude": 13.4}}, PLACE),
        ("viber", {"type": "picture", "media": PICTURE}, Attachment(kind="picture", url=PICTURE)),
        ("viber", {"type": "location", "location": {"lat": 52.52, "lon": 13.4}}, PLACE),
        ("messenger", {"attachments": [{"type": "image", "payload": {"url": PICTURE}}]},
         Attachment(kind="image", url=PICTURE)),
        ("instagram", {"attachments": [{"type": "image", "payload": {"url": PICTURE}}]},
         Attachment(kind="image", url=PICTURE)),
        ("line", {"type": "image"}, Attachment(kind="image", id="9")),
        ("line", {"type": "location", "latitude": 52.52, "longitude": 13.4}, PLACE),
        ("sms", {"NumMedia": "1", "MediaUrl0": PICTURE, "MediaContentType0": "image/jpeg"},
         Attachment(kind="image", url=PICTURE, media_type="image/jpeg")),
    ],
)  # fmt: skip
def test_a_picture_a_file_or_a_place_is_noted_as_it_is_told(
    channel: str, said: dict[str, Any], noted: Attachment
) -> None:
    [reply] = heard(channel, said)
    assert reply.attachments == [noted]


@pytest.mark.parametrize("channel", ["whatsapp", "telegram", "viber", "messenger", "line"])
@pytest.mark.parametrize("strange", [None, 5, [], "x", [None, 7], {"id": {"$gt": 1}, "latitude": "x", "url": []}])
def test_what_a_provider_says_strangely_is_no_error(channel: str, strange: Any) -> None:
    said = {"type": "image", **dict.fromkeys(("image", "photo", "media", "attachments", "location", "id"), strange)}
    for reply in heard(channel, said):
        assert all(isinstance(one, Attachment) for one in reply.attachments)


@given(st.text(), st.text(), st.one_of(st.none(), st.floats(), st.text(), st.booleans()))
def test_whatever_is_told_is_short_printable_and_leads_to_the_web_alone(kind: str, url: str, number: Any) -> None:
    made = attachment(kind, id=url, url=url, name=kind * 100)
    assert made.url == "" or made.url.startswith(("http://", "https://"))
    assert made.name.isprintable()
    assert len(made.name) <= 200
    assert len(place({"latitude": number, "longitude": number})) <= 1
