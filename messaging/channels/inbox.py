"""Messages on the shop's own pages: kept where the page's script finds them, so handing one over is keeping it."""

from collections.abc import Mapping
from typing import ClassVar
from urllib.parse import urlsplit

import msgspec

from common.clock import Clock
from common.errors import Forged, Invalid
from common.settings import Settings
from customers.addresses import INBOX, normalise
from messaging.channel import (
    Accepted,
    Hook,
    Letter,
    Outbox,
    Outcome,
    Parcel,
    Profile,
    Provider,
    Receipt,
    ReceiptType,
    Rejected,
)
from messaging.channels import _own


class InboxSettings(msgspec.Struct, frozen=True, kw_only=True):
    """On which of the shop's sites the inbox is shown, by commas, as in https://shop.example; or it is the outbox."""

    inbox_origins: str = ""


class Inbox(Provider):
    """What a message says is kept before it is handed over; from then on the page shows it (storage/inboxes.py)."""

    name: ClassVar[str] = "inbox"
    channel: ClassVar[str] = "inbox"
    profile: ClassVar[Profile] = "idempotent"
    batch_max: ClassVar[int] = 500
    reports: ClassVar[frozenset[ReceiptType]] = frozenset({"delivered", "opened"})

    def __init__(self, settings: Settings, outbox: Outbox, clock: Clock) -> None:
        super().__init__(settings, outbox, clock)
        self.origins = origins(settings.section(InboxSettings).inbox_origins)

    def configured(self) -> bool:
        """Whether there is a site that shows it."""
        return bool(self.origins)

    def send(self, parcel: Parcel) -> Mapping[str, Outcome]:
        """Nothing leaves the house: what the page reads is in the database by now."""
        return {letter.message: _judged(letter) for letter in parcel.letters}

    def back(self, message: str, token: str) -> dict[str, object]:
        """What the page needs in order to say that a message was shown or read."""
        key = self.settings.keys[0].encode()
        signatures = _own.signatures(key, message, token)
        url = f"{self.settings.public_url.rstrip('/')}/webhooks/{self.channel}"
        return {"url": url, "message": message, "token": token, "signatures": signatures}

    def verify(self, hook: Hook) -> None:
        """Check that a page says it that has the message; raises Forged."""
        for key in self.settings.keys:
            try:
                _own.verify(key.encode(), hook)
            except Forged:
                continue
            return
        raise Forged("The signature does not fit.")

    def receipts(self, hook: Hook) -> list[Receipt]:
        """What the page says of a message: shown, read, put away."""
        return _own.receipts(self.name, hook)


def origins(text: str) -> list[str]:
    """The sites in a setting; raises Invalid for what is none."""
    found = [one.strip().rstrip("/").lower() for one in text.split(",") if one.strip()]
    for one in found:
        parts = urlsplit(one)
        if parts.scheme not in ("http", "https") or not parts.hostname or f"{parts.scheme}://{parts.netloc}" != one:
            raise Invalid.field("ENCORE_INBOX_ORIGINS", "Write sites as https://shop.example, several by commas.")
    return found


def _judged(letter: Letter) -> Outcome:
    try:
        normalise(INBOX, letter.address)
    except Invalid:
        return Rejected(reason="invalid_address")
    if not letter.rendered.parts.get("body"):
        return Rejected(reason="empty_content")
    return Accepted(letter.message)
