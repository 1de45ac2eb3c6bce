"""The account as its ledger tells it: what an audit compares the account with."""

from collections.abc import Iterable
from datetime import date

import msgspec

from loyalty.points import FOR_EVER, spending_order
from loyalty.points_account import Account, Day, Entry, EntryKind, Lot


def replay(customer: str, entries: Iterable[Entry]) -> Account:
    """The account that these entries of one customer come to; from the ledger alone."""
    lots: dict[str, Lot] = {}
    days: dict[date, Day] = {}
    owed = number = 0
    for entry in sorted(entries, key=lambda one: one.number):
        _onto(lots, entry)
        _count(days, entry)
        owed += entry.owed
        number = entry.number
    matured = sum(lot.points for lot in lots.values() if lot.matured)
    return Account(
        id=customer,
        balance=matured - owed,
        waiting=sum(lot.points for lot in lots.values() if not lot.matured),
        owed=owed,
        lots=[lots[lot] for lot in sorted(lots)],
        days=[days[day] for day in sorted(days)],
        number=number,
    )


def mistakes(account: Account, entries: Iterable[Entry]) -> Iterable[str]:
    """In words, what of an account its ledger does not bear out; none in a book that is right."""
    known = sorted(entries, key=lambda one: one.number)
    if [entry.number for entry in known] != list(range(1, account.number + 1)):
        yield f"{account.id} has {account.number} entries, and the ledger {len(known)}."
    told = replay(account.id, known)
    for field in ("balance", "waiting", "owed", "lots", "days"):
        if getattr(told, field) != getattr(account, field):
            yield f"{account.id} has {field} {getattr(account, field)}, and by its ledger {getattr(told, field)}."
    if account.balance != sum(entry.points for entry in known) or account.waiting != sum(e.pending for e in known):
        yield f"{account.id}'s entries do not add up to what it has."
    if account.owed and any(lot.matured for lot in account.lots):
        yield f"{account.id} owes points and has some."
    yield from _out_of_turn(known)


def _out_of_turn(entries: Iterable[Entry]) -> Iterable[str]:
    """What was spent while something that would be lost sooner was left."""
    lots: dict[str, Lot] = {}
    for entry in entries:
        if entry.kind is EntryKind.SPENT:
            left = sum(-part.points for part in entry.parts)
            for lot in spending_order(lots.values()):
                taken = -next((part.points for part in entry.parts if part.lot == lot.id), 0)
                if taken != min(lot.points, left):
                    yield f"{entry.id} spent {taken} of {lot.id}, where it was the turn of {min(lot.points, left)}."
                left -= taken
        _onto(lots, entry)


def _onto(lots: dict[str, Lot], entry: Entry) -> None:
    """Do to the lots what an entry tells."""
    for lot in entry.made:
        lots[lot.id] = lot
    for part in entry.parts:
        known = lots[part.lot]
        lots[part.lot] = msgspec.structs.replace(known, points=known.points + part.points)
        if not lots[part.lot].points:
            del lots[part.lot]
    if entry.kind is EntryKind.MATURED and entry.lot in lots and entry.lot != FOR_EVER:
        lots[entry.lot] = msgspec.structs.replace(lots[entry.lot], matured=True)


def _count(days: dict[date, Day], entry: Entry) -> None:
    """Let count for the tiers what an entry says does."""
    if entry.kind in (EntryKind.MOVED_OUT, EntryKind.FORFEITED):
        days.clear()
        return
    told = [Day(day=entry.day, points=entry.counted, money=entry.money)] if entry.day else []
    if entry.kind is EntryKind.MOVED_IN and entry.moved:
        told = entry.moved.days
    for one in told:
        known = days.get(one.day, Day(day=one.day))
        days[one.day] = Day(day=one.day, points=known.points + one.points, money=known.money + one.money)
        if not days[one.day].points and not days[one.day].money:
            del days[one.day]
