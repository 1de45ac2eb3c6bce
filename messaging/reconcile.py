"""The reconciler: what is uncertain is settled where the provider can tell, by the same key again or by a look-up.

A blind provider is never asked: its webhook tells, or nobody does. An idempotent one is handed the same letter under
the same key: if it had it, it says so and sends nothing. One with a complete look-up is asked; only when it has said
no twice, a while apart, is the letter sent again. Whoever said STOP meanwhile is sent nothing.
"""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from common.clock import Clock
from common.errors import NotFound
from common.ids import new_id
from common.settings import Settings
from customers.shop import Shop
from messaging import moving
from messaging.channel import Absent, Accepted, Asked, Letter, NotTaken, Outcome, Provider, Rejected, Uncertain
from messaging.desk import Picked
from messaging.gate import stopped_by
from messaging.life import Batches, Claims, Contents, Lease
from messaging.message import Message, State
from messaging.parcels import parcel_of
from messaging.people import People
from messaging.receipts import Proof

log = logging.getLogger(__name__)

# So many at a time, so that a round ends.
AT_ONCE = 200
# So long it waits for a provider's rate; what would wait longer is asked about later.
PATIENCE = 5.0


class Doubts(Protocol):
    """Uncertain messages as the reconciler moves them: compare-and-set on state and attempt, safe to do twice."""

    def due(self, providers: Sequence[str], now: datetime, limit: int) -> list[Message]:
        """Some whose provider can tell, and was not asked lately."""
        ...

    def take_up(self, messages: Sequence[Message], token: str, lease: Lease) -> list[Message]:
        """uncertain -> handing_over, for the same attempt once more; those that were won."""
        ...

    def ask_later(self, messages: Sequence[Message], at: datetime, *, absent: bool) -> None:
        """Ask about these again then; `absent` says that the provider did not have them."""
        ...

    def send_again(self, messages: Sequence[Message], now: datetime) -> int:
        """uncertain -> waiting, since the provider certainly has not got them; how many."""
        ...


class Known(Protocol):
    """What a provider's word moves."""

    def apply(self, proofs: Sequence[Proof]) -> None:
        """Move messages to what is proven."""
        ...


class Named(Protocol):
    """The providers."""

    def every(self) -> list[Provider]:
        """All of them."""
        ...


class Queue(Protocol):
    """Providers' terms, and their rates, which all hand-overs share."""

    def on_terms(self, provider: Provider) -> Picked:
        """A provider on its terms."""
        ...

    def wait(self, picked: Picked, letters: int, patience: float) -> float:
        """The seconds until so many letters may be handed over; beyond `patience`, they must not be."""
        ...


