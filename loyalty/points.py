"""What can happen to points, as functions over one account: earned, matured, spent, expired, reversed, moved.

Everything goes through a `Book`: the account at one instant, with what time alone has brought about entered first.
So it makes no difference how late anybody looks after an account. Nothing here knows of a database or a clock.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

import msgspec

from common.errors import Conflict
from common.ids import derive
from loyalty.points_account import Account, Day, Entry, EntryKind, Lot, Moved, Part

# Matured points that never expire cannot be told from each other, and are kept as one lot, so that an account stays
# small however long somebody buys.
FOR_EVER = "for ever"
_NEVER = datetime.max.replace(tzinfo=UTC)


class TooFew(Conflict):
    """There are not that many points to be spent."""

    def __init__(self, wanted: int, there: int) -> None:
        super().__init__(f"{wanted} points are wanted, and {there} can be spent.", "not_enough_points")


class Book:
    """An account, opened at an instant to enter something. What time brought about until then is entered at once."""

    def __init__(self, account: Account, now: datetime, rules: int = 0) -> None:
        self.was = account
        self.now = now
        self.rules = rules
        self.lots = {lot.id: lot for lot in account.lots}
        self.days = {day.day: day for day in account.days}
        self.owed = account.owed
        self.number = account.number
        self.moved_to = account.moved_to
        self.entries: list[Entry] = []
        self._made: dict[str, Lot] = {}
        self._parts: dict[str, int] = {}
        _let_time_pass(self)

    @property
    def balance(self) -> int:
        """What can be spent, or below zero what is owed."""
        return sum(lot.points for lot in self.lots.values() if lot.matured) - self.owed

    @property
    def pending(self) -> int:
        """What waits for the end of a return window."""
        return sum(lot.points for lot in self.lots.values() if not lot.matured)

    @property
    def account(self) -> Account:
        """The account with all that was entered."""
        return msgspec.structs.replace(
            self.was,
            balance=self.balance,
            waiting=self.pending,
            owed=self.owed,
            lots=[self.lots[lot] for lot in sorted(self.lots)],
            days=[self.days[day] for day in sorted(self.days)],
            number=self.number,
            moved_to=self.moved_to,
            outbox=[*self.was.outbox, *self.entries],
        )

    @contextmanager
    def entry(self, id: str, kind: EntryKind, at: datetime, **about: Any) -> Iterator[None]:
        """Enter what is done to the lots within the block."""
        self._made, self._parts = {}, {}
        balance, pending, owed = self.balance, self.pending, self.owed
        yield
        self.lots = {lot: known for lot, known in self.lots.items() if known.points}
        self.number += 1
        parts = [Part(lot=lot, points=points) for lot, points in self._parts.items() if points]
        self.entries.append(
            Entry(
                id=id,
                customer=self.was.id,
                book=self.was.id,
                number=self.number,
                at=at,
                kind=kind,
                points=self.balance - balance,
                pending=self.pending - pending,
                owed=self.owed - owed,
                made=list(self._made.values()),
                parts=parts,
                rules=self.rules,
                **about,
            )
        )

    def put(self, lot: Lot) -> None:
        """Add a lot's points: to the lot of its name, if it is there; debts are paid first."""
        if lot.matured:
            paid = min(self.owed, lot.points)
            self.owed -= paid
            lot = msgspec.structs.replace(lot, points=lot.points - paid)
            if lot.expires_at is None:
                lot = msgspec.structs.replace(lot, id=FOR_EVER)
        known = self.lots.get(lot.id)
        if known is not None:
            self.lots[lot.id] = msgspec.structs.replace(known, points=known.points + lot.points)
            self._parts[lot.id] = self._parts.get(lot.id, 0) + lot.points
        elif lot.points:
            self.lots[lot.id] = self._made[lot.id] = lot

    def take(self, lot: str, most: int) -> int:
        """Take up to so many points out of a lot; how many there were."""
        known = self.lots.get(lot)
        taken = min(most, known.points) if known else 0
        if known and taken:
            self._parts[lot] = self._parts.get(lot, 0) - taken
            self.lots[lot] = msgspec.structs.replace(known, points=known.points - taken)
        return taken

    def take_earliest(self, most: int) -> int:
        """Take up to so many matured points, those that are lost first before all others; how many there were."""
        left = most
        for lot in spending_order(self.lots.values()):
            left -= self.take(lot.id, left)
            if not left:
                break
        return most - left

    def count(self, day: date, points: int, money: int) -> None:
        """Let something count for the tiers on a day."""
        known = self.days.get(day, Day(day=day))
        changed = Day(day=day, points=known.points + points, money=known.money + money)
        self.days[day] = changed
        if not changed.points and not changed.money:
            del self.days[day]


def spending_order(lots: Any) -> list[Lot]:
    """Matured lots, those that are lost first before all others."""
    return sorted(
        (lot for lot in lots if lot.matured), key=lambda lot: (lot.expires_at or _NEVER, lot.active_at, lot.id)
    )


