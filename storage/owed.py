"""Which customers' profiles a large import still owes: noted with each batch, until all of them follow in one go.

A customer's note goes by a hash of their id into one of some parts, so that a part is read, rolled up and done with by
itself: it takes little memory however many there are, and whoever dies on the way has lost the work on one part.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from zlib import crc32

from pymongo import WriteConcern

from common.clock import Clock
from common.ids import new_id
from customers.orders import Followed
from storage.mongo import Mongo
from storage.personal import Personal
from storage.profiles import LEFT_OVER, Profiles

PERSONAL = [Personal(collection="owed_profiles", customer="customers", many=True, erase="leave")]

PARTS = 8


class Owed:
    """Notes of customers whose profiles must follow, `{_id: job:part:name, at, customers, ready}`.

    A note is written before the orders it speaks of, and told to be `ready` when they are written.
    """

    def __init__(self, database: Mongo, profiles: Profiles, clock: Clock) -> None:
        # As with `unrolled`: what is journaled later cannot be there without the note.
        self._notes = database.get_collection("owed_profiles", write_concern=WriteConcern(w=1))
        self._jobs = database["jobs"]
        self._profiles = profiles
        self._clock = clock

    def announce(self, job: str, customers: Iterable[str]) -> list[str]:
        """Note that orders of these customers are about to change; the notes' ids."""
        parts: dict[int, list[str]] = defaultdict(list)
        for customer in customers:
            parts[crc32(customer.encode()) % PARTS].append(customer)
        name, now = new_id(), self._clock.now()
        notes = {f"{_prefix(job, part)}{name}": people for part, people in parts.items()}
        self._notes.insert_many([{"_id": note, "at": now, "customers": people} for note, people in notes.items()])
        return list(notes)

    def ready(self, notes: Sequence[str]) -> bool:
        """The orders are written; False where some of the notes are gone, for which nobody will look again."""
        told = self._notes.update_many({"_id": {"$in": list(notes)}}, {"$set": {"ready": True}})
        return told.matched_count == len(notes)

    def follow(self, job: str) -> Iterator[Followed]:
        """Bring the profiles up to date that a job owes; tells how far it is after each thousand and each part."""
        done = 0
        for part in range(PARTS):
            for count in self._follow(job, part):
                done += count
                yield Followed(customers=done, parts=part, of=PARTS)
            yield Followed(customers=done, parts=part + 1, of=PARTS)

    def settle_given_up(self) -> int:
        """Bring some of the profiles up to date that jobs owe which are over: of a part each; how many those were.

        What a job owes that goes on is its own affair: whoever takes it up begins it again within seconds.
        """
        return sum(self._settle_some(job) for job in self._given_up())

    def _settle_some(self, job: str) -> int:
        return next((sum(counts) for part in range(PARTS) if (counts := list(self._follow(job, part)))), 0)

    def _follow(self, job: str, part: int) -> Iterator[int]:
        prefix = _prefix(job, part)
        found = list(self._notes.find({"_id": {"$gte": prefix, "$lt": f"{prefix[:-1]};"}}))  # ";" comes right after ":"
        people = sorted({one for note in found for one in note["customers"]})
        if found:
            yield from self._profiles.following(people, self._clock.now())
            # A note whose orders may yet be written stays, and is looked at again when its writer must be dead.
            over = {"$or": [{"ready": True}, {"at": {"$lte": self._clock.now() - LEFT_OVER}}]}
            self._notes.delete_many({"_id": {"$in": [note["_id"] for note in found]}, **over})

    def _given_up(self) -> list[str]:
        owing = {note["_id"].partition(":")[0] for note in self._notes.find({}, {"_id": 1})}
        if not owing:
            return []
        going_on = self._jobs.find({"_id": {"$in": sorted(owing)}, "open": True}, {"_id": 1})
        return sorted(owing - {job["_id"] for job in going_on})


def _prefix(job: str, part: int) -> str:
    return f"{job}:{part:02}:"
