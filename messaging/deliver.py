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
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from common.clock import Clock
from common.doorbell import Doorbell
from common.errors import EncoreError, NotFound, Unavailable
from common.ids import new_id
from common.settings import Settings
from customers.customer import Customer
from customers.shop import Shop
from messaging import moving
from messaging.channel import GONE, Accepted, Letter, Outcome, Parcel, Rejected
from messaging.desk import Desk, Held, Picked
from messaging.gate import PAUSE, PAUSED, Go, No, Person, Verdict, Wait, Word, decide, of_campaign
from messaging.in_turn import one_by_one
from messaging.life import Batches, Claims, Contents, Lease, Move
from messaging.message import Attempt, Batch, Message, Rendered, Unrenderable
from messaging.pace import Paces, paced
from messaging.parcels import AHEAD, contents_of, parcel_of, size_at
from messaging.people import People, name_of, others_of
from messaging.routing import timer_of
from messaging.spending import Limit, Spending, cost_of, unspent

log = logging.getLogger(__name__)

# A worker waits so long, at most, for a provider's rate with messages in its hands; else they wait without it.
PATIENCE = 5.0
# At a rate, a worker holds no more of a batch than goes out in so many seconds: two workers reach what one cannot.
SHARE = 10.0
# What the gate was told of people is good for so long; after that they are looked up again, parcel by parcel.
FRESH = timedelta(seconds=2)

# Writes a batch's messages to customers who have just been read, by their ids.
Renderer = Callable[[Batch, Sequence[Message], Mapping[str, Customer]], Mapping[str, Rendered | Unrenderable]]


class Claimed(msgspec.Struct, frozen=True, kw_only=True):
    """A claim as it is worked on: its token, its batch, the shop as it was then, who carries it, when the gate was
    asked, and by their ids its messages and these messages' receivers.
    """

    token: str
    batch: Batch
    shop: Shop
    carrier: Picked | Held
    asked_at: datetime
    messages: dict[str, Message]
    people: Mapping[str, Person] = {}
    limit: Limit = Limit()


