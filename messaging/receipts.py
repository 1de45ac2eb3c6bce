"""A provider's word about messages, worked on after it was stored: states, facts, suppression."""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Protocol

import msgspec

from common.clock import Clock
from common.settings import Settings
from customers.consent import Consent, Suppressions
from customers.customer import Customers
from messaging.channel import Notice, Provider, Providers, Receipt, ReceiptType, Reply
from messaging.conversation import Conversation
from messaging.finding import PATIENCE, Finder
from messaging.message import Message, State
from messaging.presence import Comings
from messaging.soft_bounces import SoftBounces, latest
from messaging.webhooks import Inbox, Waiting

log = logging.getLogger(__name__)


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """That a provider says a message has come this far: `state` is accepted, delivered, undelivered or bounced.

    `token` is of the attempt it is about, empty where the provider did not carry it back.
    """

    message: str
    state: State
    at: datetime
    token: str = ""
    provider: str = ""
    provider_id: str = ""
    reason: str = ""


class Evidence(Protocol):
    """The messages, as far as a provider's word moves them."""

    def apply(self, proofs: Sequence[Proof]) -> None:
        """Move messages to what is proven, in bulk, by compare-and-set; a rank only rises, strange ids are left.

        A proof of delivery or of a bounce proves acceptance too. Applying a proof again does nothing.
        """
        ...

    def get(self, ids: Sequence[str]) -> Mapping[str, Message]:
        """Those of these messages that exist, by id, in one read."""
        ...


class Fact(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename={"id": "_id"}):
    """Something a customer did with a message, or a word of a provider's that we do not know; `id` is its receipt's.

    One that came by a link of ours is looked at again at `settle_at` (messaging/sightings.py).
    """

    id: str
    type: ReceiptType
    at: datetime
    provider: str
    channel: str
    message: str = ""
    customer: str = ""
    campaign: str = ""
    url: str = ""
    detail: str = ""
    settle_at: datetime | None = None


class Facts(Protocol):
    """The facts as they are kept."""

    def add(self, facts: Sequence[Fact]) -> None:
        """Keep facts; one that is kept already stays as it is."""
        ...

    def of_customer(self, customer: str, limit: int) -> list[Fact]:
        """A customer's facts, newest first."""
        ...


class Notices(Protocol):
    """What providers say of the shop's accounts, as it is kept."""

    def add(self, channel: str, notices: Sequence[Notice]) -> None:
        """Keep what a channel's provider said, each once."""
        ...


# How far a receipt shows that its message has come: whoever opened it, or complained, has it.
PROVES: dict[ReceiptType, State] = {
    "accepted": State.ACCEPTED,
    "delivered": State.DELIVERED,
    "bounced": State.BOUNCED,
    "undelivered": State.UNDELIVERED,
    "opened": State.DELIVERED,
    "clicked": State.DELIVERED,
    "complained": State.DELIVERED,
    "unsubscribed": State.DELIVERED,
}
FACTS: frozenset[ReceiptType] = frozenset({"opened", "clicked", "complained", "unsubscribed", "unknown"})
AT_ONCE = 50


class _Word(msgspec.Struct, frozen=True, kw_only=True):
    """What one webhook says."""

    receipts: Sequence[Receipt]
    replies: Sequence[Reply]
    notices: Sequence[Notice]


