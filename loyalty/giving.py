"""Points that a code gives: credited when it is redeemed, taken back when that is rolled back, each once.

A redemption that gives points is `owing` from the very write that redeems it, or rolls it back, until the ledger has
them. The ledger knows both entries by ids that follow from the redemption, and one account is one document: a credit
that comes late, after the roll-back was entered, finds that and enters nothing.
"""

from collections.abc import Callable, Sequence
from functools import partial

from common.ids import derive
from customers.orders import ERASED
from loyalty.points import Book, earn, reverse
from loyalty.points_account import Entry, Lot
from loyalty.points_books import Books, Terms
from loyalty.points_expiry import ends, local_day
from loyalty.points_orders import still_there
from loyalty.redemption import Redemption, RedemptionQueues, RedemptionState


class Giving:
    """Brings the ledger to where a redemption is."""

    def __init__(self, books: Callable[[], Books], redemptions: RedemptionQueues) -> None:
        self._books = books
        self._redemptions = redemptions

    def settle(self, redemption: Redemption) -> None:
        """Credit its points, or take them back; again, nothing."""
        if not redemption.customer.startswith(ERASED):
            books = self._books()
            terms, ids = books.terms(), [_credit(redemption), _back(redemption)]
            enter = _take_back if redemption.state is RedemptionState.ROLLED_BACK else _give
            books.change(
                {redemption.customer: partial(enter, redemption, terms)}, ids=ids, lots=[_lot(redemption)], terms=terms
            )
        self._redemptions.paid(redemption)


def _lot(redemption: Redemption) -> str:
    return f"redemption:{redemption.id}"


def _credit(redemption: Redemption) -> str:
    return derive("points of redemption", redemption.id, redemption.attempt)


def _back(redemption: Redemption) -> str:
    return derive("points of redemption taken back", redemption.id, redemption.attempt)


def _give(redemption: Redemption, terms: Terms, book: Book, known: Sequence[Entry]) -> None:
    if any(entry.id in (_credit(redemption), _back(redemption)) for entry in known):
        return
    expires_at = ends(terms.programme.expiry, terms.now, terms.zone)
    lot = Lot(id=_lot(redemption), points=redemption.points, active_at=terms.now, expires_at=expires_at)
    about = {"order": redemption.order, "offer": redemption.offer}
    earn(book, _credit(redemption), lot, 0, 0, local_day(terms.now, terms.zone), **about)


def _take_back(redemption: Redemption, terms: Terms, book: Book, known: Sequence[Entry]) -> None:
    if any(entry.id == _back(redemption) for entry in known):
        return
    told = [entry for entry in known if entry.lot == _lot(redemption)]
    about = {"order": redemption.order, "offer": redemption.offer}
    back = min(redemption.points, still_there(told))
    reverse(book, _back(redemption), _lot(redemption), back, 0, 0, local_day(terms.now, terms.zone), **about)
