"""Forgetting a person: who they were goes everywhere, what was sold stays in the sums under a name that leads to
nobody, and an address that said STOP stays suppressed.

The erasure is kept before its first step and until after its last, each step may be repeated, and whoever dies leaves
it to the next one. It is answered for only when no step is left.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

import msgspec

from common.clock import Clock
from common.errors import Conflict, NotFound
from common.ids import new_id
from customers.customer import Customer
from customers.identity import AGAIN_AFTER, LEFT_OVER, Ids, Traces, Work, Works
from customers.orders import ERASED


class Erasable(Protocol):
    """The customers' own records."""

    def get(self, ids: Sequence[str]) -> dict[str, Customer]:
        """Those of these customers that exist, by id."""
        ...

    def erase(self, id: str) -> bool:
        """Take a customer's record away; False when there was none."""
        ...


class Eraser:
    """Erases customers."""

    def __init__(
        self,
        works: Works,
        traces: Traces,
        ids: Ids,
        records: Erasable,
        before: Sequence[Callable[[], object]],
        clock: Clock,
    ) -> None:
        """`before` is done first: what waits to be worked off would name them again (webhooks, pending events)."""
        self._works = works
        self._traces = traces
        self._ids = ids
        self._records = records
        self._before = before
        self._clock = clock

    def erase(self, customer: str) -> None:
        """Erase a customer, under any id they ever had; returns when nothing is left of them.

        Raises NotFound where there is none, Conflict while they are being merged, and Unavailable while a message to
        them is being handed over; what was begun is then finished in the background, or by asking again.
        """
        customer = self._ids.resolve([customer]).get(customer, customer)
        work = self._works.of(customer) or self._begun(customer)
        if work.kind != "erasure":
            raise Conflict(f"{customer!r} is being merged right now.", "in_progress")
        self.walk(work)

    def walk(self, work: Work) -> None:
        """Go all the way of an erasure, from its start: what is done already is passed over."""
        for _ in self.steps(work):
            pass

    def steps(self, work: Work) -> Iterator[str]:
        """The way of an erasure; names each step when it is done.

        Their record goes first, so that nothing new is begun for them. When the way is gone once more, somebody may
        have brought them in anew; then what there is belongs to that customer, and so with an id that they had before.
        """
        if work.again:
            anew = self._records.get(work.people)
            if work.customer in anew:
                self._works.over(work)
                return
            work = msgspec.structs.replace(work, former=[one for one in work.former if one not in anew])
        self._records.erase(work.customer)
        yield "record"
        for step in self._before:
            step()
            yield "before"
        yield from self._traces.forget(work)
        if work.again:
            self._works.over(work)
        else:
            self._works.walked(work, self._clock.now() + AGAIN_AFTER)

    def _begun(self, customer: str) -> Work:
        known = self._records.get([customer]).get(customer)
        if known is None:
            raise NotFound("customer", customer)
        now = self._clock.now()
        nobody = ERASED + new_id()
        work = Work(
            id=new_id(),
            kind="erasure",
            customer=customer,
            nobody=nobody,
            addresses=dict(known.addresses),
            former=known.merged_from,
            at=now,
        )
        if not self._works.begin(work, now + LEFT_OVER):
            raise Conflict(f"{customer!r} is being merged or erased right now.", "in_progress")
        return work