class Receipts:
    """Works off stored webhooks. Any number of workers may do so at once; a webhook worked on twice counts once.

    `is_outage` tells a database that is away, which passes, from what will fail again.
    """

    def __init__(
        self,
        *,
        inbox: Inbox,
        providers: Providers,
        messages: Evidence,
        facts: Facts,
        suppressions: Suppressions,
        customers: Customers,
        conversation: Conversation,
        comings: Comings,
        soft_bounces: SoftBounces,
        finder: Finder,
        notices: Notices,
        clock: Clock,
        settings: Settings,
        is_outage: Callable[[Exception], bool],
    ) -> None:
        self._is_outage = is_outage
        self._inbox = inbox
        self._providers = providers
        self._messages = messages
        self._facts = facts
        self._suppressions = suppressions
        self._customers = customers
        self._conversation = conversation
        self._comings = comings
        self._soft_bounces = soft_bounces
        self._finder = finder
        self._notices = notices
        self._clock = clock
        self._lease = settings.claim_lease

    def take(self) -> int:
        """Work off what waits; how many webhooks. What a dead worker claimed is claimed again after its lease."""
        taken = 0
        while waiting := self._inbox.claim(AT_ONCE, self._lease):
            by_provider: dict[str, list[Waiting]] = {}
            for one in waiting:
                by_provider.setdefault(one.provider, []).append(one)
            for provider, theirs in by_provider.items():
                self._work_off(self._providers.by_name(provider), theirs)
            taken += len(waiting)
        return taken

    def _work_off(self, provider: Provider, waiting: Sequence[Waiting]) -> None:
        """Apply a provider's webhooks together; where one of them cannot be applied, each by itself."""
        read = [(one, said) for one in waiting if (said := self._read(provider, one)) is not None]
        try:
            self._apply_all(provider, read)
        except Exception as error:
            if self._is_outage(error) or not read:
                raise
            log.warning("webhooks.apart", extra={"provider": provider.name, "webhooks": len(read)}, exc_info=True)
            for one, said in read:
                self._apply_alone(provider, one, said)

    def _read(self, provider: Provider, one: Waiting) -> _Word | None:
        """What a webhook says; None where it cannot be read, and is set aside."""
        try:
            said = provider.receipts(one.hook), provider.replies(one.hook), provider.notices(one.hook)
        except Exception as error:  # noqa: BLE001  # it is logged there; reading is pure, what fails once fails for ever
            self._spoil(provider, one, error)
            return None
        return _Word(receipts=said[0], replies=said[1], notices=said[2])

    def _apply_alone(self, provider: Provider, one: Waiting, said: _Word) -> None:
        """Apply one webhook; what it breaks, it breaks for itself alone, and is set aside for it."""
        try:
            self._apply_all(provider, [(one, said)])
        except Exception as error:
            if self._is_outage(error):
                raise
            self._spoil(provider, one, error)

    def _spoil(self, provider: Provider, one: Waiting, error: Exception) -> None:
        log.warning("webhook.spoilt", extra={"webhook": one.id, "provider": provider.name}, exc_info=error)
        self._inbox.spoil(one.id, f"{type(error).__name__}: {error}"[:500])

    def _apply_all(self, provider: Provider, read: Sequence[tuple[Waiting, _Word]]) -> None:
        receipts: list[Receipt] = []
        done: list[str] = []
        for one, said in read:
            found, waits = self._finder.find(provider.channel, said.receipts)
            receipts += found
            # One that waits is taken up again when its claim is over; that the rest of it is done twice is harmless.
            if not waits or one.hook.at <= self._clock.now() - PATIENCE:
                done.append(one.id)
        self._apply(provider, receipts)
        wrote = latest([(reply.address, reply.at) for _, said in read for reply in said.replies])
        self._soft_bounces.arrived(provider.channel, wrote)
        for reply in sorted((reply for _, said in read for reply in said.replies), key=attrgetter("at")):
            # One by one: who was heard is answered, whatever becomes of the next.
            for heard, words in self._conversation.hear(provider.channel, [reply]):
                self._say(provider, heard, words)
        if notices := [notice for _, said in read for notice in said.notices]:
            self._notices.add(provider.channel, notices)
        self._inbox.done(done)

    def _say(self, provider: Provider, reply: Reply, words: str) -> None:
        """Answer a customer, and keep what was said; what fails is not tried again, since it may have arrived."""
        channel = provider.channel
        try:
            said = provider.answers_at_once and words == self._conversation.answer_to(channel, reply)
            if said or provider.say(reply, words):
                self._conversation.answered(channel, reply, words)
        except Exception:
            log.exception("reply.unanswered", extra={"provider": provider.name, "reply": reply.key})

    def _apply(self, provider: Provider, receipts: Sequence[Receipt]) -> None:
        """Suppression first: it is what must not be late."""
        known = self._messages.get(sorted({receipt.message for receipt in receipts if receipt.message}))
        for receipt in receipts:
            self._suppress(provider.channel, receipt, known.get(receipt.message))
        self._soft_bounces.arrived(provider.channel, _arrived(provider.channel, receipts, known))
        self._messages.apply([_proof(provider, one) for one in receipts if one.message in known and one.type in PROVES])
        facts = {one.key: _fact(provider, one, known.get(one.message)) for one in receipts if one.type in FACTS}
        if facts:
            self._facts.add(list(facts.values()))

    def _suppress(self, channel: str, receipt: Receipt, message: Message | None) -> None:
        address, at = receipt.address or _address_of(message, channel), receipt.at
        if receipt.type == "complained":
            self._add(channel, address, "all", "complaint", at)
        elif receipt.type == "unsubscribed":
            self._add(channel, address, "marketing", "unsubscribed", at)
            if message is not None:
                word = Consent(state="denied", at=at, how="unsubscribed at the provider", source="webhook")
                self._customers.set_consent(message.customer, channel, "marketing", word)
        elif receipt.permanent:
            self._add(channel, address, "all", "hard_bounce", at)
        elif receipt.soft and address:
            self._soft_bounces.bounced(channel, address, at)
        elif receipt.type == "blocked" and address:
            self._comings.went(channel, address, at)
        elif receipt.type == "unblocked" and address:
            self._comings.came(channel, address, at)

    def _add(self, channel: str, address: str, purpose: str, reason: str, at: datetime) -> None:
        if address:
            self._suppressions.add(channel, address, purpose, reason, at)


def _arrived(channel: str, receipts: Sequence[Receipt], known: Mapping[str, Message]) -> dict[str, datetime]:
    """The addresses at which something arrived, and when."""
    came = [one for one in receipts if PROVES.get(one.type) is State.DELIVERED]
    return latest([(one.address or _address_of(known.get(one.message), channel), one.at) for one in came])


def _address_of(message: Message | None, channel: str) -> str:
    """Where a message is on its way to over a channel, for a provider that does not say; "" where it went on."""
    route = message.routes[0] if message is not None and message.routes else None
    return route.address if route is not None and route.channel == channel else ""


def _proof(provider: Provider, receipt: Receipt) -> Proof:
    state = PROVES[receipt.type]
    negative = state in (State.BOUNCED, State.UNDELIVERED)
    return Proof(
        message=receipt.message,
        state=state,
        at=receipt.at,
        token=receipt.token,
        provider=provider.name,
        provider_id=receipt.provider_id,
        reason=("hard_bounce" if receipt.permanent else state.value) if negative else "",
    )


def _fact(provider: Provider, receipt: Receipt, message: Message | None) -> Fact:
    return Fact(
        id=receipt.key,
        type=receipt.type,
        at=receipt.at,
        provider=provider.name,
        channel=provider.channel,
        message=receipt.message,
        customer=message.customer if message else "",
        campaign=message.campaign if message else "",
        url=receipt.url,
        detail=receipt.detail,
    )
