"""The books: whatever is entered into an account goes through here, exactly once, whoever crowds in or dies.

There are no transactions. The account is the point of truth: one document, changed by one update that holds only if
nobody changed it since it was read (1). The entries stand in its outbox by that same update, and then go to the
ledger (2); what a spending bought is issued, under an id that follows from the entry (3); what moved to another
account is entered there, under such an id too (4); the customer's facet follows (5); then the outbox is emptied (6).
Each of (2) to (5) can be done again by anybody, and is, until (6). So a process that dies leaves nothing wrong, and
nothing that another does not finish. An entry is known by its id, whether it stands in the outbox or in the ledger.
"""

import random
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from common.clock import Clock
from common.errors import Unavailable
from common.events import Event, event
from customers.shop import Shop
from loyalty.points import Book, move_in, moved_in_id
from loyalty.points_account import Account, Accounts, Change, Entry, EntryKind, Facets, Ledger, expiring
from loyalty.points_expiry import local_day, midnight
from loyalty.points_programme import PointsProgramme, PointsProgrammes
from loyalty.tiers import judge, level_of, next_turn

# How often a change is tried again when others change the same account, and how long it waits in between at most.
TRIES = 80
LONGEST_PAUSE = 0.05
# How many dates of expiry the facet names.
SHOWN = 12

Task = Callable[[Book, Sequence[Entry]], None]
Issue = Callable[[str, str, str], str]


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What holds while something is entered."""

    now: datetime
    zone: ZoneInfo
    window: timedelta
    programme: PointsProgramme


class Books:
    """Opens accounts, enters, and sees to what follows. `issue(offer, source, customer)` gives a voucher's code."""

    def __init__(
        self,
        accounts: Accounts,
        ledger: Ledger,
        facets: Facets,
        programmes: PointsProgrammes,
        shop: Callable[[], Shop],
        issue: Issue,
        clock: Clock,
    ) -> None:
        self.accounts = accounts
        self.ledger = ledger
        self._facets = facets
        self._programmes = programmes
        self._shop = shop
        self._issue = issue
        self._clock = clock

    def terms(self) -> Terms:
        """What holds now."""
        shop = self._shop()
        return Terms(
            now=self._clock.now(),
            zone=ZoneInfo(shop.time_zone),
            window=timedelta(days=shop.return_window_days),
            programme=self._programmes.get(),
        )

    def change(
        self,
        tasks: Mapping[str, Task],
        *,
        ids: Sequence[str] = (),
        lots: Sequence[str] = (),
        terms: Terms | None = None,
    ) -> list[Entry]:
        """Do each customer's task to their account, until all are done; the entries that were known or are new.

        A task is given the entries of these ids and lots that there are, and must enter nothing twice. Raises
        Unavailable when others keep changing the same accounts; then nothing of an unfinished task is entered.
        """
        terms = terms or self.terms()
        for attempt in range(TRIES):
            accounts = self._open(list(tasks))
            known = self._known({one.id: one for one in accounts.values()}.values(), ids, lots)
            changes = _changes(tasks, accounts, known, terms)
            wanted = [change for change in changes if change.account != change.was]
            if not wanted or self.accounts.write(wanted):
                self.follow([_written(change) for change in changes])
                return [*known, *(entry for change in changes for entry in change.entries)]
            time.sleep(random.uniform(0, min(LONGEST_PAUSE, 0.002 * 2**attempt)))  # noqa: S311  # only to part a crowd
        raise Unavailable("Others are changing the same account. Try again shortly.", retry_after=1)

    def account(self, customer: str) -> Account:
        """A customer's account, or that of whom they were merged into; an empty one where there is none."""
        return self._open([customer])[customer]

    def at_present(self, account: Account, terms: Terms) -> Account:
        """The account as it is by now, whether or not anybody has entered it yet."""
        return finished(Book(account, terms.now, terms.programme.version), terms).account

    def follow(self, accounts: Sequence[Account]) -> None:
        """Do what follows from what was entered into these accounts; doing it again changes nothing."""
        open_ = [account for account in accounts if account.outbox or account.outbox_at]
        if not open_:
            return
        entries = [entry for account in open_ for entry in account.outbox]
        self.ledger.add(entries)
        for entry in entries:
            if entry.kind is EntryKind.SPENT and entry.offer:
                self.issued(entry)
            if entry.kind is EntryKind.MOVED_OUT and entry.moved:
                self._move_in(entry, entry.moved.to)
        self._facets.show({account.id: facet(account) for account in open_ if not account.moved_to})
        self.accounts.posted(open_)

    def issued(self, entry: Entry) -> str:
        """The code of the voucher that points were spent on; the same however often it is asked for."""
        return self._issue(entry.offer, f"points:{entry.id}", entry.customer)

    def _move_in(self, out: Entry, to: str) -> None:
        def enter(book: Book, known: Sequence[Entry]) -> None:
            if not known:
                move_in(book, out)

        self.change({to: enter}, ids=[moved_in_id(out)])

    def _open(self, customers: Sequence[str]) -> dict[str, Account]:
        """Each customer's account: that of whom they were merged into, where they were."""
        found = self.accounts.get(customers)
        opened = {customer: found.get(customer, Account(id=customer)) for customer in customers}
        moved = {customer: account.moved_to for customer, account in opened.items() if account.moved_to}
        if moved:
            further = self._open(sorted(set(moved.values())))
            opened |= {customer: further[to] for customer, to in moved.items()}
        return opened

    def _known(self, accounts: Iterable[Account], ids: Sequence[str], lots: Sequence[str]) -> list[Entry]:
        """Entries of these ids and lots. The accounts were read before: what is not there yet stands in an outbox."""
        kept = (self.ledger.get(ids) if ids else []) + (self.ledger.of_lots(lots) if lots else [])
        waiting = [entry for account in accounts for entry in account.outbox if entry.id in ids or (entry.lot in lots)]
        return list({entry.id: entry for entry in [*kept, *waiting]}.values())


