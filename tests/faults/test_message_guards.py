"""T22: each guard of a message's life is taken out in turn, and the story that it guards goes wrong.

The guard is taken out below our code, in what it is handed for a database: a write is not done, a condition of an
update or an id is dropped, a read is not done again. What a story asserts so holds because of the guard.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from common.ids import new_id
from messaging.channel import Parcel
from messaging.message import State
from storage.messages import MongoMessages
from storage.suppressions import MongoSuppressions
from tests.support.clock import ManualClock
from tests.support.office import Office
from wiring import Services

Story = Callable[[Office, str], None]


class Killed(BaseException):
    """kill -9, as far as a test in one process can: no handler of ours takes it for an error."""


class Careless:
    """A database, one of whose collections goes without a guard; the others are as they are."""

    def __init__(self, real: Any, name: str, collection: Callable[[Any], Any]) -> None:
        self._real, self._name, self._collection = real, name, collection(real[name])

    def __getitem__(self, name: str) -> Any:
        return self._collection if name == self._name else self._real[name]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


class Collection:
    """Passes everything on; what goes without its guard overrides one method."""

    def __init__(self, real: Any) -> None:
        self._real = real

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


class NothingAhead(Collection):
    """Says that the attempt is written, and does not write it."""

    def update_many(self, wanted: Mapping[str, Any], update: Any) -> Any:
        """As asked, but for the write-ahead."""
        if update.get("$set", {}).get("state") == State.HANDING_OVER:
            return SimpleNamespace(modified_count=self._real.count_documents(wanted))
        return self._real.update_many(wanted, update)


class AnyState(Collection):
    """Claims whatever the state is."""

    def update_many(self, wanted: Mapping[str, Any], update: Any) -> Any:
        """As asked, but for the state that a claim starts from."""
        claims = update.get("$set", {}).get("state") == State.CLAIMED
        kept = {name: value for name, value in wanted.items() if not (claims and name == "state")}
        return self._real.update_many(kept, update)


class AnyHolder(Collection):
    """Writes an attempt ahead for whoever says so, whether the claim and its lease are theirs or not."""

    def update_many(self, wanted: Mapping[str, Any], update: Any) -> Any:
        """As asked, but that the lease may be over."""
        kept = {name: value for name, value in wanted.items() if name != "lease_until"}
        return self._real.update_many(kept, update)


class OtherIds(Collection):
    """Keeps each under an id and an address of its own."""

    def insert_many(self, documents: Sequence[Mapping[str, Any]], **settings: Any) -> Any:
        """As asked, but for what would be there twice."""
        kept = [{name: value for name, value in one.items() if name != "address_hash"} for one in documents]
        return self._real.insert_many([{**one, "_id": new_id()} for one in kept], **settings)


class OtherAddresses(Collection):
    """Keeps no trace of whose address it is."""

    def insert_many(self, documents: Sequence[Mapping[str, Any]], **settings: Any) -> Any:
        """As asked, but without the address's hash."""
        kept = [{name: value for name, value in one.items() if name != "address_hash"} for one in documents]
        return self._real.insert_many(kept, **settings)


class ReadOnce(Collection):
    """Answers a question that was asked before as it did then."""

    def __init__(self, real: Any) -> None:
        super().__init__(real)
        self._known: dict[str, list[Any]] = {}

    def find(self, wanted: Mapping[str, Any]) -> list[Any]:
        """What was found the first time."""
        return self._known.setdefault(repr(sorted(wanted["_id"]["$in"])), list(self._real.find(wanted)))


class HadOnce(Collection):
    """Answers what people were sent as it did when it was asked first."""

    def __init__(self, real: Any) -> None:
        super().__init__(real)
        self._known: dict[str, list[Any]] = {}

    def find(self, wanted: Mapping[str, Any], *shown: Any) -> Any:
        """What was found the first time; all else afresh."""
        if "handed_at" not in wanted:
            return self._real.find(wanted, *shown)
        return self._known.setdefault(repr(wanted["customer"]), list(self._real.find(wanted, *shown)))


def a_worker_dies_in_the_request(office: Office, run: str) -> None:
    """The provider has the letters, and the worker is gone: nobody may send them again."""
    batch = office.plan("ana", "ben", run=run)

    def die(_: Parcel) -> None:
        office.provider.before = lambda _: None
        office.provider.parcels.append(_)
        raise Killed

    office.provider.before = die
    with pytest.raises(Killed):
        office.delivery.deliver(batch.id)
    _later(office, batch.id)
    assert set(Counter(office.provider.sent()).values()) == {1}


def another_worker_comes_meanwhile(office: Office, run: str) -> None:
    """While the request is open, a second job for the same batch is worked on."""
    batch = office.plan("ana", "ben", run=run)

    def join(_: Parcel) -> None:
        office.provider.before = lambda _: None
        office.worker().deliver(batch.id)

    office.provider.before = join
    office.delivery.deliver(batch.id)
    assert set(Counter(office.provider.sent()).values()) == {1}


