"""A customer's points: the account, the lots in it, and the entries of the ledger that tell how it came about."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Protocol

import msgspec

from common.events import Event

# No single grant goes beyond this: sums over all accounts still fit what a database, and JavaScript, count in.
MOST = 10**9


class EntryKind(StrEnum):
    """What an entry of the ledger tells."""

    EARNED = "earned"  # by an order or an event; pending until the return window is over
    MATURED = "matured"  # pending -> active
    SPENT = "spent"
    EXPIRED = "expired"
    REVERSED = "reversed"  # what earned them was cancelled, returned or refunded
    ADJUSTED = "adjusted"  # by hand, either way
    MOVED_OUT = "moved_out"  # the customer was merged into another
    MOVED_IN = "moved_in"
    FORFEITED = "forfeited"  # the customer was erased


class Lot(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Points of one cause: spendable once `matured`, lost at `expires_at` (None: never)."""

    id: str
    points: int
    active_at: datetime
    expires_at: datetime | None = None
    matured: bool = False


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """How much a lot gained (or lost, below zero) by an entry."""

    lot: str
    points: int


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """What counts for a tier on one of the shop's days: points earned, and money spent in minor units."""

    day: date
    points: int = 0
    money: int = 0


class Tiers(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where a customer stands: the tier held, since when, until when it is held by grace, and when this was judged."""

    tier: str = ""
    since: date | None = None
    grace_until: date | None = None
    judged: date | None = None


class Moved(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What goes over to the other account when customers are merged."""

    to: str
    lots: list[Lot] = []
    owed: int = 0
    days: list[Day] = []
    tiers: Tiers = Tiers()


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename={"id": "_id"}):
    """A line of the ledger, written once; `number` counts the entries of a `book`, which is an account.

    `customer` is whose it was, under the id they have now: the rest never changes, until somebody is forgotten.

    `points` and `pending` are what the balance and the pending points changed by, `owed` what the debt did.
    `made` are lots that came into being, `parts` what lots gained and lost: a replay of a book's entries in
    their order gives the account. `lot` is whose points they are, where it is one cause's. `counted`, `money` and
    `day` go to the tiers. `shares` are an order's points line by line as first reckoned, and `basis` what of the order
    they were reckoned from. `origin` is whose account `moved` came from.
    """

    id: str
    customer: str
    book: str
    number: int
    at: datetime
    kind: EntryKind
    points: int = 0
    pending: int = 0
    owed: int = 0
    made: list[Lot] = []
    parts: list[Part] = []
    lot: str | None = None
    order: str = ""
    event: str = ""
    offer: str = ""
    reason: str = ""
    by: str = ""
    counted: int = 0
    money: int = 0
    day: date | None = None
    shares: list[int] = []
    basis: str = ""
    rules: int = 0
    moved: Moved | None = None
    origin: str = ""


class Account(msgspec.Struct, frozen=True, kw_only=True, rename={"id": "_id"}):
    """All there is to know of a customer's points, in one document, so that one update of it is exact.

    `balance` is what can be spent, below zero by what is `owed`; no matured lot is left while anything is owed.
    `waiting` are the pending points, under a name that storage does not use itself.
    `outbox` are entries that are not yet in the ledger for certain, and `outbox_at` says since when something that
    follows is not yet done for certain; `told_until` is up to which expiry the customer
    was warned; `due_at` is when time changes something next; `rules` is the version of the programme that it was
    last looked at by; `moved_to` is who has the points since the customer was merged.
    """

    id: str
    balance: int = 0
    waiting: int = 0
    owed: int = 0
    lots: list[Lot] = []
    days: list[Day] = []
    tiers: Tiers = Tiers()
    number: int = 0
    told_until: datetime | None = None
    due_at: datetime | None = None
    rules: int = 0
    moved_to: str = ""
    version: int = 0
    outbox: list[Entry] = []
    outbox_at: datetime | None = None


class Expiring(msgspec.Struct, frozen=True, kw_only=True):
    """So many points are lost at this instant."""

    at: datetime
    points: int


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """An account as it was read, as it is to be, and what others are to be told of it."""

    was: Account
    account: Account
    events: list[Event] = []

    @property
    def entries(self) -> list[Entry]:
        """The entries it adds."""
        return self.account.outbox[len(self.was.outbox) :]


class Accounts(Protocol):
    """The accounts as they are kept."""

    def get(self, customers: Sequence[str]) -> dict[str, Account]:
        """Those of these accounts that there are."""
        ...

    def write(self, changes: Sequence[Change]) -> bool:
        """Write each whose account is still as it was read; False where that may not hold for all of them."""
        ...

    def posted(self, accounts: Sequence[Account]) -> None:
        """What follows from these accounts is done: empty their outboxes, unless they were changed since."""
        ...

    def due(self, now: datetime, rules: int, limit: int) -> list[str]:
        """Customers for whose account it is time, or who were last looked at by older rules."""
        ...

    def left_over(self, before: datetime, limit: int) -> list[str]:
        """Customers of whose account something that follows is not done since before this."""
        ...


class Ledger(Protocol):
    """The ledger: entries are added, and never changed."""

    def add(self, entries: Sequence[Entry]) -> None:
        """Keep entries; those that are there already stay as they are."""
        ...

    def get(self, ids: Sequence[str]) -> list[Entry]:
        """Those of these entries that there are."""
        ...

    def of_lots(self, lots: Sequence[str]) -> list[Entry]:
        """The entries about these lots alone, whoever's they are."""
        ...

    def page(self, book: str, before: int | None, limit: int) -> list[Entry]:
        """A book's entries, the newest first, those before a number."""
        ...


class Facets(Protocol):
    """Where points are shown to segments and messages."""

    def show(self, facets: Mapping[str, Mapping[str, Any]]) -> None:
        """Set each customer's facet `loyalty`, unless a later version of it is there."""
        ...


def expiring(lots: Iterable[Lot]) -> list[Expiring]:
    """What is lost when, of matured lots, the first first."""
    sums: dict[datetime, int] = {}
    for lot in lots:
        if lot.matured and lot.expires_at is not None:
            sums[lot.expires_at] = sums.get(lot.expires_at, 0) + lot.points
    return [Expiring(at=at, points=points) for at, points in sorted(sums.items())]
