"""Gives and takes back the rewards of referrals: vouchers of any offer, or points. Doing it again changes nothing."""

from collections.abc import Sequence
from functools import partial
from typing import Protocol

from babel.numbers import format_decimal

from common.ids import derive
from customers.orders import ERASED
from loyalty.kind import known as known_locale
from loyalty.kind import words
from loyalty.offer import Offers
from loyalty.points import Book, earn, reverse
from loyalty.points_account import Entry, EntryKind, Lot
from loyalty.points_books import Books, Terms
from loyalty.points_expiry import ends, local_day
from loyalty.programme import Reward
from loyalty.vouchers import Vouchers

POINTS = {"en": "{points} points", "de": "{points} Punkte", "es": "{points} puntos", "fr": "{points} points",
          "pt": "{points} pontos"}  # fmt: skip
POINT = {"en": "1 point", "de": "1 Punkt", "es": "1 punto", "fr": "1 point", "pt": "1 ponto"}


class Giving(Protocol):
    """Gives rewards; `source` says for what, and is the same each time."""

    def give(self, reward: Reward, source: str, customer: str) -> str:
        """Give it, once; the code of the voucher, if it is one."""
        ...

    def shrink(self, reward: Reward, source: str, customer: str, points: int) -> None:
        """See to it that no more than so many points stay given; a voucher is cancelled at none."""
        ...


class Rewards:
    """The service (Giving)."""

    def __init__(self, vouchers: Vouchers, books: Books) -> None:
        self._vouchers = vouchers
        self._books = books

    def give(self, reward: Reward, source: str, customer: str) -> str:
        """Give it, once; the code of the voucher, if it is one. Nobody gets anything who was erased."""
        if customer.startswith(ERASED) or not reward.given:
            return ""
        if reward.offer:
            return self._vouchers.mint(reward.offer, {source: customer})[source]
        terms = self._books.terms()
        lot = f"referral:{source}"
        self._books.change({customer: partial(_give, lot, reward.points, terms)}, lots=[lot], terms=terms)
        return ""

    def shrink(self, reward: Reward, source: str, customer: str, points: int) -> None:
        """See to it that no more than so many points stay given; a voucher is cancelled at none.

        Whoever was about to give it, and wakes up late, gives nothing more.
        """
        if customer.startswith(ERASED) or not reward.given:
            return
        if reward.offer:
            if not points:
                self._vouchers.cancel(self._vouchers.mint(reward.offer, {source: customer})[source])
            return
        terms = self._books.terms()
        lot = f"referral:{source}"
        self._books.change({customer: partial(_shrink, lot, points, terms)}, lots=[lot], terms=terms)


def in_words(reward: Reward, offers: Offers, locale: str) -> str:
    """What a reward is, in a few words of this language; empty for nothing."""
    if reward.offer:
        return offers.get(reward.offer).summary(locale)
    if reward.points == 1:
        return words(POINT, locale)
    number = format_decimal(reward.points, locale=known_locale(locale))
    return words(POINTS, locale).format(points=number).replace("\u202f", " ") if reward.points else ""


def _give(lot: str, points: int, terms: Terms, book: Book, known: Sequence[Entry]) -> None:
    if any(entry.lot == lot for entry in known):
        return
    expires_at = ends(terms.programme.expiry, terms.now, terms.zone)
    new = Lot(id=lot, points=points, active_at=terms.now, expires_at=expires_at)
    day = local_day(terms.now, terms.zone)
    earn(book, derive("points of", lot), new, points, 0, day, event="referral")


def _shrink(lot: str, points: int, terms: Terms, book: Book, known: Sequence[Entry]) -> None:
    told = [entry for entry in known if entry.lot == lot]
    counted = sum(entry.counted for entry in told)
    # What was lost unspent is not taken twice.
    given = sum(entry.points + entry.pending for entry in told if entry.kind in (EntryKind.EARNED, EntryKind.REVERSED))
    lost = -sum(entry.points for entry in told if entry.kind is EntryKind.EXPIRED)
    if told and counted <= points:
        return
    back = counted - points if told else 0
    day = next((entry.day for entry in told if entry.day), None) or local_day(terms.now, terms.zone)
    id_ = derive("points of referral undone", lot, len(told))
    reverse(book, id_, lot, min(back, max(0, given - lost)), back, 0, day, event="referral")
