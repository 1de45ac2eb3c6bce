"""SendGrid's event webhook: is it theirs, and what do its events mean.

Signature: ECDSA P-256 with SHA-256 over the time-stamp header and the raw body.
"""

import base64
import binascii
from datetime import datetime, timedelta
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from common.errors import Forged, Invalid
from common.ids import derive
from customers.learning import BY_MACHINE
from messaging.channel import Hook, Receipt, ReceiptType
from messaging.channels._chat import text
from messaging.channels._reading import bounded, parsed, since_1970

MESSAGE = "encore_message"
TOKEN = "encore_token"  # noqa: S105  # the name of a field
SIGNATURE = "x-twilio-email-event-webhook-signature"
TIMESTAMP = "x-twilio-email-event-webhook-timestamp"
# SendGrid repeats a webhook for 24 hours; what is older than twice that is somebody's replay.
STALE = timedelta(hours=48)

# Event -> our word. `deferred` says that the receiver's server put SendGrid off: it has the letter and tries on.
EVENTS: dict[str, ReceiptType] = {
    "processed": "accepted",
    "deferred": "accepted",
    "delivered": "delivered",
    "bounce": "bounced",
    "blocked": "undelivered",
    "dropped": "undelivered",
    "open": "opened",
    "click": "clicked",
    "spamreport": "complained",
    "unsubscribe": "unsubscribed",
    "group_unsubscribe": "unsubscribed",
}
# SendGrid drops what it knows to be useless; for these reasons the address is to blame for good.
DROPPED_FOR_GOOD = ("bounced address", "invalid")
# And for these it is not the receiver's server that would not take it.
DROPPED_BY_US = (*DROPPED_FOR_GOOD, "spam", "unsubscribed", "recipient list")


def verify(hook: Hook, public_key: str, now: datetime) -> None:
    """Raises Forged where the signature does not fit, is missing or stale, or there is no key to check it with."""
    stamp, signature = hook.headers.get(TIMESTAMP, ""), hook.headers.get(SIGNATURE, "")
    if not public_key:
        raise Forged("ENCORE_SENDGRID_WEBHOOK_KEY is not set, so no event of SendGrid's can be believed.")
    at = since_1970(stamp)
    if not stamp.isdecimal() or not stamp.isascii() or at is None:
        raise Forged("The time-stamp is missing.")
    try:
        key = load_der_public_key(base64.b64decode(public_key))
        if not isinstance(key, ec.EllipticCurvePublicKey):
            raise Forged("ENCORE_SENDGRID_WEBHOOK_KEY is not an elliptic curve's key.")
        key.verify(base64.b64decode(signature), stamp.encode() + hook.body, ec.ECDSA(SHA256()))
    except (InvalidSignature, binascii.Error, ValueError) as error:
        raise Forged("The signature does not fit.") from error
    if abs(now - at) > STALE:
        raise Forged("The webhook is stale.")


def receipts(hook: Hook) -> list[Receipt]:
    """The receipts in a webhook; raises Invalid where its body is not a list of events."""
    events = parsed(hook.body)
    if not isinstance(events, list):
        raise Invalid("The webhook is not a list of events.")
    return [_receipt(event, hook.at) for event in events if isinstance(event, dict)]


def _receipt(event: dict[str, Any], came_in: datetime) -> Receipt:
    said = {name: text(value) for name, value in event.items()}
    word, stamp, url = said.get("event", ""), said.get("timestamp", ""), said.get("url", "")
    if word == "bounce" and said.get("type") == "blocked":
        word = "blocked"
    type_ = EVENTS.get(word, "unknown")
    message, id_, address = (said.get(name, "") for name in (MESSAGE, "sg_message_id", "email"))
    reason = said.get("reason") or said.get("response") or ""
    return Receipt(
        # Not by sg_event_id, which was seen to change when a webhook is repeated.
        key=derive("sendgrid", message or id_ or address, word, stamp, url),
        type=type_,
        at=_at(stamp, came_in),
        message=message,
        token=said.get(TOKEN, ""),
        provider_id=id_,
        address=address.lower(),
        permanent=type_ == "bounced" or (word == "dropped" and reason.lower().startswith(DROPPED_FOR_GOOD)),
        soft=word == "blocked" or (word == "dropped" and not reason.lower().startswith(DROPPED_BY_US)),
        url=url[:2_000],
        detail=_detail(word, reason, by_machine=event.get("sg_machine_open") is True),
    )


def _detail(word: str, reason: str, by_machine: bool) -> str:
    """SendGrid's wording; of an open by a mail program, which fetches pictures beforehand, that it was one."""
    if by_machine and word == "open":
        return BY_MACHINE
    return f"{word}: {reason}"[:500] if reason else word[:500]


def _at(stamp: str, otherwise: datetime) -> datetime:
    at = since_1970(stamp)
    return otherwise if at is None else bounded(at, otherwise)
