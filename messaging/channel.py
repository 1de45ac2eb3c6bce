"""What a provider is to the rest of Encore: it takes letters, and it sends word of them. One file each in channels/."""

import logging
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import ClassVar, Literal, Protocol
from urllib.parse import urlsplit

import msgspec

from common.clock import Clock
from common.errors import Invalid, NotFound
from common.kinds import scan
from common.settings import Settings
from customers.consent import Purpose
from messaging import channels
from messaging.attachments import Attachment
from messaging.message import Rendered
from messaging.outcome import Accepted as Accepted
from messaging.outcome import NotTaken as NotTaken
from messaging.outcome import Outcome as Outcome
from messaging.outcome import Rejected as Rejected
from messaging.outcome import Uncertain as Uncertain

log = logging.getLogger(__name__)

# blind: neither a key nor a look-up; idempotent: the same key and body is taken once; lookup: can be asked, completely.
Profile = Literal["blind", "idempotent", "lookup"]
ReceiptType = Literal[
    "accepted", "delivered", "bounced", "undelivered", "opened", "clicked", "complained", "unsubscribed", "unknown",
    "blocked", "unblocked",
]  # fmt: skip


# A reason to suppress: the device or browser that the address was is gone.
GONE = "gone"


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """One message on its way to one address: `message` is our id of it, `address` is normalised, `name` may be "".

    `also` are the receiver's other devices, for a provider that reaches `several`.
    """

    message: str
    address: str
    rendered: Rendered
    name: str = ""
    also: tuple[str, ...] = ()


class Parcel(msgspec.Struct, frozen=True, kw_only=True):
    """Letters that are handed over together, from one sender.

    `token` is the attempt's, written before the hand-over; receipts carry it back beside the message's id.
    `sender` is an e-mail address or a phone number, `tags` are words for the provider's own statistics.
    """

    token: str
    channel: str
    letters: Sequence[Letter]
    sender: str
    sender_name: str = ""
    reply_to: str = ""
    purpose: Purpose = "marketing"
    tags: Sequence[str] = ()


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A letter of which nobody knows whether the provider has it: its message and token, to whom, and since when."""

    message: str
    token: str
    address: str
    at: datetime


class Absent(msgspec.Struct, frozen=True):
    """The provider was asked, its look-up is complete, and it does not have the letter."""


Found = Accepted | Absent


class Hook(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook as it came in: `headers` in lower case, the raw `body`, the public `url` with its query, and when."""

    url: str
    at: datetime
    headers: dict[str, str]
    body: bytes