def _changes(
    tasks: Mapping[str, Task], accounts: Mapping[str, Account], known: Sequence[Entry], terms: Terms
) -> list[Change]:
    books: dict[str, Book] = {}
    for customer, task in tasks.items():
        account = accounts[customer]
        if account.id not in books:
            books[account.id] = Book(account, terms.now, terms.programme.version)
        task(books[account.id], known)
    return [finished(book, terms) for book in books.values()]


def _written(change: Change) -> Account:
    """The account as it is in the database now."""
    if change.account == change.was:
        return change.was
    return msgspec.structs.replace(change.account, version=change.was.version + 1)


def finished(book: Book, terms: Terms) -> Change:
    """What a book comes to when it is closed: the tier, who is warned of what, and when time changes something next."""
    account = book.account
    if not account.number or book.was.moved_to:
        return Change(was=book.was, account=account)
    if account.moved_to:
        closed = msgspec.structs.replace(account, due_at=None, outbox_at=terms.now, rules=terms.programme.version)
        return Change(was=book.was, account=closed)
    programme = terms.programme
    tiers = judge(account.tiers, account.days, programme.tiers, local_day(terms.now, terms.zone))
    warned = _to_warn_of(account, terms)
    account = msgspec.structs.replace(
        account,
        tiers=tiers,
        told_until=max([at for at, _ in warned], default=account.told_until),
        rules=programme.version,
        due_at=None,
    )
    account = msgspec.structs.replace(account, due_at=_next_due(account, terms))
    if account != book.was:
        account = msgspec.structs.replace(account, outbox_at=terms.now)
    return Change(was=book.was, account=account, events=_news(book.was, account, warned, terms))


def _to_warn_of(account: Account, terms: Terms) -> list[tuple[datetime, int]]:
    """Which points are soon lost, of which nobody was told yet."""
    until = terms.now + timedelta(days=terms.programme.notice_days)
    told = account.told_until
    return [(one.at, one.points) for one in expiring(account.lots) if one.at <= until and (not told or one.at > told)]


def _next_due(account: Account, terms: Terms) -> datetime | None:
    notice = timedelta(days=terms.programme.notice_days)
    told = account.told_until
    instants = [lot.active_at for lot in account.lots if not lot.matured]
    for one in expiring(account.lots):
        instants += [one.at] if told and one.at <= told else [one.at, max(terms.now, one.at - notice)]
    today = local_day(terms.now, terms.zone)
    turn = next_turn(account.tiers, account.days, terms.programme.tiers, today)
    return min([*instants, *([midnight(turn, terms.zone)] if turn else [])], default=None)


def _news(was: Account, account: Account, warned: Sequence[tuple[datetime, int]], terms: Terms) -> list[Event]:
    now, customer = terms.now, account.id
    news = [
        event("points_expiring", now, customer, [customer, at.isoformat()], points=points, expires_at=at)
        for at, points in warned
    ]
    before, after = was.tiers.tier, account.tiers.tier
    if after != before:
        levels = terms.programme.tiers
        up = level_of(after, levels) > level_of(before, levels)
        about: list[str | int] = [customer, before, after, was.version]
        news.append(event("tier_reached" if up else "tier_lost", now, customer, about, tier=after, before=before))
    return news


def facet(account: Account) -> dict[str, Any]:
    """What segments and messages see of an account."""
    lost = [{"at": one.at, "points": one.points} for one in expiring(account.lots)]
    return {
        "points": account.balance,
        "pending": account.waiting,
        "tier": account.tiers.tier,
        "expiring": lost[:SHOWN],
        "version": account.version,
    }
