"""Which products the same people buy, counted for all of the catalogue, so that products can be recommended.

For each product: how many customers bought it, how many of them bought it more than once, and which other products most
of its buyers have, too. A worker counts inside the database, a batch of products at a time, and notes how far it came;
whoever comes after one that died goes on from the note, and to count a batch twice is to count it once.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

import msgspec

from common.chores import Turns
from common.clock import Clock
from common.doorbell import Doorbell
from common.ids import new_id
from customers.catalogue import Product

JOB = "count_companions"
# A job works this long and then rings for the next, so that no job is cut off by its time-out; all in seconds.
TURN = 240.0
LEASE = 120.0
# Counted anew after a day, or when there are a tenth more orders than when it was counted last.
AGED = timedelta(hours=24)
GROWN, LEAST_NEWS = 1.1, 20
# A count of which nothing was heard for so long has died.
LEFT_OVER = timedelta(minutes=5)
BATCH = 200
# Kept of a product's companions, and of a category's best sellers.
KEPT = 20
# Two customers with the same two products are a beginning; one is a coincidence.
LEAST_TOGETHER = 2


class Beside(msgspec.Struct, frozen=True, kw_only=True):
    """Another product, and how close it is: customers who have both, by the geometric mean of who has either."""

    product: str
    closeness: float


class Companions(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename={"id": "_id"}):
    """What is counted of a product: `buyers`, those who came back for it (`again`), and what else they have."""

    id: str
    buyers: int = 0
    again: int = 0
    beside: list[Beside] = []

    @property
    def again_share(self) -> float:
        """The share of its buyers who bought it again."""
        return self.again / self.buyers if self.buyers else 0.0


class Tally(Protocol):
    """The counting, inside the database."""

    def buyers(self) -> dict[str, int]:
        """How many customers bought each product."""
        ...

    def together(self, products: Sequence[str], at: datetime) -> tuple[dict[str, int], Iterator[tuple[str, str, int]]]:
        """Of these products: how many bought each more than once; and (product, other, customers who have both)."""
        ...

    def keep(self, counted: Sequence[Companions]) -> None:
        """Keep a batch's, in place of what was there."""
        ...

    def rank(self, buyers: Mapping[str, int], at: datetime, kept: int) -> int:
        """Find the best sellers of each category and of all, and keep them; how many categories."""
        ...

    def orders(self) -> int:
        """About how many orders there are."""
        ...


class Notes(Protocol):
    """Where it is noted how far a count came."""

    def read(self, id: str) -> dict[str, Any]:
        """What is kept under a name, empty where nothing is."""
        ...

    def write(self, id: str, **fields: Any) -> None:
        """Set some fields; the others stay."""
        ...


class Catalogue(Protocol):
    """The products, page by page."""

    def page(self, after: str, limit: int) -> list[Product]:
        """A page in the order of ids."""
        ...


class Count(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How far a count is: `after` is the last product counted, `orders` how many there were when it began."""

    started_at: datetime | None = None
    touched_at: datetime | None = None
    finished_at: datetime | None = None
    after: str = ""
    orders: int = 0


class Counting:
    """Keeps the counts fresh."""

    def __init__(
        self, tally: Tally, catalogue: Catalogue, notes: Notes, turns: Turns, doorbell: Doorbell, clock: Clock
    ) -> None:
        self._tally = tally
        self._catalogue = catalogue
        self._notes = notes
        self._turns = turns
        self._doorbell = doorbell
        self._clock = clock

    def ring_if_due(self) -> bool:
        """Ring where a count is due or was left by a process that died; whether it rang."""
        return self._due(self._count()) and self._doorbell.ring(JOB)

    def count(self, seconds: float = TURN) -> bool:
        """Count, from where an earlier try got to; False where it has to be gone on with, or somebody else is at it."""
        owner = new_id()
        if not self._turns.hold(JOB, owner, LEASE):
            return False
        try:
            done = self._work(owner, seconds)
        finally:
            self._turns.release(JOB, owner)
        if not done:
            self._doorbell.ring(JOB)
        return done

    def _count(self) -> Count:
        return msgspec.convert(self._notes.read("companions"), Count)

    def _due(self, count: Count) -> bool:
        now = self._clock.now()
        if count.started_at is None:
            return self._tally.orders() > 0
        if count.finished_at is None:
            return count.touched_at is None or count.touched_at <= now - LEFT_OVER
        grown = self._tally.orders() >= max(count.orders * GROWN, count.orders + LEAST_NEWS)
        return grown or count.started_at <= now - AGED

    def _work(self, owner: str, seconds: float) -> bool:
        count, began = self._count(), time.monotonic()
        if count.started_at is None or count.finished_at is not None:
            now = self._clock.now()
            count = Count(started_at=now, touched_at=now, orders=self._tally.orders())
            self._notes.write("companions", **{name: getattr(count, name) for name in Count.__struct_fields__})
        buyers, after = self._tally.buyers(), count.after
        while products := [product.id for product in self._catalogue.page(after, BATCH)]:
            self._tally.keep(self._counted(products, buyers))
            after = products[-1]
            self._notes.write("companions", after=after, touched_at=self._clock.now())
            if time.monotonic() - began > seconds or not self._turns.hold(JOB, owner, LEASE):
                return False
        self._tally.rank(buyers, self._clock.now(), KEPT)
        self._notes.write("companions", finished_at=self._clock.now())
        return True

    def _counted(self, products: Sequence[str], buyers: Mapping[str, int]) -> list[Companions]:
        again, pairs = self._tally.together(products, self._clock.now())
        beside: dict[str, list[Beside]] = {product: [] for product in products}
        for product, other, both in pairs:
            if both >= LEAST_TOGETHER and product != other:
                # The cosine between who bought either: what everybody has is close to nothing.
                closeness = both / (max(buyers.get(product, both), both) * max(buyers.get(other, both), both)) ** 0.5
                beside[product].append(Beside(product=other, closeness=round(closeness, 4)))
        return [
            Companions(
                id=product,
                buyers=buyers.get(product, 0),
                again=again.get(product, 0),
                beside=sorted(beside[product], key=lambda one: (-one.closeness, one.product))[:KEPT],
            )
            for product in products
        ]
