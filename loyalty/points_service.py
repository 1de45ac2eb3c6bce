"""Points at the counter: given and taken by hand, spent on vouchers, looked at, moved."""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial

import msgspec

from common.errors import Conflict, NotFound
from common.ids import derive
from loyalty.offer import Offers
from loyalty.points import Book, adjust, move_out, spend
from loyalty.points_account import Account, Entry, Expiring, Tiers, expiring
from loyalty.points_books import Books
from loyalty.points_expiry import ends, local_day
from loyalty.points_liability import Liability, Outstanding, liability
from loyalty.points_programme import PointsProgramme
from loyalty.points_replay import mistakes
from loyalty.tiers import Level, Next, level_of, measure, next_level

AT_ONCE = 500
# Batches of one chore's turn; what is left comes next time.
MOST_BATCHES = 10


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """A customer's points as they are now, what is lost when, the tier, and what is missing to the next."""

    account: Account
    programme: PointsProgramme
    expiring: list[Expiring]
    tiers: Tiers
    level: Level | None
    measured: int
    next: Next | None
    today: date


class Points:
    """The service."""

    def __init__(self, books: Books, offers: Offers, outstanding: Outstanding, grace: float) -> None:
        """After `grace` seconds what follows from an entry is taken for abandoned, and is done by a chore."""
        self._books = books
        self._offers = offers
        self._outstanding = outstanding
        self._grace = timedelta(seconds=grace)

    def adjust(self, customer: str, operation: str, amount: int, reason: str, by: str) -> Entry:
        """Give points by hand, or take some (below zero); once for each operation. Raises TooFew."""
        terms = self._books.terms()
        id_ = derive("points by hand", customer, operation)
        expires_at = ends(terms.programme.expiry, terms.now, terms.zone)

        def enter(book: Book, known: Sequence[Entry]) -> None:
            if not any(entry.id == id_ for entry in known):
                adjust(book, id_, amount, expires_at, reason=reason, by=by)

        return _the(id_, self._books.change({customer: enter}, ids=[id_], terms=terms))

    def spend(self, customer: str, operation: str, offer: str, by: str) -> tuple[Entry, str]:
        """Take the points that an offer costs, and give a personal voucher of it; once for each operation.

        Returns the entry and the code. Raises NotFound for the offer, Conflict where it is not to be had for points or
        not any more, and TooFew.
        """
        terms = self._books.terms()
        id_ = derive("points spent", customer, operation)

        def enter(book: Book, known: Sequence[Entry]) -> None:
            if not any(entry.id == id_ for entry in known):
                spend(book, id_, self._price(offer, terms.programme), offer=offer, by=by)

        entry = _the(id_, self._books.change({customer: enter}, ids=[id_], terms=terms))
        return entry, self._books.issued(entry)

    def statement(self, customer: str) -> Statement:
        """How things stand now, whether or not the chores have come to it; changes nothing."""
        terms = self._books.terms()
        account = self._books.at_present(self._books.account(customer), terms)
        rules, today = terms.programme.tiers, local_day(terms.now, terms.zone)
        place = level_of(account.tiers.tier, rules)
        measured = measure(account.days, rules, today)
        return Statement(
            account=account,
            programme=terms.programme,
            expiring=expiring(account.lots),
            tiers=account.tiers,
            level=rules.levels[place] if place >= 0 else None,
            measured=measured,
            next=next_level(account.tiers.tier, measured, rules),
            today=today,
        )

    def entries(self, customer: str, before: int | None, limit: int) -> list[Entry]:
        """A customer's entries, the newest first, those before a number; also those on their way to the ledger."""
        account = self._books.account(customer)
        kept = self._books.ledger.page(account.id, before, limit)
        waiting = [entry for entry in account.outbox if before is None or entry.number < before]
        found = {entry.id: entry for entry in [*waiting, *kept]}
        return sorted(found.values(), key=lambda entry: -entry.number)[:limit]

    def liability(self) -> Liability:
        """What all points outstanding come to now, in points and in money, by the month of their loss."""
        terms = self._books.terms()
        return liability(self._outstanding.sums(terms.now), terms.now, terms.programme.worth, terms.zone)

    def look_after(self) -> int:
        """Enter what time has brought about: points matured and lost, tiers, warnings; how many accounts."""
        seen = 0
        for _ in range(MOST_BATCHES):
            terms = self._books.terms()
            customers = self._books.accounts.due(terms.now, terms.programme.version, AT_ONCE)
            self._books.change(dict.fromkeys(customers, _nothing), terms=terms)
            seen += len(customers)
            if len(customers) < AT_ONCE:
                break
        return seen

    def recover(self) -> int:
        """Do what follows from entries whose process died before; how many accounts."""
        left = self._books.accounts.left_over(self._books.terms().now - self._grace, AT_ONCE)
        if left:
            self._books.follow(list(self._books.accounts.get(left).values()))
        return len(left)

    def transfer(self, origin: str, to: str) -> None:
        """Move all points, debts and what counts for tiers to whom a customer was merged into; again, nothing is left.

        Whatever is done to the old account from then on is done to the new one.
        """
        self._books.change({origin: partial(_leave, origin, to)})

    def audit(self, customer: str) -> tuple[int, list[str]]:
        """How many entries a customer's account has, and what of it they do not bear out, in words."""
        account = self._books.account(customer)
        # What others enter meanwhile belongs to a later state of the account.
        entries = [entry for entry in self._all(account) if entry.number <= account.number]
        return len(entries), list(mistakes(account, entries))

    def _all(self, account: Account) -> list[Entry]:
        found = {entry.id: entry for entry in account.outbox}
        before: int | None = None
        while page := self._books.ledger.page(account.id, before, AT_ONCE):
            found |= {entry.id: entry for entry in page}
            before = page[-1].number
        return list(found.values())

    def _price(self, offer: str, programme: PointsProgramme) -> int:
        kept, price = self._offers.get(offer), programme.price(offer)
        if price is None:
            raise Conflict(f"A voucher of {offer!r} is not to be had for points.", "not_for_points")
        if not kept.active:
            raise Conflict(f"The offer {offer!r} is not active.", "inactive")
        return price


def _the(id: str, entries: Sequence[Entry]) -> Entry:
    found = next((entry for entry in entries if entry.id == id), None)
    if found is None:
        raise NotFound("points entry", id)
    return found


def _nothing(book: Book, known: Sequence[Entry]) -> None:
    """Time alone."""


def _leave(origin: str, to: str, book: Book, known: Sequence[Entry]) -> None:
    if book.was.id == origin and origin != to:
        move_out(book, to)
