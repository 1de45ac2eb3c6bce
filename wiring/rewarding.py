"""Offers, vouchers, referrals and points."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cached_property

from loyalty.budget_alerts import BudgetAlerts
from loyalty.checkout import Checkout
from loyalty.code_changes import CodeChanges
from loyalty.facts import Facts
from loyalty.giving import Giving
from loyalty.guessing import Guessing
from loyalty.history import History
from loyalty.own_codes import OwnCodes
from loyalty.points_books import Books
from loyalty.points_feed import PointsFeed
from loyalty.points_service import Points
from loyalty.proof import Proofs
from loyalty.referrals import Referrals
from loyalty.undoing import Undoing
from loyalty.vouchers import Vouchers
from storage.bundles import MongoBundles
from storage.guessers import MongoGuessers
from storage.points import MongoAccounts, MongoFacets, MongoLedger
from storage.points_reports import MongoLiability, MongoOrderDays
from storage.vouchers import MongoVouchers
from wiring.gathering import Gathering
from wiring.referring import referrals_of


class Rewarding(Gathering, ABC):
    """What people are given."""

    @cached_property
    def vouchers(self) -> Vouchers:
        """Codes: minted, checked, held, used, taken back."""
        facts = Facts(
            history=History(self.customers, self.orders),
            products=self.products,
            shop=self.shops.get,
            programme=self.points_programmes.get,
            in_segments=self.in_segments,
        )
        return Vouchers(
            offers=self.offers,
            budgets=self.offers,
            store=MongoVouchers(self.database, self.clock),
            redemptions=self.redemptions,
            bundles=self.bundles,
            facts=facts,
            giving=Giving(lambda: self.points_books, self.redemptions),
            clock=self.clock,
            grace=self.settings.claim_lease,
        )

    @cached_property
    def bundles(self) -> MongoBundles:
        """Codes that are used together."""
        return MongoBundles(self.database)

    @cached_property
    def checkout(self) -> Checkout:
        """Several codes on one order."""
        grace = self.settings.claim_lease
        return Checkout(self.vouchers, self.offers, self.redemptions, self.bundles, self.clock, grace)

    @cached_property
    def budget_alerts(self) -> BudgetAlerts:
        """Tells of budgets that run out."""
        return BudgetAlerts(self.offers, self.shops.get, self.clock)

    @abstractmethod
    def in_segments(self, customer: str, wanted: Sequence[str]) -> set[str]:
        """Which of these segments a customer is in: whoever resolves segments says so (wiring/addressing.py)."""

    @cached_property
    def own_codes(self) -> OwnCodes:
        """Takes in the shop's own codes."""
        store = MongoVouchers(self.database, self.clock)
        return OwnCodes(self.offers, store, self.aliases.resolve, self.code_changes, self.clock)

    @cached_property
    def code_changes(self) -> CodeChanges:
        """Tells that codes were made by hand."""
        return CodeChanges(self.offers, self.events, self.clock)

    @cached_property
    def guessing(self) -> Guessing:
        """Notices who guesses codes."""
        return Guessing(MongoGuessers(self.database), self.clock)

    @cached_property
    def referrals(self) -> Referrals:
        """Friends sent by customers, and both their rewards."""
        return referrals_of(self, self.vouchers, self.points_books)

    @cached_property
    def proofs(self) -> Proofs:
        """That a friend came by a landing page."""
        return Proofs(self.settings.keys, self.clock)

    @cached_property
    def points_books(self) -> Books:
        """Where points are entered."""
        return Books(
            accounts=MongoAccounts(self.database),
            ledger=MongoLedger(self.database),
            facets=MongoFacets(self.database),
            programmes=self.points_programmes,
            shop=self.shops.get,
            issue=lambda offer, source, customer: self.vouchers.mint(offer, {source: customer})[source],
            clock=self.clock,
        )

    @cached_property
    def points(self) -> Points:
        """Points given, spent, looked at, moved."""
        return Points(self.points_books, self.offers, MongoLiability(self.database), self.settings.claim_lease)

    @cached_property
    def points_feed(self) -> PointsFeed:
        """What happens, entered as points."""
        days = MongoOrderDays(self.database)
        return PointsFeed(self.points_books, self.events, self.orders, self.products, days)

    @cached_property
    def undoing(self) -> Undoing:
        """Takes back what an order brought about that is undone."""
        return Undoing(self.events, self.referrals.take_back)
