"""T21: whatever happens to an account, in whatever order, it is what a plain reckoning of its points says."""

import os
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from loyalty.points import Book, TooFew, adjust, earn, forfeit, move_in, move_out, reverse, spend
from loyalty.points_account import Account, Entry, EntryKind, Lot
from loyalty.points_replay import mistakes, replay

START = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
NEVER = datetime.max.replace(tzinfo=UTC)
AMOUNTS = st.integers(1, 60)
# Days until points can be spent, and from then until they are lost; often the same for many, so that lots tie.
WAITS = st.sampled_from([0, 0, 3, 30])
LASTS = st.sampled_from([None, 1, 10, 10, 45])


class Pile:
    """So many points of one cause, as a child would keep them: on a pile of their own."""

    def __init__(self, cause: str, points: int, active_at: datetime, expires_at: datetime | None) -> None:
        self.cause, self.points, self.active_at, self.expires_at = cause, points, active_at, expires_at


class Purse:
    """The plain reckoning. It shares nothing with the account but the rules of docs/points.md."""

    def __init__(self) -> None:
        self.piles: list[Pile] = []
        self.owed = 0

    def at(self, now: datetime) -> None:
        """Throw away what is lost, and pay what is owed with what has become active, the first first."""
        turns = sorted({pile.active_at for pile in self.piles} | {p.expires_at for p in self.piles if p.expires_at})
        for turn in [one for one in turns if one <= now]:
            for pile in sorted(self.piles, key=lambda one: one.cause):
                if pile.active_at <= turn and (pile.expires_at is None or turn < pile.expires_at):
                    self._pay(pile)
            self.piles = [pile for pile in self.piles if pile.expires_at is None or turn < pile.expires_at]

    def _pay(self, pile: Pile) -> None:
        paid = min(self.owed, pile.points)
        pile.points -= paid
        self.owed -= paid

    def active(self, now: datetime) -> list[Pile]:
        """What can be spent, what is lost first before all others."""
        found = [pile for pile in self.piles if pile.points and pile.active_at <= now]
        return sorted(found, key=lambda pile: pile.expires_at or NEVER)

    def balance(self, now: datetime) -> int:
        return sum(pile.points for pile in self.active(now)) - self.owed

    def pending(self, now: datetime) -> int:
        return sum(pile.points for pile in self.piles if pile.active_at > now)

    def take(self, points: int, now: datetime) -> int:
        """Take so many, one pile after the other; how many were missing."""
        for pile in self.active(now):
            taken = min(pile.points, points)
            pile.points -= taken
            points -= taken
        return points