class Reconciler:
    """Settles doubts. Any number may do so at once, and any may die at any point."""

    def __init__(
        self,
        *,
        doubts: Doubts,
        claims: Claims,
        batches: Batches,
        contents: Contents,
        evidence: Known,
        people: People,
        providers: Named,
        may_send: Callable[[str], str],
        shop: Callable[[], Shop],
        desk: Queue,
        clock: Clock,
        settings: Settings,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._doubts = doubts
        self._claims = claims
        self._batches = batches
        self._contents = contents
        self._evidence = evidence
        self._people = people
        self._providers = providers
        self._may_send = may_send
        self._shop = shop
        self._desk = desk
        self._sleep = sleep
        self._clock = clock
        self._settings = settings

    def waiting(self) -> bool:
        """Whether there is anything to ask about."""
        return bool(self._doubts.due(list(self._telling()), self._clock.now(), 1))

    def settle(self) -> int:
        """Ask about what is uncertain; how many messages were asked about."""
        telling = self._telling()
        due = self._doubts.due(list(telling), self._clock.now(), AT_ONCE) if telling else []
        for name, provider in telling.items():
            theirs = [message for message in due if message.provider == name]
            if theirs and provider.promise() == "lookup":
                self._look_up(provider, theirs)
            elif theirs:
                self._hand_over_again(provider, theirs)
        return len(due)

    def _telling(self) -> dict[str, Provider]:
        return {one.name: one for one in self._providers.every() if one.promise() != "blind" and one.configured()}

    def _look_up(self, provider: Provider, messages: Sequence[Message]) -> None:
        asked = [
            Asked(message=one.id, token=one.request, address=one.routes[0].address, at=one.handed_at)
            for one in messages
            if one.handed_at is not None and one.routes
        ]
        try:
            found = provider.look_up(asked)
        except Exception:  # whatever went wrong, nothing is known that was not known before
            log.warning("reconcile.no_answer", extra={"provider": provider.name}, exc_info=True)
            found = {}
        now = self._clock.now()
        later = now + timedelta(seconds=self._settings.ask_again_after)
        self._evidence.apply([_proof(one, found[one.id], now) for one in messages if _has(found, one)])
        absent = [one for one in messages if isinstance(found.get(one.id), Absent)]
        self._send_again([one for one in absent if one.absent], now)
        self._doubts.ask_later([one for one in absent if not one.absent], later, absent=True)
        self._doubts.ask_later([one for one in messages if one.id not in found], later, absent=False)

    def _send_again(self, messages: Sequence[Message], now: datetime) -> None:
        if messages and self._doubts.send_again(messages, now):
            self._batches.put_off(sorted({message.batch for message in messages}), now)

    def _hand_over_again(self, provider: Provider, messages: Sequence[Message]) -> None:
        """The same letters under the same keys, one by one; a key holds only so long."""
        now = self._clock.now()
        later = now + timedelta(seconds=self._settings.ask_again_after)
        since = now - timedelta(hours=provider.key_hours)
        fit = [one for one in messages if one.handed_at and one.handed_at > since and self._may_go(one)]
        left = {one.id for one in messages} - {one.id for one in fit}
        self._doubts.ask_later([one for one in messages if one.id in left], later, absent=False)
        for place, message in enumerate(fit):
            if not self._in_turn(provider):
                self._doubts.ask_later(fit[place:], later, absent=False)
                return
            self._once_more(provider, message, later)

    def _in_turn(self, provider: Provider) -> bool:
        """Wait for the provider's rate, which other hand-overs share; False where that is too long."""
        seconds = self._desk.wait(self._desk.on_terms(provider), 1, PATIENCE)
        if 0 < seconds <= PATIENCE:
            self._sleep(seconds)
        return seconds <= PATIENCE

    def _may_go(self, message: Message) -> bool:
        """Whether it could still be sent today: it may be that nobody has it yet."""
        route = message.routes[0]
        try:
            word = self._may_send(message.campaign)
        except NotFound:
            return False
        if word not in ("go", "") or stopped_by(self._shop(), message) or message.expires_at <= self._clock.now():
            return False
        return not self._people.suppressed(route.channel, [route.address], message.purpose)

    def _once_more(self, provider: Provider, message: Message, later: datetime) -> None:
        content, batch = self._contents.get(message.id, message.request), self._batches.get(message.batch)
        if content is None or batch is None:
            self._doubts.ask_later([message], later, absent=False)
            return
        token = new_id()
        if not self._doubts.take_up([message], token, self._lease()) or not self._may_go(message):
            return  # the sweeper doubts it again
        letter = Letter(message=message.id, address=content.address, rendered=content.rendered)
        parcel = parcel_of([letter], batch, self._shop(), message.purpose, message.request)
        outcome = provider.hand_over(parcel)[message.id]
        now = self._clock.now()
        settled = outcome if isinstance(outcome, (Accepted, Rejected)) else _still(outcome)
        moves = moving.moves({message.id: settled}, {message.id: message}, batch, now)
        for move in moves:
            if move.routes:
                onward = moving.next_batch(batch, next(iter(move.routes.values()))[0].channel, now)
                self._batches.open(onward)
        self._claims.record(token, message.request, moves, now)
        if isinstance(settled, Uncertain):
            self._doubts.ask_later([message], later, absent=False)

    def _lease(self) -> Lease:
        now = self._clock.now()
        until = now + timedelta(seconds=self._settings.claim_lease)
        grace = timedelta(seconds=self._settings.http_timeout + self._settings.uncertain_grace)
        return Lease(now=now, until=until, check_at=until + grace)


def _still(outcome: Outcome) -> Uncertain:
    """What was not taken this time may have been taken the first time."""
    reason = outcome.reason if isinstance(outcome, (NotTaken, Uncertain)) else "no_answer"
    return Uncertain(reason=reason, detail=getattr(outcome, "detail", ""))


def _has(found: Mapping[str, Accepted | Absent], message: Message) -> bool:
    return isinstance(found.get(message.id), Accepted)


def _proof(message: Message, found: Accepted | Absent, now: datetime) -> Proof:
    id_ = found.provider_id if isinstance(found, Accepted) else ""
    return Proof(
        message=message.id,
        state=State.ACCEPTED,
        at=now,
        token=message.request,
        provider=message.provider,
        provider_id=id_,
    )
