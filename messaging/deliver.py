"""Deliver: claim -> gate -> render -> write ahead -> look once more -> hand over -> record, a batch at a time.

Why nobody is messaged twice. A worker owns what it claimed until its lease is over; every move names the claim's
token, so that whoever lost a claim moves nothing. The attempt is written before the socket opens, and only while
the lease lasts; from then on a message goes back into a queue only when it is certain that nobody took it. Who dies
in between leaves it `handing_over`, which the sweeper makes `uncertain`, never `queued`.

What is left is a worker frozen after its last look at the clock and woken after the sweeper doubted it: it sends what
is `uncertain` by then. Under at_most_once nobody else sends that, so it arrives once, and its answer or the
provider's word ends the doubt.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Protocol

import msgspec

from common.clock import Clock
from common.doorbell import Doorbell
from common.errors import EncoreError, NotFound, Unavailable
from common.ids import new_id
from common.settings import Settings
from customers.shop import Brand, Shop
from messaging import outcomes as outcome_of
from messaging.channel import Letter, NotTaken, Outcome, Parcel, Provider, Rejected
from messaging.gate import PAUSE, Go, No, Person, Verdict, Wait, Word, decide, of_campaign
from messaging.life import Batches, Breaker, Breakers, Claims, Contents, Lease, Move
from messaging.message import Attempt, Batch, Content, Message, Rendered, Unrenderable
from messaging.people import People, name_of

log = logging.getLogger(__name__)

Renderer = Callable[[Batch, Sequence[Message]], Mapping[str, Rendered | Unrenderable]]


class Carriers(Protocol):
    """Those who carry letters."""

    def for_channel(self, channel: str) -> Provider:
        """The channel's provider; raises NotFound for a strange channel."""
        ...


class Claimed(msgspec.Struct, frozen=True, kw_only=True):
    """A claim as it is worked on: its token, its batch, the shop as it was then, and the messages by id."""

    token: str
    batch: Batch
    shop: Shop
    provider: Provider
    messages: dict[str, Message]


