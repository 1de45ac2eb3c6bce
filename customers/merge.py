"""Two ids that are one person: what was the one's becomes the other's, and the old id leads there for ever.

There are no transactions: the merge is kept before its first step and until after its last, each step may be repeated,
and whoever dies leaves it to the next one.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

import msgspec

from common.clock import Clock
from common.errors import Conflict, Invalid, NotFound, Unavailable
from common.ids import new_id
from customers import engagement
from customers.consent import IMPORTED, Consent, Word
from customers.customer import Customer, facts_of, following, joined
from customers.identity import AGAIN_AFTER, LEFT_OVER, Ids, Traces, Work, Works

# How often a record is united again when others change it meanwhile.
TRIES = 12
MAX_LEARNED = 20
_STRICTNESS: dict[Word, int] = {"granted": 0, "pending": 1, "denied": 2}


class Joined(Protocol):
    """The two records."""

    def get(self, ids: Sequence[str]) -> dict[str, Customer]:
        """Those of these customers that exist, by id."""
        ...

    def take_in(self, into: Customer, other: str, fields: Mapping[str, Any], at: datetime) -> bool:
        """Set these fields of a record that is still as it was read, and say on its timeline whom it took in."""
        ...

    def remove(self, customer: Customer) -> bool:
        """Take a record away that is still as it was read."""
        ...

    def roll_up(self, ids: Sequence[str]) -> None:
        """Work out these customers' profiles from their orders."""
        ...


class Merger:
    """Merges customers."""

    def __init__(
        self,
        works: Works,
        traces: Traces,
        ids: Ids,
        records: Joined,
        transfers: Sequence[Callable[[str, str], object]],
        clock: Clock,
    ) -> None:
        """`transfers` move what takes more than a rename, from the old id to the survivor's; twice is once."""
        self._works = works
        self._traces = traces
        self._ids = ids
        self._records = records
        self._transfers = transfers
        self._clock = clock

    def merge(self, into: str, other: str) -> str:
        """Merge `other` into `into`; the id that both lead to. Again, it is the same.

        Raises NotFound and Invalid for a customer that there is not, Invalid for one and the same, and Conflict where
        one of them was merged elsewhere ("merged", "cycle"), or is being merged or erased ("in_progress").
        """
        for _ in self.begun(into, other):
            pass
        return self._ids.resolve([other])[other]

    def begun(self, into: str, other: str) -> Iterator[str]:
        """The way of a merge that is kept from now on; its steps' names, none where they are one already."""
        if into == other:
            raise Invalid.field("other", "Is this very customer.")
        at = self._clock.now()
        work = self._works.of(other)
        if work is not None and (work.kind, work.customer, work.other) == ("merge", into, other):
            return self.steps(work)
        if self._are_one(into, other):
            return iter(())
        self._check(into, other)
        work = Work(id=new_id(), kind="merge", customer=into, other=other, at=at)
        if not self._works.begin(work, at + LEFT_OVER):
            raise Conflict("One of them is being merged or erased right now.", "in_progress")
        if self._records.get([into, other]).keys() != {into, other}:  # somebody was faster
            self._works.over(work)
            return self.begun(into, other)
        return self.steps(work)

    def walk(self, work: Work) -> None:
        """Go all the way of a merge, from its start: what is done already is passed over."""
        for _ in self.steps(work):
            pass

    def steps(self, work: Work) -> Iterator[str]:
        """The way of a merge; names each step when it is done.

        Where it is gone once more and the old id leads to nobody, the survivor was erased meanwhile: nothing is moved.
        """
        if work.again and work.other not in self._ids.resolve([work.other]):
            self._works.over(work)
            return
        self._ids.add(work.other, work.customer, work.at)
        yield "alias"
        self._unite(work)
        yield "facts"
        for transfer in self._transfers:
            transfer(work.other, work.customer)
            yield "transfer"
        # After the transfers, which tell under the old id what they did.
        yield from self._traces.move(work.other, work.customer)
        self._records.roll_up([work.customer])
        yield "profile"
        self._unite(work, last=True)
        yield "record"
        if work.again:
            self._works.over(work)
        else:
            self._works.walked(work, self._clock.now() + AGAIN_AFTER)

    def _are_one(self, into: str, other: str) -> bool:
        """Whether they were merged already; raises Conflict where one of them was merged elsewhere."""
        known = self._ids.resolve([into, other])
        if into in known and known[into] == known.get(other, other):
            if other not in known:
                raise Conflict(f"{into!r} was merged into {other!r}: they are one already.", "cycle")
            return True
        for one in (into, other):
            if one in known and known[one] != into:
                raise Conflict(f"{one!r} was merged into {known[one]!r}. Merge with that one.", "merged")
        return other in known

    def _check(self, into: str, other: str) -> None:
        known = self._records.get([into, other])
        if into not in known:
            raise NotFound("customer", into)
        if other not in known:
            raise Invalid.field("other", f"There is no customer {other!r}.")

    def _unite(self, work: Work, last: bool = False) -> None:
        """Bring what was told of the other to the survivor's record; at last the other's record goes."""
        for _ in range(TRIES):
            known = self._records.get([work.customer, work.other])
            into, other = known.get(work.customer), known.get(work.other)
            if into is None or other is None:
                return
            fields = united(into, other)
            if not self._records.take_in(into, other.id, fields, work.at):
                continue
            if not last or self._records.remove(other):
                return
        raise Unavailable("Others are changing the same customers. Try again shortly.", retry_after=1)