def a_worker_sleeps_past_its_lease(office: Office, run: str) -> None:
    """Before it writes ahead; the sweeper gave its messages to another, who is just claiming them."""
    batch = office.plan("ana", run=run)
    lease = office.settings.claim_lease
    clock = office.clock
    assert isinstance(clock, ManualClock)
    slept: list[bool] = []

    def sleep(*_: Any) -> Mapping[str, Any]:
        if not slept:
            slept.append(True)
            clock.advance(lease + 1)
        return rendered(*_)

    rendered = office.rendering
    office.rendering = sleep
    office.worker().deliver(batch.id)
    assert office.provider.sent() == []


def it_is_planned_twice(office: Office, run: str) -> None:
    """The job came twice, and each planner wrote down the same people."""
    first, second = office.plan("ana", "ben", run=run), office.plan("ana", "ben", run=run)
    for batch in (first, second):
        office.delivery.deliver(batch.id)
    assert office.services.messages.total(run) == len(office.provider.sent()) == 2


def two_customers_have_one_address(office: Office, run: str) -> None:
    """One letter of a run to one address."""
    for name in ("ana", "ben"):
        office.customer(name, addresses={"email": ["both@example.com"]})
    office.delivery.deliver(office.plan("ana", "ben", run=run).id)
    assert len(office.provider.sent()) == 1


def somebody_says_stop_at_the_last_moment(office: Office, run: str) -> None:
    """Between the gate's look at the suppressions and the request."""
    batch = office.plan("ana", "ben", run=run)
    rendered = office.rendering

    def stop(*_: Any) -> Mapping[str, Any]:
        office.services.suppressions.add("email", "ana@example.com", "all", "stop", office.clock.now())
        return rendered(*_)

    office.rendering = stop
    office.worker().deliver(batch.id)
    office.rendering = rendered
    office.services.suppressions.lift("email", "ana@example.com", "stop")
    assert [letter.address for parcel in office.provider.parcels for letter in parcel.letters] == ["ben@example.com"]


def another_campaign_writes_to_them_meanwhile(office: Office, run: str) -> None:
    """Between the gate's look at what they were sent and the request; they want one letter a day."""
    people = [office.customer(f"{name}-{run}", pace="daily").id for name in ("ana", "ben")]
    batch, other = office.plan(*people, run=run), office.plan(*people, run=f"other-{run}")
    rendered = office.rendering

    def overtake(*_: Any) -> Mapping[str, Any]:
        office.rendering = rendered
        office.worker().deliver(other.id)
        return rendered(*_)

    office.rendering = overtake
    office.worker().deliver(batch.id)
    assert set(Counter(letter.address for one in office.provider.parcels for letter in one.letters).values()) == {1}


GUARDS: list[tuple[str, Story, str, Callable[[Any], Any]]] = [
    ("write-ahead", a_worker_dies_in_the_request, "messages", NothingAhead),
    ("compare-and-set of the state", another_worker_comes_meanwhile, "messages", AnyState),
    ("compare-and-set of the lease", a_worker_sleeps_past_its_lease, "messages", AnyHolder),
    ("dedupe by id", it_is_planned_twice, "messages", OtherIds),
    ("dedupe by address", two_customers_have_one_address, "messages", OtherAddresses),
    ("suppressions read once more", somebody_says_stop_at_the_last_moment, "suppressions", ReadOnce),
    ("what others sent read once more", another_campaign_writes_to_them_meanwhile, "messages", HadOnce),
]


@pytest.mark.parametrize(("story", "name", "without"), [guard[1:] for guard in GUARDS], ids=[one[0] for one in GUARDS])
def test_a_story_holds_with_its_guard_and_goes_wrong_without(
    services: Services, clock: ManualClock, story: Story, name: str, without: Callable[[Any], Any]
) -> None:
    story(Office(services, clock), "guarded")
    clock.advance(3_600)
    with pytest.raises(AssertionError):
        story(Office(_on(services, Careless(services.database, name, without)), clock), "unguarded")


def _on(services: Services, database: Any) -> Any:
    """The services, whose messages and suppressions are in this database."""
    settings = services.settings
    own = {
        "settings": settings,
        "database": database,
        "batches": services.batches,
        "contents": services.contents,
        "customers": services.customers,
        "messages": MongoMessages(database, services.clock),
        "suppressions": MongoSuppressions(database, settings.keys[0].encode()),
        "redis": services.redis,
        "provider_book": services.provider_book,
        "shops": services.shops,
    }
    return SimpleNamespace(**own)


def _later(office: Office, batch: str) -> None:
    """The lease and all that is added to it are over; the sweeper looks, and other workers come."""
    assert isinstance(office.clock, ManualClock)
    settings = office.settings
    for _ in range(3):
        office.clock.advance(settings.claim_lease + settings.http_timeout + settings.uncertain_grace + 1)
        office.sweeper.sweep()
        office.worker().deliver(batch)