def earn(book: Book, id: str, lot: Lot, counted: int, money: int, day: date, **about: Any) -> None:
    """Enter points that were earned; they wait where they are not to be spent yet. `counted` goes to the tiers."""
    early = msgspec.structs.replace(lot, matured=lot.active_at <= book.now)
    with book.entry(id, EntryKind.EARNED, book.now, lot=lot.id, counted=counted, money=money, day=day, **about):
        book.put(early)
        book.count(day, counted, money)
    _let_time_pass(book)


def reverse(book: Book, id: str, lot: str, points: int, counted: int, money: int, day: date, **about: Any) -> None:
    """Take back what a cause gave: from its own lot, then from what is lost first, and what is spent is owed."""
    with book.entry(id, EntryKind.REVERSED, book.now, lot=lot, counted=-counted, money=-money, day=day, **about):
        left = points - book.take(lot, points)
        left -= book.take_earliest(left)
        book.owed += left
        book.count(day, -counted, -money)


def spend(book: Book, id: str, points: int, **about: Any) -> None:
    """Enter that points were spent, those that are lost first before all others; raises TooFew."""
    if book.balance < points:
        raise TooFew(points, max(0, book.balance))
    with book.entry(id, EntryKind.SPENT, book.now, **about):
        book.take_earliest(points)


def adjust(book: Book, id: str, points: int, expires_at: datetime | None, **about: Any) -> None:
    """Enter points given by hand, or taken (below zero); raises TooFew. They count for no tier."""
    if points < 0 and book.balance < -points:
        raise TooFew(-points, max(0, book.balance))
    lot = None if points < 0 else id
    with book.entry(id, EntryKind.ADJUSTED, book.now, lot=lot, **about):
        if points < 0:
            book.take_earliest(-points)
        else:
            book.put(Lot(id=id, points=points, active_at=book.now, expires_at=expires_at, matured=True))
    _let_time_pass(book)


def move_out(book: Book, to: str) -> None:
    """Enter that all there is goes to another account, which closes this one."""
    moved = Moved(
        to=to,
        lots=[book.lots[lot] for lot in sorted(book.lots)],
        owed=book.owed,
        days=[book.days[day] for day in sorted(book.days)],
        tiers=book.was.tiers,
    )
    id_ = derive("points moved", book.was.id, to, book.number)
    with book.entry(id_, EntryKind.MOVED_OUT, book.now, moved=moved):
        _empty(book)
    book.moved_to = to


def move_in(book: Book, out: Entry) -> None:
    """Enter what another account gave up."""
    moved = out.moved or Moved(to="")
    with book.entry(moved_in_id(out), EntryKind.MOVED_IN, book.now, moved=moved, origin=out.book):
        # A debt that came along is paid by what can be spent, whichever side either came from.
        book.owed += moved.owed
        if book.owed:
            book.owed -= book.take_earliest(book.owed)
        for lot in moved.lots:
            book.put(_apart(book, lot, out.book))
        for day in moved.days:
            book.count(day.day, day.points, day.money)
    _let_time_pass(book)


def moved_in_id(out: Entry) -> str:
    """The id of the entry that answers one of moving out."""
    return derive("points moved in", out.id)


def forfeit(book: Book) -> None:
    """Enter that nobody has these points any more."""
    with book.entry(derive("points forfeited", book.was.id, book.number), EntryKind.FORFEITED, book.now):
        _empty(book)


def _empty(book: Book) -> None:
    for lot in list(book.lots.values()):
        book.take(lot.id, lot.points)
    book.owed = 0
    book.days = {}


def _apart(book: Book, lot: Lot, customer: str) -> Lot:
    """The lot under a name that no other lot has which is lost at another time."""
    known = book.lots.get(lot.id)
    alike = known is None or (known.expires_at, known.matured) == (lot.expires_at, lot.matured)
    return lot if alike else msgspec.structs.replace(lot, id=derive("lot", lot.id, customer))


def _let_time_pass(book: Book) -> None:
    """Enter what has matured and what was lost until now, in the order of time."""
    while due := _due(book.lots.values(), book.now):
        at, lot = due[0]
        if lot.matured:
            id_ = derive("points expired", book.was.id, lot.id, book.number)
            with book.entry(id_, EntryKind.EXPIRED, at, lot=lot.id):
                book.take(lot.id, lot.points)
        else:
            id_ = derive("points matured", book.was.id, lot.id, book.number)
            with book.entry(id_, EntryKind.MATURED, at, lot=lot.id):
                _mature(book, lot)


def _mature(book: Book, lot: Lot) -> None:
    """A lot can be spent from now on, but for what of it was owed."""
    if lot.expires_at is None:
        book.take(lot.id, lot.points)
        book.put(msgspec.structs.replace(lot, matured=True))
        return
    book.lots[lot.id] = msgspec.structs.replace(lot, matured=True)
    book.owed -= book.take(lot.id, book.owed)


def _due(lots: Any, now: datetime) -> Sequence[tuple[datetime, Lot]]:
    """The lots to which something happened by now, with when it did, the first first."""
    happened = [(lot.expires_at if lot.matured else lot.active_at, lot) for lot in lots]
    return sorted(
        ((at, lot) for at, lot in happened if at is not None and at <= now),
        key=lambda one: (one[0], one[1].matured, one[1].id),
    )
