"""A sending office on a real database, with a provider that does what a test tells it to."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import ClassVar

import msgspec

from common.clock import Clock
from common.settings import Settings
from customers.consent import Consent, Purpose
from customers.customer import Customer
from messaging.channel import Accepted, Kept, Letter, Outcome, Parcel, Provider
from messaging.deliver import Delivery, Renderer
from messaging.desk import Desk
from messaging.message import Batch, Message, Rendered, Route, State, Unrenderable, message_id
from messaging.people import People
from messaging.reconcile import Reconciler
from messaging.routing import address_hash
from messaging.spending import Limit
from messaging.sweep import Sweeper
from storage.breakers import MongoBreakers
from storage.claims import MongoClaims
from storage.doubts import MongoDoubts
from storage.leftovers import MongoLeftovers, MongoUndelivered
from storage.rates import RedisRates
from storage.spending import MongoSpending
from wiring import Services


class NoOutbox:
    """Keeps nothing; the provider below never asks it to."""

    def keep(self, letters: Sequence[Kept]) -> None:
        """Refuse."""
        raise AssertionError("not an outbox test")

    def page(self, after: str, limit: int, channel: str = "") -> list[Kept]:
        """Nothing."""
        return []


class Puppet(Provider):
    """Answers as told: `answer` is asked for each letter; `before` is called while the request is open."""

    name: ClassVar[str] = "puppet"
    channel: ClassVar[str] = "email"
    batch_max: ClassVar[int] = 1_000

    def __init__(self, settings: Settings, clock: Clock) -> None:
        super().__init__(settings, NoOutbox(), clock)
        self.parcels: list[Parcel] = []
        self.answer: Callable[[Letter], Outcome] = lambda letter: Accepted("id-1")  # type: ignore[assignment]  # no webhook comes from it
        self.before: Callable[[Parcel], None] = lambda parcel: None

    def configured(self) -> bool:
        """Always."""
        return True

    def send(self, parcel: Parcel) -> Mapping[str, Outcome]:
        """Note the parcel and answer for each letter."""
        self.before(parcel)
        self.parcels.append(parcel)
        return {letter.message: self.answer(letter) for letter in parcel.letters}

    def sent(self) -> list[str]:
        """The customers' messages handed over so far, one entry a hand-over."""
        return [letter.message for parcel in self.parcels for letter in parcel.letters]


class Bell:
    """A doorbell that remembers who rang."""

    def __init__(self) -> None:
        self.rung: list[tuple[str, ...]] = []
        self.dead = False

    def ring(self, job: str, *ids: str, urgent: bool = False) -> bool:
        """Note the ring, unless the bell is dead."""
        if not self.dead:
            self.rung.append((job, *ids))
        return not self.dead