class Delivery:
    """Works batches off. Any number of workers may do so at once, and any may die at any point."""

    def __init__(
        self,
        *,
        claims: Claims,
        batches: Batches,
        contents: Contents,
        people: People,
        breakers: Breakers,
        providers: Carriers,
        render: Renderer,
        may_send: Callable[[str], str],
        shop: Callable[[], Shop],
        doorbell: Doorbell,
        clock: Clock,
        settings: Settings,
    ) -> None:
        self._claims = claims
        self._batches = batches
        self._contents = contents
        self._people = people
        self._breakers = breakers
        self._providers = providers
        self._render = render
        self._may_send = may_send
        self._shop = shop
        self._doorbell = doorbell
        self._clock = clock
        self._settings = settings

    def deliver(self, batch_id: str) -> None:
        """Send what is due of a batch. Doing it again, or at once with another worker, sends nothing twice."""
        batch = self._batches.get(batch_id)
        if batch is None or not batch.open:
            return
        now = self._clock.now()
        if self._word(batch) == "pause":
            self._batches.put_off([batch.id], now + PAUSE)
            return
        token = new_id()
        messages = self._claims.claim(batch.id, token, self._lease())
        if messages:
            self._work(
                Claimed(
                    token=token,
                    batch=batch,
                    shop=self._shop(),
                    provider=self._providers.for_channel(batch.channel),
                    messages={message.id: message for message in messages},
                )
            )
        due_at = self._batches.settle(batch, self._clock.now())
        if due_at is not None and due_at <= self._clock.now():
            self._doorbell.ring("deliver", batch.id, urgent=batch.urgent)

    def _work(self, claimed: Claimed) -> None:
        """Gate and render everybody, put the others aside, and hand the letters over parcel by parcel."""
        messages = list(claimed.messages.values())
        people = self._people.of(claimed.batch.channel, messages, claimed.shop)
        verdicts = self._verdicts(claimed, people)
        going = [message for message in messages if isinstance(verdicts[message.id], Go)]
        rendered = self._written(claimed.batch, going)
        for message in going:
            if not isinstance(words := rendered.get(message.id), Rendered):
                verdicts[message.id] = No(reason=words.reason if words else "unrenderable")
        self._claims.settle(claimed.token, outcome_of.unsent(verdicts), self._clock.now())
        letters = [
            Letter(
                message=message.id,
                address=message.routes[0].address,
                name=name_of(people[message.id].customer),
                rendered=words,
            )
            for message in going
            if isinstance(words := rendered.get(message.id), Rendered)
        ]
        self._send_all(claimed, letters)

    def _verdicts(self, claimed: Claimed, people: Mapping[str, Person]) -> dict[str, Verdict]:
        """What the gate says of each; where it lets one go, a provider that is to be left alone makes it wait."""
        now = self._clock.now()
        word = self._word(claimed.batch)
        verdicts = {
            id_: decide(message, people[id_], claimed.shop, now, word) for id_, message in claimed.messages.items()
        }
        breaker = self._breakers.get(claimed.provider.name)
        if breaker is None or breaker.until <= now:
            return verdicts
        wait = Wait(reason=breaker.reason, until=breaker.until)
        return {id_: wait if isinstance(verdict, Go) else verdict for id_, verdict in verdicts.items()}

    def _written(self, batch: Batch, going: Sequence[Message]) -> Mapping[str, Rendered | Unrenderable]:
        """The words for everybody; where a whole batch cannot be written, that is the reason for each."""
        if not going:
            return {}
        try:
            return self._render(batch, going)
        except Unavailable:
            raise
        except EncoreError as error:
            log.warning("deliver.unrenderable", extra={"batch": batch.id, "error": str(error)})
            why = Unrenderable(reason=str(getattr(error, "reason", "unrenderable")), detail=str(error))
            return {message.id: why for message in going}

    def _send_all(self, claimed: Claimed, letters: Sequence[Letter]) -> None:
        if not letters:
            return
        parts = list(claimed.provider.pack(letters, self._settings.batch_size))
        parcels = [self._parcel(claimed, part) for part in parts]
        self._contents.keep([content for parcel in parcels for content in self._contents_of(parcel)])
        half = timedelta(seconds=self._settings.claim_lease / 2)
        renew_at = self._clock.now() + half
        for number, parcel in enumerate(parcels, 1):
            if self._clock.now() >= renew_at:
                self._claims.renew(claimed.token, self._lease())
                renew_at = self._clock.now() + half
            rest = self._send(claimed, parcel, whole=number == len(parcels))
            if rest is not None:
                self._claims.settle(claimed.token, [rest], self._clock.now())
                return

    def _send(self, claimed: Claimed, parcel: Parcel, whole: bool) -> Move | None:
        """Hand one parcel over. Returns what is to happen to the claim's other messages where it is not to go on."""
        lease = self._lease(self._settings.http_timeout + self._settings.uncertain_grace)
        attempt = Attempt(
            token=parcel.token, channel=parcel.channel, provider=claimed.provider.name, started_at=lease.now
        )
        ids = [letter.message for letter in parcel.letters]
        won = set(self._claims.begin(claimed.token, ids, whole, attempt, lease))
        letters = [letter for letter in parcel.letters if letter.message in won]
        verdicts, rest = self._last_look(claimed, letters, lease)
        if verdicts:
            self._claims.record(claimed.token, parcel.token, outcome_of.unsent(verdicts, "unsent"), self._clock.now())
        letters = [letter for letter in letters if letter.message not in verdicts]
        if not letters:
            return rest
        outcomes = claimed.provider.hand_over(msgspec.structs.replace(parcel, letters=letters))
        self._record(claimed, parcel, outcomes)
        return self._rest_after(claimed, outcomes)

    def _last_look(
        self, claimed: Claimed, letters: Sequence[Letter], lease: Lease
    ) -> tuple[dict[str, Verdict], Move | None]:
        """Suppression, campaign and lease once more, after the attempt is written: who is not sent to after all."""
        if not letters:
            return {}, None
        purposes = {claimed.messages[letter.message].purpose for letter in letters}
        reasons: dict[str, str] = {}
        for purpose in purposes:
            theirs = [letter.address for letter in letters if claimed.messages[letter.message].purpose == purpose]
            reasons |= self._people.suppressed(claimed.batch.channel, theirs, purpose)
        stopped = of_campaign(self._word(claimed.batch), self._clock.now())
        if stopped:
            rest = outcome_of.unsent_move(stopped, None)
            return {letter.message: stopped for letter in letters}, rest
        if self._clock.now() >= lease.until:  # we slept: others may think us dead
            late = Wait(reason="lease_over", until=self._clock.now())
            return {letter.message: late for letter in letters}, None
        return {letter.message: No(reason="suppressed") for letter in letters if letter.address in reasons}, None

    def _record(self, claimed: Claimed, parcel: Parcel, outcomes: Mapping[str, Outcome]) -> None:
        """Write down what became of a parcel; what goes on over another channel gets a batch there, and a ring."""
        now = self._clock.now()
        moves = outcome_of.moves(outcomes, claimed.messages, claimed.batch, now)
        channels = sorted({next(iter(move.routes.values()))[0].channel for move in moves if move.routes})
        onward = [outcome_of.next_batch(claimed.batch, channel, now) for channel in channels]
        for batch in onward:
            self._batches.open(batch)
        self._claims.record(claimed.token, parcel.token, moves, now)
        for batch in onward:
            self._batches.open(batch)  # somebody may have found it empty, and closed it
            self._doorbell.ring("deliver", batch.id, urgent=batch.urgent)
        address_of = {letter.message: letter.address for letter in parcel.letters}
        for id_, outcome in outcomes.items():
            if isinstance(outcome, Rejected) and outcome.suppress:
                self._people.suppress(parcel.channel, address_of[id_], outcome.suppress)

    def _rest_after(self, claimed: Claimed, outcomes: Mapping[str, Outcome]) -> Move | None:
        """A provider that takes nothing now is not asked for the rest; one that stopped, by nobody for a while."""
        refusals = [outcome for outcome in outcomes.values() if isinstance(outcome, NotTaken)]
        if not refusals or len(refusals) < len(outcomes):
            return None
        now = self._clock.now()
        if stop := next((refusal for refusal in refusals if refusal.stop), None):
            wait = Wait(reason=stop.reason, until=outcome_of.wait_for(stop, 0, now))
            self._breakers.trip(
                Breaker(id=claimed.provider.name, until=wait.until, reason=stop.reason, detail=stop.detail)
            )
            log.error("provider.stopped", extra={"provider": claimed.provider.name, "detail": stop.detail})
            return outcome_of.unsent_move(wait, None)
        latest = max(outcome_of.wait_for(refusal, 0, now) for refusal in refusals)
        return outcome_of.unsent_move(Wait(reason=refusals[0].reason, until=latest), None)

    def _parcel(self, claimed: Claimed, letters: Sequence[Letter]) -> Parcel:
        brand = claimed.shop.brands.get(claimed.batch.brand) or claimed.shop.brands.get("default") or Brand()
        senders = {"email": brand.email_from, "sms": brand.sms_from}
        return Parcel(
            token=new_id(),
            channel=claimed.batch.channel,
            letters=letters,
            sender=senders.get(claimed.batch.channel, brand.name),
            sender_name=brand.name,
            purpose=claimed.messages[letters[0].message].purpose,
            tags=[claimed.batch.campaign] if claimed.batch.campaign else [],
        )

    def _contents_of(self, parcel: Parcel) -> list[Content]:
        now = self._clock.now()
        return [
            Content(
                message=letter.message,
                token=parcel.token,
                channel=parcel.channel,
                address=letter.address,
                rendered=letter.rendered,
                written_at=now,
            )
            for letter in parcel.letters
        ]

    def _word(self, batch: Batch) -> Word:
        """What the campaign says now; one that was deleted says no."""
        try:
            word = self._may_send(batch.campaign)
        except NotFound:
            return "cancel"
        return "cancel" if word == "cancel" else "pause" if word == "pause" else "go"

    def _lease(self, grace: float = 0.0) -> Lease:
        """A lease from now on; `grace` more seconds go by before the sweeper doubts its holder."""
        now = self._clock.now()
        until = now + timedelta(seconds=self._settings.claim_lease)
        return Lease(now=now, until=until, check_at=until + timedelta(seconds=grace))