class Life(RuleBasedStateMachine):
    """One account, its ledger, and a purse beside it."""

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.account = Account(id="ana")
        self.ledger: list[Entry] = []
        self.purse = Purse()
        self.given: dict[str, int] = {}
        self.number = 0

    def _enter(self, book: Book) -> None:
        self.ledger += book.entries
        self.account = msgspec.structs.replace(book.account, outbox=[])

    def _open(self) -> Book:
        self.purse.at(self.now)
        return Book(self.account, self.now)

    def _id(self, what: str) -> str:
        self.number += 1
        return f"{what}-{self.number:04}"

    @rule(points=AMOUNTS, wait=WAITS, lasts=LASTS, again=st.booleans())
    def an_order_earns(self, points: int, wait: int, lasts: int | None, again: bool) -> None:
        book, cause = self._open(), self._id("order")
        active_at = self.now + timedelta(days=wait)
        expires_at = active_at + timedelta(days=lasts) if lasts else None
        lot = Lot(id=cause, points=points, active_at=active_at, expires_at=expires_at)
        earn(book, self._id("earn"), lot, points, points * 100, date(2026, 3, 2))
        self._enter(book)
        self.purse.piles.append(Pile(cause, points, active_at, expires_at))
        self.purse.at(self.now)
        self.given[cause] = points

    @precondition(lambda self: self.given)
    @rule(data=st.data())
    def an_order_is_refunded_in_part(self, data: Any) -> None:
        cause = data.draw(st.sampled_from(sorted(self.given)))
        points = data.draw(st.integers(1, self.given[cause]))
        book = self._open()
        reverse(book, self._id("back"), cause, points, points, points * 100, date(2026, 3, 2))
        self._enter(book)
        self.given[cause] -= points
        self.given = {name: left for name, left in self.given.items() if left}
        for pile in self.purse.piles:
            # Active points that are never lost cannot be told apart: they go with the rest, by what is lost first.
            if pile.cause == cause and not (pile.expires_at is None and pile.active_at <= self.now):
                taken = min(pile.points, points)
                pile.points -= taken
                points -= taken
        self.purse.owed += self.purse.take(points, self.now)

    @rule(points=AMOUNTS)
    def some_are_spent(self, points: int) -> None:
        book = self._open()
        there = self.purse.balance(self.now)
        try:
            spend(book, self._id("spend"), points)
        except TooFew:
            assert there < points
            return
        assert there >= points
        self._enter(book)
        assert self.purse.take(points, self.now) == 0

    @rule(points=st.integers(-40, 40).filter(bool), lasts=LASTS)
    def somebody_gives_or_takes_by_hand(self, points: int, lasts: int | None) -> None:
        book, there = self._open(), self.purse.balance(self.now)
        expires_at = self.now + timedelta(days=lasts) if lasts else None
        cause = self._id("hand")
        try:
            adjust(book, cause, points, expires_at)
        except TooFew:
            assert there < -points
            return
        self._enter(book)
        if points < 0:
            assert self.purse.take(-points, self.now) == 0
        else:
            self.purse.piles.append(Pile(cause, points, self.now, expires_at))
            self.purse.at(self.now)

    @rule(days=st.sampled_from([0.5, 1, 3, 10, 31, 100]), looked_after=st.booleans())
    def time_goes_by(self, days: float, looked_after: bool) -> None:
        self.now += timedelta(days=days)
        if looked_after:
            self._enter(self._open())

    @rule(points=AMOUNTS, wait=WAITS, lasts=LASTS, spent=st.integers(0, 80))
    def another_customer_is_merged_in(self, points: int, wait: int, lasts: int | None, spent: int) -> None:
        """Who had earned some, and may owe some."""
        other, cause = Book(Account(id=self._id("other")), self.now), self._id("order")
        active_at = self.now + timedelta(days=wait)
        expires_at = active_at + timedelta(days=lasts) if lasts else None
        lot = Lot(id=cause, points=points, active_at=active_at, expires_at=expires_at)
        earn(other, self._id("earn"), lot, points, 0, date(2026, 3, 2))
        reverse(other, self._id("back"), "gone", spent, 0, 0, date(2026, 3, 2))
        theirs = list(other.lots.values())
        owed = other.owed
        move_out(other, "ana")
        assert other.balance == other.pending == 0
        book = self._open()
        move_in(book, other.entries[-1])
        self._enter(book)
        self.purse.owed += owed
        self.purse.owed = self.purse.take(self.purse.owed, self.now)
        for one in theirs:
            self.purse.piles.append(Pile(one.id, one.points, one.active_at, one.expires_at))
        self.purse.at(self.now)

    @invariant()
    def it_is_what_the_purse_says(self) -> None:
        seen = Book(self.account, self.now)
        self.purse.at(self.now)
        assert (seen.balance, seen.pending) == (self.purse.balance(self.now), self.purse.pending(self.now))
        ends: dict[datetime | None, int] = {}
        for pile in self.purse.active(self.now):
            ends[pile.expires_at] = ends.get(pile.expires_at, 0) + pile.points
        kept: dict[datetime | None, int] = {}
        for lot in seen.lots.values():
            if lot.matured:
                kept[lot.expires_at] = kept.get(lot.expires_at, 0) + lot.points
        assert kept == ends

    @invariant()
    def the_ledger_alone_tells_the_account(self) -> None:
        assert list(mistakes(self.account, self.ledger)) == []

    def teardown(self) -> None:
        """Who is forgotten leaves a ledger that comes to nothing."""
        book = Book(self.account, self.now)
        forfeit(book)
        self._enter(book)
        told = replay("ana", self.ledger)
        assert (told.balance, told.waiting, told.lots, told.days) == (0, 0, [], [])
        assert self.ledger[-1].kind is EntryKind.FORFEITED


EXAMPLES = 2_000 if os.environ.get("ENCORE_FAULTS") == "full" else 200


@pytest.mark.slow
def test_an_account_is_what_a_plain_reckoning_says() -> None:
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=25,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