class Office:
    """Services, a puppet provider, and short ways to plan and to look."""

    def __init__(self, services: Services, clock: Clock) -> None:
        self.services = services
        self.settings = services.settings
        self.clock = clock
        self.provider = Puppet(self.settings, clock)
        self.bell = Bell()
        self.understudies: list[Provider] = []
        self.limit = Limit()
        self.word = "go"
        self.unrenderable: dict[str, str] = {}
        self.rendering: Renderer = self._render
        self.delivery = self.worker()
        self.sweeper = self.sweeper_by(clock)

    def of_channel(self, channel: str) -> list[Provider]:
        """The puppet carries everything, and its understudies."""
        return [self.provider, *self.understudies]

    def desk(self, clock: Clock | None = None) -> Desk:
        """Where providers are picked."""
        return Desk(
            carriers=self,
            breakers=MongoBreakers(self.services.database),
            book=self.services.provider_book,
            rates=RedisRates(self.services.redis, self.settings),
            clock=clock or self.clock,
            settings=self.settings,
        )

    def worker(self, clock: Clock | None = None) -> Delivery:
        """One more worker, maybe with a clock of its own."""
        services = self.services
        return Delivery(
            claims=MongoClaims(services.database, self.settings.uncertain_final_after),
            batches=services.batches,
            contents=services.contents,
            people=People(services.customers, services.suppressions, services.messages, self.clock),
            desk=self.desk(clock),
            paces=RedisRates(services.redis, self.settings),
            spending=MongoSpending(services.database),
            limit=lambda campaign: self.limit,
            render=self.rendering,
            may_send=lambda campaign: self.word,
            shop=services.shops.get,
            doorbell=self.bell,
            clock=clock or self.clock,
            settings=self.settings,
        )

    def sweeper_by(self, clock: Clock) -> Sweeper:
        """One more sweeper, by a clock of its own."""
        services = self.services
        return Sweeper(
            leftovers=MongoLeftovers(services.database),
            undelivered=MongoUndelivered(services.database),
            batches=services.batches,
            rung=services.batches,
            doorbell=self.bell,
            clock=clock,
            settings=self.settings,
        )

    def reconciler(self) -> Reconciler:
        """Settles doubts; what the campaign says is this office's word."""
        services = self.services
        return Reconciler(
            doubts=MongoDoubts(services.database),
            claims=MongoClaims(services.database, self.settings.uncertain_final_after),
            batches=services.batches,
            contents=services.contents,
            evidence=services.messages,
            people=services.people,
            providers=services.providers,
            may_send=lambda campaign: self.word,
            shop=services.shops.get,
            desk=self.desk(),
            clock=self.clock,
            settings=self.settings,
        )

    def customer(self, id: str, *, consent: bool = True, **facts: object) -> Customer:
        """Keep a customer with an e-mail address, a phone number and, usually, consent to both."""
        word = Consent(state="granted", at=self.clock.now(), source="import")
        customer = Customer(
            id=id,
            first_name=id.title(),
            addresses={"email": [f"{id}@example.com"], "sms": [f"+1202555{sum(id.encode()):04d}"]},
            consents={channel: {"marketing": word} for channel in ("email", "sms")} if consent else {},
        )
        customer = msgspec.structs.replace(customer, **facts)
        self.services.customers.upsert([customer])
        return customer

    def plan(self, *ids: str, run: str = "run", purpose: Purpose = "marketing", **facts: object) -> Batch:
        """Plan a message for each of these customers, who get e-mail first, in one batch."""
        now = self.clock.now()
        batch = Batch(id=f"batch-{run}", run=run, campaign="campaign", channel="email", due_at=now, rung_at=now)
        customers = self.services.customers.get(ids)
        for name in ids:
            if name not in customers:
                customers[name] = self.customer(name)
        messages = [self.message(customers[name], batch, purpose, now) for name in ids]
        self.services.messages.plan(batch, [msgspec.structs.replace(one, **facts) for one in messages])
        return batch

    def message(self, customer: Customer, batch: Batch, purpose: Purpose, now: datetime) -> Message:
        """A message as the planner makes it."""
        route = Route("email", customer.addresses["email"][0])
        return Message(
            id=message_id(batch.run, customer.id, 0),
            run=batch.run,
            campaign=batch.campaign,
            customer=customer.id,
            purpose=purpose,
            routes=[route],
            address_hash=address_hash(route),
            batch=batch.id,
            not_before=now,
            expires_at=now + timedelta(days=3),
        )

    def get(self, customer: str, run: str = "run") -> Message:
        """The message of a customer."""
        found = message_id(run, customer, 0)
        return self.services.messages.get([found])[found]

    def states(self, *customers: str, run: str = "run") -> list[tuple[State, str]]:
        """State and reason of these customers' messages."""
        found = [self.get(customer, run) for customer in customers]
        return [(message.state, message.reason) for message in found]

    def _render(
        self, batch: Batch, messages: Sequence[Message], people: Mapping[str, Customer]
    ) -> dict[str, Rendered | Unrenderable]:
        return {
            message.id: Unrenderable(reason=self.unrenderable[message.customer])
            if message.customer in self.unrenderable
            else Rendered(parts={"subject": "Hi", "text": f"Hello {message.customer}"})
            for message in messages
        }