class Delivery:
    """Works batches off. Any number of workers may do so at once, and any may die at any point."""

    def __init__(
        self,
        *,
        claims: Claims,
        batches: Batches,
        contents: Contents,
        people: People,
        desk: Desk,
        paces: Paces,
        spending: Spending,
        limit: Callable[[str], Limit],
        render: Renderer,
        may_send: Callable[[str], str],
        shop: Callable[[], Shop],
        doorbell: Doorbell,
        clock: Clock,
        settings: Settings,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._claims = claims
        self._batches = batches
        self._contents = contents
        self._people = people
        self._desk = desk
        self._paces = paces
        self._spending = spending
        self._limit = limit
        self._sleep = sleep
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
            if self._word(batch) == "pause":
                return  # else it was resumed in between, and whoever did so woke what was not asleep yet
        token, shared = new_id(), False
        messages = self._claims.claim(batch.id, token, self._lease())
        if messages:
            claimed, shared = self._shared(self._taken_up(token, batch, messages))
            self._work(claimed)
        due_at = self._batches.settle(batch, self._clock.now())
        if due_at is not None and due_at <= self._clock.now() and not shared:
            self._doorbell.ring("deliver", batch.id, urgent=batch.urgent)

    def _taken_up(self, token: str, batch: Batch, messages: Sequence[Message]) -> Claimed:
        shop = self._shop()
        return Claimed(
            token=token,
            batch=batch,
            shop=shop,
            carrier=self._desk.pick(batch.channel, cheapest=batch.channel in shop.cheapest_first),
            asked_at=self._clock.now(),
            messages={message.id: message for message in messages},
            limit=self._limit(batch.campaign) if batch.campaign else Limit(),
        )

    def _shared(self, claimed: Claimed) -> tuple[Claimed, bool]:
        """At a provider's rate, what a worker can hand over soon; the rest is for others, who are rung for."""
        rate = claimed.carrier.terms.rate if isinstance(claimed.carrier, Picked) else 0.0
        most = max(1, int(rate * SHARE)) if rate else len(claimed.messages)
        if len(claimed.messages) <= most:
            return claimed, False
        ids = sorted(claimed.messages, key=lambda id_: claimed.messages[id_].not_before)
        others = Wait(reason="rate_limited", until=self._clock.now())
        self._set_aside(claimed, dict.fromkeys(ids[most:], others))
        self._batches.put_off([claimed.batch.id], self._clock.now())
        self._doorbell.ring("deliver", claimed.batch.id, urgent=claimed.batch.urgent)
        return msgspec.structs.replace(claimed, messages={id_: claimed.messages[id_] for id_ in ids[:most]}), True

    def _work(self, claimed: Claimed) -> None:
        """Gate and render everybody, put the others aside, and hand the letters over parcel by parcel."""
        messages = list(claimed.messages.values())
        people = self._people.of(claimed.batch.channel, messages, claimed.shop)
        claimed = msgspec.structs.replace(claimed, people=people)
        verdicts = self._verdicts(claimed, people)
        going = [message for message in messages if isinstance(verdicts[message.id], Go)]
        rendered = self._written(claimed, going)
        for message in going:
            if not isinstance(words := rendered.get(message.id), Rendered):
                reason = words.reason if words else "unrenderable"
                verdicts[message.id] = No(reason=reason, here=reason == "no_content")
        self._set_aside(claimed, verdicts)
        several = isinstance(claimed.carrier, Picked) and claimed.carrier.provider.several
        letters = [
            Letter(
                message=message.id,
                address=message.routes[0].address,
                name=name_of(people[message.id].customer),
                rendered=words,
                also=others_of(people[message.id].customer, message.routes[0]) if several else (),
            )
            for message in going
            if isinstance(words := rendered.get(message.id), Rendered)
        ]
        if isinstance(claimed.carrier, Picked):
            self._send_all(claimed, claimed.carrier, letters)

    def _verdicts(self, claimed: Claimed, people: Mapping[str, Person]) -> dict[str, Verdict]:
        """What the gate says of each; where it lets one go, the campaign's rate or a provider that is to be left alone
        may make it wait."""
        now = self._clock.now()
        word = self._word(claimed.batch)
        verdicts = one_by_one(claimed.messages.values(), people, claimed.shop, now, word)
        if isinstance(claimed.carrier, Picked):
            order = sorted(verdicts, key=lambda id_: claimed.messages[id_].not_before)
            return paced(claimed.batch.campaign, verdicts, order, claimed.limit.pace, self._paces, now)
        wait = Wait(reason=claimed.carrier.reason, until=claimed.carrier.until)
        return {id_: wait if isinstance(verdict, Go) else verdict for id_, verdict in verdicts.items()}

    def _written(self, claimed: Claimed, going: Sequence[Message]) -> Mapping[str, Rendered | Unrenderable]:
        """The words for everybody; where a whole batch cannot be written, that is the reason for each."""
        if not going:
            return {}
        read = {one.customer: claimed.people[one.id].customer for one in going}
        try:
            return self._render(claimed.batch, going, {id_: found for id_, found in read.items() if found})
        except Unavailable:
            raise
        except EncoreError as error:
            log.warning("deliver.unrenderable", extra={"batch": claimed.batch.id, "error": str(error)})
            why = Unrenderable(reason=str(getattr(error, "reason", "unrenderable")), detail=str(error))
            return {message.id: why for message in going}

    def _send_all(self, claimed: Claimed, carrier: Picked, letters: Sequence[Letter]) -> None:
        letters = self._within_budget(claimed, carrier, letters)
        if not letters:
            return
        alone = 1 if carrier.trial else 0
        pack = carrier.provider.pack
        size = size_at(carrier.terms.rate, self._settings.batch_size)
        parts = [letters[:1]] * alone + list(pack(letters[alone:], size))
        parcels = [self._parcel(claimed, part) for part in parts]
        now = self._clock.now()
        self._contents.keep([content for parcel in parcels for content in contents_of(parcel, now)])
        half = timedelta(seconds=self._settings.claim_lease / 2)
        renew_at = now + half
        for number, packed in enumerate(parcels, 1):
            if self._clock.now() >= renew_at:
                self._claims.renew(claimed.token, self._lease())
                renew_at = self._clock.now() + half
            claimed, parcel = self._asked_again(claimed, carrier, packed)
            if not parcel.letters:
                continue
            late = self._in_turn(claimed, carrier, parcel)
            rest = late or self._send(claimed, carrier, parcel, whole=number == len(parcels))
            if rest is not None:
                unsent = ([parcel] if late else []) + parcels[number:]
                left = [letter for one in unsent for letter in one.letters]
                self._set_aside(claimed, dict.fromkeys([letter.message for letter in left], rest))
                self._give_back(claimed, carrier, left)
                return
            carrier = msgspec.structs.replace(carrier, trial=False, breaker=None)  # it took one

    def _asked_again(self, claimed: Claimed, carrier: Picked, parcel: Parcel) -> tuple[Claimed, Parcel]:
        """The gate again, with people as they are now, where it was asked a while ago: a claim may last minutes."""
        now = self._clock.now()
        if now < claimed.asked_at + FRESH:
            return claimed, parcel
        shop, messages = self._shop(), [claimed.messages[letter.message] for letter in parcel.letters]
        people = self._people.of(claimed.batch.channel, messages, shop)
        claimed = msgspec.structs.replace(claimed, people={**claimed.people, **people})
        verdicts = {one.id: decide(one, people[one.id], shop, now) for one in messages}
        self._set_aside(claimed, {id_: one for id_, one in verdicts.items() if not isinstance(one, Go)})
        going = [letter for letter in parcel.letters if isinstance(verdicts[letter.message], Go)]
        left = [letter for letter in parcel.letters if not isinstance(verdicts[letter.message], Go)]
        self._give_back(claimed, carrier, left)
        return claimed, msgspec.structs.replace(parcel, letters=going)

    def _within_budget(self, claimed: Claimed, carrier: Picked, letters: Sequence[Letter]) -> Sequence[Letter]:
        """The letters that the campaign's budget has room for; the others are not sent."""
        if claimed.limit.none or not letters:
            return letters
        room = self._spending.take(claimed.batch.campaign, self._costs(claimed, carrier, letters), claimed.limit)
        self._set_aside(claimed, dict.fromkeys([one.message for one in letters[room:]], No(reason="campaign_budget")))
        return letters[:room]

    def _give_back(self, claimed: Claimed, carrier: Picked, letters: Sequence[Letter]) -> None:
        """What the budget was charged for letters that went to nobody."""
        if letters and not claimed.limit.none:
            self._spending.give_back(claimed.batch.campaign, self._costs(claimed, carrier, letters))

    def _costs(self, claimed: Claimed, carrier: Picked, letters: Sequence[Letter]) -> list[int]:
        channel, currency = claimed.batch.channel, claimed.limit.currency
        return [cost_of(letter, channel, carrier.terms, currency) for letter in letters]

    def _in_turn(self, claimed: Claimed, carrier: Picked, parcel: Parcel) -> Wait | None:
        """Wait for the provider's rate; where that is too long, how long the claim's messages are to wait.

        A campaign takes up little of it ahead of time, so that what is urgent, which may, comes before it.
        """
        patience = min(PATIENCE, self._settings.claim_lease / 4)
        ahead, waited = (patience if claimed.batch.urgent else min(AHEAD, patience)), 0.0
        while (seconds := self._desk.wait(carrier, len(parcel.letters), ahead)) > ahead:
            waited += seconds - ahead
            if waited > patience:
                return Wait(reason="rate_limited", until=self._clock.now() + timedelta(seconds=seconds - ahead / 2))
            self._sleep(seconds - ahead)
        if seconds > 0:
            self._sleep(seconds)
        return None

    def _send(self, claimed: Claimed, carrier: Picked, parcel: Parcel, whole: bool) -> No | Wait | None:
        """Hand one parcel over. Returns what is to happen to the claim's other messages where it is not to go on."""
        lease = self._lease(self._settings.http_timeout + self._settings.uncertain_grace)
        lease = msgspec.structs.replace(
            lease, timer_at=timer_of(claimed.messages[parcel.letters[0].message], lease.now)
        )
        attempt = Attempt(
            token=parcel.token, channel=parcel.channel, provider=carrier.provider.name, started_at=lease.now
        )
        ids = [letter.message for letter in parcel.letters]
        won = set(self._claims.begin(claimed.token, ids, whole, attempt, lease))
        letters = [letter for letter in parcel.letters if letter.message in won]
        verdicts, rest = self._last_look(claimed, letters, lease)
        if verdicts:
            self._set_aside(claimed, verdicts, parcel.token)
        letters = [letter for letter in letters if letter.message not in verdicts]
        untried = moving.untried(carrier.breaker) if carrier.breaker else None
        if letters and untried and not self._desk.try_again(carrier):
            self._set_aside(claimed, dict.fromkeys([one.message for one in letters], untried), parcel.token)
            letters = []
        if not letters:
            self._give_back(claimed, carrier, parcel.letters)
            return rest or untried
        letters = list(self._people.open_devices(parcel.channel, letters, parcel.purpose, self._shop()))
        began = time.monotonic()
        outcomes = carrier.provider.hand_over(msgspec.structs.replace(parcel, letters=letters))
        breaker = self._desk.heard(carrier, outcomes, time.monotonic() - began)
        elsewhere = breaker is not None and self._desk.others(parcel.channel, carrier.provider.name)
        self._record(claimed, parcel, outcomes, elsewhere)
        self._give_back(claimed, carrier, unspent(parcel.letters, outcomes))
        return moving.rest_after(breaker, outcomes, elsewhere, self._clock.now())

    def _last_look(
        self, claimed: Claimed, letters: Sequence[Letter], lease: Lease
    ) -> tuple[dict[str, Verdict], No | Wait | None]:
        """The gate once more, after the attempt is written: what is due to time, suppressions and what others sent
        meanwhile; then the campaign, and the lease. Who is not sent to after all, and what that says of the rest.

        Each worker writes its attempts first and looks then at what others send, so that of two at least one sees the
        other. What the gate said a moment ago holds for those of whom there is no news.
        """
        if not letters:
            return {}, None
        messages = [claimed.messages[letter.message] for letter in letters]
        shop, now = self._shop(), self._clock.now()
        people = self._people.again(claimed.batch.channel, messages, claimed.people, shop)
        if stopped := of_campaign(self._word(claimed.batch), now):
            return dict.fromkeys(people, stopped), stopped
        if self._clock.now() >= lease.until:  # we slept: others may think us dead
            return dict.fromkeys(people, Wait(reason="lease_over", until=self._clock.now())), None
        as_before = shop == claimed.shop and now < claimed.asked_at + FRESH
        news = [one for one in messages if not as_before or people[one.id].suppressed or people[one.id].received]
        verdicts = {one.id: decide(one, people[one.id], shop, now) for one in news}
        return {id_: verdict for id_, verdict in verdicts.items() if not isinstance(verdict, Go)}, None

    def _record(self, claimed: Claimed, parcel: Parcel, outcomes: Mapping[str, Outcome], elsewhere: bool) -> None:
        """Write down what became of a parcel.

        `elsewhere` says that another provider of the channel could take at once what this one did not.
        """
        now = self._clock.now()
        moves = moving.moves(outcomes, claimed.messages, claimed.batch, now, elsewhere=elsewhere)
        self._move(claimed, moves, parcel.token)
        address_of = {letter.message: letter.address for letter in parcel.letters}
        for id_, outcome in outcomes.items():
            if isinstance(outcome, Rejected) and outcome.suppress:
                self._people.suppress(parcel.channel, address_of[id_], outcome.suppress)
            for gone in outcome.gone if isinstance(outcome, Accepted | Rejected) else ():
                self._people.suppress(parcel.channel, gone, GONE)

    def _set_aside(self, claimed: Claimed, verdicts: Mapping[str, Verdict], request: str = "") -> None:
        """Move what is not to be sent, out of the claim, or out of the request that was written ahead for it."""
        now, outcome = self._clock.now(), "unsent" if request else ""
        moves = moving.unsent(verdicts, claimed.messages, claimed.people, claimed.batch, now, outcome)
        self._move(claimed, moves, request)
        paused = any(isinstance(one, Wait) and one.reason == PAUSED for one in verdicts.values())
        if paused and self._word(claimed.batch) == "go":  # it was resumed before this was written: nobody woke it
            self._batches.wake(claimed.batch.run, self._clock.now())

    def _move(self, claimed: Claimed, moves: Sequence[Move], request: str) -> None:
        """Write moves down; what goes on over another channel gets a batch there, and a ring."""
        now = self._clock.now()
        channels = sorted({next(iter(move.routes.values()))[0].channel for move in moves if move.routes})
        onward = [moving.next_batch(claimed.batch, channel, now) for channel in channels]
        for batch in onward:
            self._batches.open(batch)
        if request:
            self._claims.record(claimed.token, request, moves, now)
        else:
            self._claims.settle(claimed.token, moves, now)
        for batch in onward:
            self._batches.open(batch)  # somebody may have found it empty, and closed it
            self._doorbell.ring("deliver", batch.id, urgent=batch.urgent)

    def _parcel(self, claimed: Claimed, letters: Sequence[Letter]) -> Parcel:
        purpose = claimed.messages[letters[0].message].purpose
        return parcel_of(letters, claimed.batch, claimed.shop, purpose, new_id())

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