def united(into: Customer, other: Customer) -> dict[str, Any]:
    """What of a record changes when it takes another in, flat (`addresses.email`); nothing the second time.

    Facts: the survivor's stand, gaps are filled from the other; addresses and tags are those of both. Consents, by
    channel and purpose: see `holding`. What they did (`engagement`) is added up, once. None takes a field away.
    """
    fields: dict[str, Any] = following(into, _facts(facts_of(into), facts_of(other)))
    for channel, purposes in other.consents.items():
        for purpose, word in purposes.items():
            standing = into.consents.get(channel, {}).get(purpose)
            fields[f"consents.{channel}.{purpose}"] = word if standing is None else holding(standing, word)
    fields["created_at"] = min((one.created_at for one in (into, other) if one.created_at), default=None)
    fields["merged_from"] = list(dict.fromkeys([*into.merged_from, *other.merged_from, other.id]))
    if other.id not in into.merged_from:
        fields["engagement"] = _engagement(into.engagement, other.engagement)
    return {path: value for path, value in fields.items() if (value or None) != (_at(into, path) or None)}


def _facts(mine: Mapping[str, Any], theirs: Mapping[str, Any]) -> dict[str, Any]:
    return {path: joined(path, mine[path], value) if path in mine else value for path, value in theirs.items()}


def holding(one: Consent, other: Consent) -> Consent:
    """Which of two words holds when those who said them are one.

    A no against a yes: the later one; the no where both were said at once, or where the yes comes from a file, which
    nobody dated. A yes that was confirmed holds against one that waits to be.
    """
    if one.state == other.state:
        return max(one, other, key=lambda word: word.at)
    weaker, stronger = sorted((one, other), key=lambda word: _STRICTNESS[word.state])
    if stronger.state == "pending":
        return weaker
    return weaker if weaker.at > stronger.at and weaker.source != IMPORTED else stronger


def _engagement(mine: Mapping[str, Any], theirs: Mapping[str, Any]) -> dict[str, Any]:
    """What both did with messages, and on the site."""
    both: dict[str, Any] = together(mine, theirs)
    return {name: value for name, value in both.items() if name not in engagement.FIELDS} | engagement.united(
        mine, theirs
    )


def together(mine: Any, theirs: Any) -> Any:
    """What two did, as one: counts are added, of two times the later is kept, lists are joined."""
    if isinstance(mine, dict) and isinstance(theirs, dict):
        both = {name: together(value, theirs[name]) for name, value in mine.items() if name in theirs}
        return {**theirs, **mine, **both}
    if isinstance(mine, datetime) and isinstance(theirs, datetime):
        return max(mine, theirs)
    if isinstance(mine, list) and isinstance(theirs, list):
        return list({repr(item): item for item in [*mine, *theirs]}.values())[:MAX_LEARNED]
    if isinstance(mine, int | float) and isinstance(theirs, int | float) and not isinstance(mine, bool):
        return mine + theirs
    return mine


def _at(customer: Customer, path: str) -> Any:
    """What stands at a path of a record now."""
    value: Any = msgspec.structs.asdict(customer)
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value
