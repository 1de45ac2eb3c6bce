"""Twilio's Messages resource: one text message a request, taken or refused with Twilio's own codes."""

import re
from typing import Any
from urllib.parse import parse_qsl, urlsplit

PATH = re.compile(r"^/2010-04-01/Accounts/(AC[0-9a-fA-F]{32})/Messages\.json$")
_NUMBER = re.compile(r"^\+[1-9]\d{6,14}$")
_SENDER = re.compile(r"^(\+[1-9]\d{6,14}|\d{3,8}|(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11})$")
LONGEST = 1_600


class Refused(Exception):
    """Twilio would refuse this: a code of its own, and words."""

    def __init__(self, code: int, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.status = status

    def body(self) -> dict[str, Any]:
        """The answer in Twilio's form."""
        return {
            "code": self.code,
            "message": str(self),
            "more_info": f"https://www.twilio.com/docs/errors/{self.code}",
            "status": self.status,
        }


def fields_of(body: bytes) -> dict[str, str]:
    """The form's fields."""
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


def check(fields: dict[str, str], stopped: set[str]) -> None:
    """Raises Refused for what Twilio would not take; `stopped` are the numbers that said STOP."""
    to, sender = fields.get("To", ""), fields.get("From", "")
    if not to:
        raise Refused(21604, "A 'To' phone number is required.")
    if not _NUMBER.match(to):
        raise Refused(21211, f"Invalid 'To' Phone Number: {to[:20]}")
    if not sender:
        raise Refused(21603, "A 'From' phone number is required.")
    if not _SENDER.match(sender):
        raise Refused(21212, f"Invalid From Number: {sender[:20]}")
    if not fields.get("Body"):
        raise Refused(21602, "Message body is required.")
    if len(fields["Body"]) > LONGEST:
        raise Refused(21617, "The concatenated message body exceeds the 1600 character limit.")
    callback = fields.get("StatusCallback", "")
    if callback and (urlsplit(callback).scheme not in ("http", "https") or not urlsplit(callback).hostname):
        raise Refused(21609, "The 'StatusCallback' URL is not valid.")
    if to in stopped:
        raise Refused(21610, "Attempt to send to unsubscribed recipient")


def letter(fields: dict[str, str], sid: str) -> dict[str, Any]:
    """The message as its receiver sees it, with our ids from the address that it reports back to."""
    callback = fields.get("StatusCallback", "")
    ours = dict(parse_qsl(urlsplit(callback).query))
    return {
        "provider": "twilio",
        "message": ours.get("message", ""),
        "token": ours.get("token", ""),
        "id": sid,
        "address": fields["To"],
        "from": fields["From"],
        "text": fields["Body"],
        "callback": callback,
    }


def answer(fields: dict[str, str], account: str, sid: str) -> dict[str, Any]:
    """The answer to a message that was taken."""
    return {
        "account_sid": account,
        "api_version": "2010-04-01",
        "body": fields["Body"],
        "direction": "outbound-api",
        "error_code": None,
        "error_message": None,
        "from": fields["From"],
        "messaging_service_sid": None,
        "num_media": "0",
        "num_segments": "1",
        "sid": sid,
        "status": "queued",
        "to": fields["To"],
        "uri": f"/2010-04-01/Accounts/{account}/Messages/{sid}.json",
    }
