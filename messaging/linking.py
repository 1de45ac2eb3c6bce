"""How a chat gets to belong to a customer: a link with a token of ours, and the first message that brings it back.

Tokens are 42 small letters and digits, so that every chat carries them: an id, and a signature over it, so that
nobody makes one up. A link is used by one address, before it is over; that address may use it again.
"""

import base64
import binascii
import hmac
import re
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from common.clock import Clock
from common.errors import Invalid, NotFound
from common.ids import derive
from customers.addresses import normalise
from customers.consent import CUSTOMER, Consent, Suppressions
from customers.customer import MAX_ADDRESSES, Customer, Customers, Records
from messaging.channel import Reply

KEPT_FOR = timedelta(days=30)
HOW = "chat link"
PURPOSE = "marketing"
# What a yes that comes with the link takes back.
LIFTED = ("stop", "unsubscribed")
_ID, _SIGNATURE = 16, 10
_TOKEN = re.compile(r"(?<![A-Za-z0-9])[a-z2-7]{42}(?![A-Za-z0-9])")


class ChatLink(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename={"id": "_id"}):
    """A link that was made for a customer. With a `wording`, who uses it agrees to that; `source` says where it stood.

    `used_by` is derived from the address that used it, at `used_at`.
    """

    id: str
    customer: str
    channel: str
    wording: str = ""
    source: str = ""
    made_at: datetime
    expires_at: datetime
    used_by: str = ""
    used_at: datetime | None = None


class ChatLinks(Protocol):
    """The links as they are kept."""

    def add(self, link: ChatLink) -> None:
        """Keep a link."""
        ...

    def get(self, id: str) -> ChatLink | None:
        """A link, if there is one."""
        ...

    def use(self, id: str, by: str, at: datetime) -> bool:
        """Note who uses it; False where somebody else did before."""
        ...


class Linking:
    """Makes links and takes them back."""

    def __init__(
        self,
        links: ChatLinks,
        customers: Customers,
        records: Records,
        suppressions: Suppressions,
        keys: Sequence[str],
        clock: Clock,
    ) -> None:
        self._links = links
        self._customers = customers
        self._records = records
        self._suppressions = suppressions
        self._keys = [key.encode() for key in keys]
        self._clock = clock

    def make(self, customer: str, channel: str, wording: str = "", source: str = "") -> tuple[ChatLink, str]:
        """A new link for a customer, and its token."""
        now = self._clock.now()
        raw = secrets.token_bytes(_ID)
        link = ChatLink(
            id=raw.hex(),
            customer=customer,
            channel=channel,
            wording=wording,
            source=source,
            made_at=now,
            expires_at=now + KEPT_FOR,
        )
        self._links.add(link)
        return link, _text(raw + _signature(self._keys[0], raw))

    def take(self, channel: str, reply: Reply) -> Customer | None:
        """Give the address that a reply came from to the customer whose link it brings; None where it brings none.

        Once more by the same address is once; a link that is over, of another channel or used by another is none.
        """
        link = self._brought(channel, reply)
        if link is None or not self._links.use(link.id, derive("chat", channel, reply.address), reply.at):
            return None
        customer = self._customers.get([link.customer]).get(link.customer)
        address = _kept(channel, reply.address)
        if customer is None or not address:
            return None
        known = customer.addresses.get(channel, [])
        if address not in known[:1]:
            addresses = [address, *(one for one in known if one != address)][:MAX_ADDRESSES]
            try:
                customer = self._records.change(customer.id, {f"addresses.{channel}": addresses})
            except NotFound:  # erased meanwhile
                return None
        if link.wording:
            self._agree(customer.id, channel, link, reply)
        return customer

    def without_token(self, text: str) -> str:
        """A text without the token in it, which is nobody's business but ours."""
        return _TOKEN.sub("…", text)

    def _agree(self, customer: str, channel: str, link: ChatLink, reply: Reply) -> None:
        yes = Consent(
            state="granted",
            at=reply.at,
            how=HOW,
            wording=link.wording,
            source=link.source or HOW,
            by=CUSTOMER,
        )
        self._customers.set_consent(customer, channel, PURPOSE, yes)
        for reason in LIFTED:
            since = self._suppressions.since(channel, [reply.address], reason).get(reply.address, {})
            if since and max(since.values()) <= reply.at:
                self._suppressions.lift(channel, reply.address, reason)

    def _brought(self, channel: str, reply: Reply) -> ChatLink | None:
        for token in [reply.link, *_TOKEN.findall(reply.text)]:
            link = self._links.get(self._id_of(token)) if token else None
            if link is not None and link.channel == channel and reply.at < link.expires_at:
                return link
        return None

    def _id_of(self, token: str) -> str:
        """The id in a token, "" where we did not make it."""
        try:
            raw = base64.b32decode(token.upper() + "=" * (-len(token) % 8))
        except (binascii.Error, ValueError):
            return ""
        id_, given = raw[:_ID], raw[_ID:]
        ours = any(hmac.compare_digest(given, _signature(key, id_)) for key in self._keys)
        return id_.hex() if ours else ""


def _signature(key: bytes, id_: bytes) -> bytes:
    return hmac.digest(key, b"chat-link" + id_, "sha256")[:_SIGNATURE]


def _text(raw: bytes) -> str:
    return base64.b32encode(raw).decode().rstrip("=").lower()


def _kept(channel: str, address: str) -> str:
    """An address as it is kept, "" where it is none: a provider may have ids of a form that nobody foresaw."""
    try:
        return normalise(channel, address)
    except Invalid:
        return ""
