"""The webhooks that the providers would send: events on letters that were accepted, and replies of customers."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode, urlsplit

from sandbox.signing import SendGridSigner, twilio_headers

# So many events SendGrid puts into one webhook.
AT_ONCE = 100


@dataclass(frozen=True)
class Webhook:
    """A webhook, ready to be posted."""

    url: str
    headers: dict[str, str]
    body: str


@dataclass(frozen=True)
class Target:
    """Where Encore says it is, and where it is in truth, which may differ in a test."""

    public_url: str
    deliver_to: str

    def real(self, url: str) -> str:
        """The address to connect to for one that is signed."""
        return self.deliver_to.rstrip("/") + urlsplit(url)._replace(scheme="", netloc="").geturl()


def sendgrid_webhooks(
    signer: SendGridSigner, target: Target, letters: Sequence[dict[str, Any]], events: Sequence[dict[str, Any]]
) -> Iterator[Webhook]:
    """Event webhooks: each event is {message, event, and whatever else SendGrid says of such an event}."""
    by_message = {letter["message"]: letter for letter in letters}
    now = int(time.time())
    made = [_sendgrid_event(by_message[event["message"]], event, now) for event in events]
    for start in range(0, len(made), AT_ONCE):
        body = json.dumps(made[start : start + AT_ONCE], separators=(",", ":")) + "\r\n"  # as the real ones end
        headers = {"Content-Type": "application/json", **signer.headers(body.encode(), now)}
        yield Webhook(f"{target.public_url.rstrip('/')}/webhooks/email", headers, body)


def twilio_webhooks(
    token: str, account: str, letters: Sequence[dict[str, Any]], events: Sequence[dict[str, Any]]
) -> Iterator[Webhook]:
    """Status callbacks: each event is {message, event: a status, error: a code if there is one}."""
    by_message = {letter["message"]: letter for letter in letters}
    for event in events:
        letter = by_message[event["message"]]
        fields = {
            "AccountSid": account,
            "ApiVersion": "2010-04-01",
            "From": letter["from"],
            "MessageSid": letter["id"],
            "MessageStatus": event["event"],
            "SmsSid": letter["id"],
            "SmsStatus": event["event"],
            "To": letter["address"],
        }
        if event.get("error"):
            fields["ErrorCode"] = str(event["error"])
        yield _form(token, letter["callback"], fields)


def twilio_replies(token: str, account: str, target: Target, replies: Sequence[dict[str, str]]) -> Iterator[Webhook]:
    """Text messages of customers: each is {from, to, text}; the same text again is another message if `id` differs."""
    for reply in replies:
        about = f"{reply['from']} {reply['text']} {reply.get('id', time.time_ns())}"
        sid = "SM" + sha256(about.encode()).hexdigest()[:32]
        fields = {
            "AccountSid": account,
            "ApiVersion": "2010-04-01",
            "Body": reply["text"],
            "From": reply["from"],
            "MessageSid": sid,
            "NumMedia": "0",
            "NumSegments": "1",
            "SmsMessageSid": sid,
            "SmsSid": sid,
            "SmsStatus": "received",
            "To": reply["to"],
        }
        yield _form(token, f"{target.public_url.rstrip('/')}/webhooks/sms", fields)


def post(target: Target, webhook: Webhook) -> int:
    """Post a webhook; the status of the answer, 0 where there was none."""
    request = urllib.request.Request(  # noqa: S310  # an address of our own command line
        target.real(webhook.url), webhook.body.encode(), webhook.headers, method="POST"
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def shown(webhook: Webhook) -> dict[str, Any]:
    """A webhook as JSON, for a test that posts it itself."""
    return asdict(webhook)


def _sendgrid_event(letter: dict[str, Any], event: dict[str, Any], now: int) -> dict[str, Any]:
    rest = {name: value for name, value in event.items() if name != "message"}
    about = f"{letter['id']} {letter['address']} {event['event']}"
    return {
        "email": letter["address"],
        "timestamp": now,
        "smtp-id": f"<{letter['id']}@sandbox>",
        "sg_event_id": sha256(f"{about} {time.time_ns()}".encode()).hexdigest()[:22],
        "sg_message_id": f"{letter['id']}.sandbox-0",
        "category": letter["categories"],
        **letter["custom_args"],
        **rest,
    }


def _form(token: str, url: str, fields: dict[str, str]) -> Webhook:
    headers = {"Content-Type": "application/x-www-form-urlencoded", **twilio_headers(token, url, fields)}
    return Webhook(url, headers, urlencode(fields))