class Receipt(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a provider said of one message, in our words.

    `key` is derived from what is said, so that the same word said twice is one. `permanent` is for a bounce
    that will not heal, `soft` for what may and is the receiver's: a full mailbox, a telephone that is off.
    `detail` is the provider's own wording; `url` is what was clicked.

    Where `message` is empty and the provider knows no more than its own `provider_id`, or that all was read that was
    sent `up_to` a time, the message is looked for among the latest to the `address`.
    """

    key: str
    type: ReceiptType
    at: datetime
    message: str = ""
    token: str = ""
    provider_id: str = ""
    address: str = ""
    permanent: bool = False
    soft: bool = False
    url: str = ""
    detail: str = ""
    up_to: datetime | None = None


class Reply(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a customer wrote back: from which (normalised) address, to which of ours, and when it came in.

    `link` is the token of the link they came by, where the provider tells it apart from the text; `token` is what the
    provider wants back with an answer.
    """

    key: str
    address: str
    to: str
    text: str
    at: datetime
    provider_id: str = ""
    link: str = ""
    token: str = ""
    attachments: list[Attachment] = []


class Notice(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename={"key": "_id"}):
    """What a provider said of the account and not of a message: that a template was paused, say.

    `about` is what kind of thing, `name` which one, `state` what became of it, in the provider's own words.
    """

    key: str
    about: str
    name: str
    state: str
    at: datetime
    detail: str = ""


class Kept(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename={"id": "_id"}):
    """A letter in the outbox: what would have been sent, had the channel credentials. `id` is the message's."""

    id: str
    channel: str
    address: str
    name: str = ""
    sender: str
    sender_name: str = ""
    parts: dict[str, str]
    headers: dict[str, str] = {}
    at: datetime


class Outbox(Protocol):
    """Keeps the letters of channels that have no credentials."""

    def keep(self, letters: Sequence[Kept]) -> None:
        """Keep letters; one that is kept already stays as it is."""
        ...

    def page(self, after: str, limit: int, channel: str = "") -> list[Kept]:
        """A page of them in the order of ids, of one channel or of all."""
        ...


class Heard(Protocol):
    """When customers last wrote to us."""

    def last(self, channel: str, addresses: Sequence[str]) -> Mapping[str, datetime]:
        """When these addresses were last heard from, in one read; those that never were are left out."""
        ...


class Provider(ABC):
    """A provider of one channel. A subclass writes only what differs; settings it has are a Struct beside it.

    `batch_max` is how many letters one request can carry. `reports` are the receipts that it sends where they are
    due, so that their absence says something. An idempotent one takes a letter of one message and token once, for
    `key_hours` at least. An instance is shared by threads. `window` is how long after a customer's last word the shop
    may write what it likes, where that is limited; whom it heard when, `heard` knows, which `Providers` puts in place.
    One that reaches `several` takes all devices of a receiver at once. One that `answers_at_once` carries the answer to
    a HELP in its answer to the webhook.
    """

    name: ClassVar[str]
    channel: ClassVar[str]
    profile: ClassVar[Profile] = "blind"
    batch_max: ClassVar[int] = 1
    reports: ClassVar[frozenset[ReceiptType]] = frozenset()
    key_hours: ClassVar[float] = 24.0
    window: ClassVar[timedelta | None] = None
    several: ClassVar[bool] = False
    answers_at_once: ClassVar[bool] = False

    def __init__(self, settings: Settings, outbox: Outbox, clock: Clock) -> None:
        self.settings = settings
        self.outbox = outbox
        self.clock = clock
        self.heard: Heard | None = None

    @abstractmethod
    def configured(self) -> bool:
        """Whether its credentials are set."""

    @abstractmethod
    def send(self, parcel: Parcel) -> Mapping[str, Outcome]:
        """Hand over the letters and say by message id what became of each. Called by `hand_over` alone."""

    def promise(self) -> Profile:
        """What it promises about a letter that is handed over twice; as declared, unless its settings say otherwise."""
        return self.profile

    def look_up(self, asked: Sequence[Asked]) -> Mapping[str, Found]:
        """What a provider with a complete look-up knows of letters, by message; what it cannot say now is left out.

        Asked only where `promise` says "lookup", a while after the hand-over. What it raises counts as no answer.
        """
        return {}

    def pack(self, letters: Sequence[Letter], most: int) -> Iterator[list[Letter]]:
        """Split letters so that each part goes out in one request: no more than `most` nor `batch_max` of them.

        An attempt is written for each part just before it is handed over, so that a crash leaves in doubt
        only what was in an open request.
        """
        size = max(1, min(most, self.batch_max))
        for start in range(0, len(letters), size):
            yield list(letters[start : start + size])

    def hand_over(self, parcel: Parcel) -> dict[str, Outcome]:
        """What became of each letter, by message id. Never raises: what is not known is Uncertain."""
        started = time.monotonic()
        try:
            known = self.send(parcel)
        except Exception:  # what a provider's file did not foresee may have happened after the letters left
            log.exception("provider.unforeseen", extra={"provider": self.name, "token": parcel.token})
            known = {}
        unforeseen = Uncertain(reason="unforeseen")
        now = self.clock.now()
        outcomes: dict[str, Outcome] = {}
        for letter in parcel.letters:
            outcome = known.get(letter.message, unforeseen)
            outcomes[letter.message] = outcome.bounded(now) if isinstance(outcome, NotTaken) else outcome
        self._record(parcel, outcomes, time.monotonic() - started)
        return outcomes

    def verify(self, hook: Hook) -> None:
        """Check that a webhook is from the provider, and recent; raises Forged where it is not."""
        raise NotFound("webhook of provider", self.name)

    def receipts(self, hook: Hook) -> list[Receipt]:
        """What a verified webhook says of messages; a word we do not know is `unknown`, never dropped."""
        return []

    def replies(self, hook: Hook) -> list[Reply]:
        """What customers wrote back, in a verified webhook."""
        return []

    def notices(self, hook: Hook) -> list[Notice]:
        """What a verified webhook says of the account."""
        return []

    def answer(self, text: str, hook: Hook) -> tuple[str, str]:
        """The content type and the body of the answer to a webhook; where the provider can, it sends `text` back."""
        return "", ""

    def say(self, reply: Reply, text: str) -> bool:
        """Answer a customer who just wrote; whether it was taken. What is not known to be is not sent again."""
        return False

    def challenge(self, query: Mapping[str, str]) -> str:
        """What to answer when the provider asks with a GET whether a webhook is ours; raises Forged, or NotFound."""
        raise NotFound("handshake of provider", self.name)

    def deep_link(self, token: str, greeting: str) -> str:
        """The address that opens a chat with the shop and brings a token along, in words where it must be; or NotFound.

        Raises Invalid naming the setting that is missing for it.
        """
        raise NotFound("chat of provider", self.name)

    def window_open(self, address: str) -> bool:
        """Whether the shop may write what it likes to an address now."""
        if self.window is None:
            return True
        last = self.heard.last(self.channel, [address]).get(address) if self.heard else None
        return last is not None and self.clock.now() < last + self.window

    def close(self) -> None:
        """Let go of connections."""
        return

    def _record(self, parcel: Parcel, outcomes: Mapping[str, Outcome], seconds: float) -> None:
        counts: dict[str, int] = {}
        for outcome in outcomes.values():
            word = type(outcome).__name__.lower()
            counts[word] = counts.get(word, 0) + 1
        log.info(
            "provider.handed_over",
            extra={"provider": self.name, "token": parcel.token, "seconds": round(seconds, 3), **counts},
        )


def base_url(variable: str, url: str) -> str:
    """A provider's base URL as it can be used; raises Invalid naming its environment variable."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or not url.isascii() or not url.isprintable():
        raise Invalid.field(variable, "Not the address of a web server; write it like https://api.example.com.")
    return url.rstrip("/")


class Providers:
    """The providers there are, one for each channel in use."""

    def __init__(self, settings: Settings, outbox: Outbox, clock: Clock, heard: Heard | None = None) -> None:
        kinds = scan(channels, Provider)  # type: ignore[type-abstract]  # only concrete ones are found
        self._by_name = {name: kind(settings, outbox, clock) for name, kind in kinds.items()}
        for provider in self._by_name.values():
            provider.heard = heard

    def for_channel(self, channel: str) -> Provider:
        """The channel's provider, or the outbox where none has credentials; raises NotFound for a strange channel."""
        return self.of_channel(channel)[0]

    def of_channel(self, channel: str) -> list[Provider]:
        """The channel's providers that have credentials, or the outbox alone; raises NotFound for a strange channel."""
        candidates = [provider for provider in self._by_name.values() if provider.channel == channel]
        if not candidates:
            raise NotFound("channel", channel)
        return [provider for provider in candidates if provider.configured()] or [self._by_name["outbox"]]

    def own(self, channel: str) -> Provider:
        """The channel's own provider, the one with credentials first, never the outbox; raises NotFound."""
        ours = [provider for provider in self._by_name.values() if provider.channel == channel and channel]
        if not ours:
            raise NotFound("channel", channel)
        return next((provider for provider in ours if provider.configured()), ours[0])

    def every(self) -> list[Provider]:
        """All providers but the outbox, by channel and name."""
        carriers = [provider for provider in self._by_name.values() if provider.channel]
        return sorted(carriers, key=lambda provider: (provider.channel, provider.name))

    def by_name(self, name: str) -> Provider:
        """The provider of this name; raises NotFound."""
        if name not in self._by_name:
            raise NotFound("provider", name)
        return self._by_name[name]

    def close(self) -> None:
        """Let go of the connections that were made."""
        for provider in self._by_name.values():
            provider.close()

    def channels(self) -> list[str]:
        """The channels there are, in the order of their names."""
        return sorted({provider.channel for provider in self._by_name.values() if provider.channel})
