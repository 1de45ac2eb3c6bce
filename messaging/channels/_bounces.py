"""Reports of mail that came back (RFC 3464), sent to an address that names the message and is signed (VERP).

Only servers that carried the letter, and its receiver, know that address: whoever reports to it had the letter. What
else a report says is not believed where it would touch another address than the message's own.
"""

import email
import hmac
import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from email.message import Message
from email.policy import compat32
from typing import Any

from common.errors import Forged
from common.ids import derive, keyed
from messaging.channel import Hook, Receipt, ReceiptType

_RETURN = re.compile(rb"\+([a-z0-9]{1,30})-([a-z2-7]{16})@")
_OURS = re.compile(r"<([a-z0-9]{1,64})\.([a-z0-9]{1,64})@")
# RFC 3464, 2.3.3.
ACTIONS: dict[str, ReceiptType] = {"failed": "bounced", "delivered": "delivered", "relayed": "accepted"}
_FOR_GOOD = re.compile(r"5\.1\.(?:1|2|3|6|10)\b")
# Where the address that the report came to may stand; the body is searched last, since some servers repeat it there.
_SEARCHED = 200_000


def return_path(address: str, key: bytes, message: str) -> str:
    """The address that reports on a message come back to: bounces+message-signature@shop.example."""
    local, _, domain = address.rpartition("@")
    return f"{local}+{message}-{_signature(key, message)}@{domain}"


def message_of(keys: Sequence[bytes], hook: Hook) -> str:
    """The message that a report is about; raises Forged where no address in it is signed."""
    for found in _RETURN.finditer(hook.body[:_SEARCHED]):
        message, given = found[1].decode(), found[2].decode()
        if any(hmac.compare_digest(given, _signature(key, message)) for key in keys):
            return message
    raise Forged("No return path of ours is in it.")


def receipts(keys: Sequence[bytes], hook: Hook) -> list[Receipt]:
    """What a report says of its message. One that says nothing we know is `unknown`."""
    message = message_of(keys, hook)
    report = email.message_from_bytes(hook.body, policy=compat32)
    token = _token(report, message)
    said = [_receipt(fields, message, token, hook.at) for fields in _recipients(report)]
    return said or [_note(report, message, token, hook.at)]


def _receipt(fields: Message, message: str, token: str, at: datetime) -> Receipt:
    action, status = _text(fields, "Action").lower(), _text(fields, "Status")
    type_ = ACTIONS.get(action, "unknown")
    permanent = type_ == "bounced" and bool(_FOR_GOOD.match(status))
    return Receipt(
        key=derive("smtp", message, token, action, status),
        type="undelivered" if type_ == "bounced" and status.startswith("4") else type_,
        at=at,
        message=message,
        token=token,
        permanent=permanent,
        soft=type_ == "bounced" and not permanent,
        detail=f"{action} {status} {_text(fields, 'Diagnostic-Code')}"[:500].strip(),
    )


def _note(report: Message, message: str, token: str, at: datetime) -> Receipt:
    """Mail that came back and is no report: an out-of-office note, most likely."""
    subject = _text(report, "Subject")
    return Receipt(
        key=derive("smtp", message, token, subject),
        type="unknown",
        at=at,
        message=message,
        token=token,
        detail=f"mail: {subject}"[:200],
    )


def _recipients(report: Message) -> Iterator[Message]:
    """The fields about each receiver, in the part that programs read."""
    for part in report.walk():
        if part.get_content_type() == "message/delivery-status":
            blocks: Any = part.get_payload()
            if isinstance(blocks, list):
                yield from (block for block in blocks if "Action" in block)


def _token(report: Message, message: str) -> str:
    """The attempt's token, by the Message-ID of the letter that came back with the report; "" where it did not."""
    for part in report.walk():
        texts = [_text(part, "Message-ID")]
        if part.get_content_type() in ("text/rfc822-headers", "message/global-headers"):
            texts.append(str(part.get_payload()))
        for found in (match for text in texts for match in _OURS.finditer(text)):
            if found[1] == message:
                return found[2]
    return ""


def _text(fields: Message, name: str) -> str:
    return " ".join(str(fields.get(name, "")).split())[:400]


def _signature(key: bytes, message: str) -> str:
    return keyed(key, "return path", message)[:16]
