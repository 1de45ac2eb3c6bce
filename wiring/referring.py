"""Referrals, put together: codes, limits, fraud rules, rewards."""

from loyalty.points_books import Books
from loyalty.referral_case import Cases
from loyalty.referral_codes import CodeBook
from loyalty.referral_life import Life
from loyalty.referral_rewards import Rewards
from loyalty.referral_tiers import TierRewards
from loyalty.referrals import Referrals
from loyalty.vouchers import Vouchers
from storage.referral_tallies import MongoTallies
from storage.referral_tiers import MongoReached
from storage.referrals import MongoReferrals
from storage.stores import Stores


def referrals_of(stores: Stores, vouchers: Vouchers, books: Books) -> Referrals:
    """Friends sent by customers, and both their rewards."""
    store, achievements = MongoReferrals(stores.database), MongoReached(stores.database)
    cases = Cases(store, stores.customers, stores.orders, stores.clock)
    giving, tallies, grace = Rewards(vouchers, books), MongoTallies(stores.database), stores.settings.claim_lease
    life = Life(
        programmes=stores.programmes,
        store=store,
        lookups=store,
        tallies=tallies,
        achievements=achievements,
        giving=giving,
        cases=cases,
        shop=stores.shops.get,
        clock=stores.clock,
        grace=grace,
    )
    book = CodeBook(
        programmes=stores.programmes,
        kept=stores.programmes,
        customers=stores.customers,
        offers=stores.offers,
        exhausted=life.admission.exhausted,
        clock=stores.clock,
    )
    return Referrals(
        programmes=stores.programmes,
        book=book,
        life=life,
        store=store,
        lookups=store,
        queues=store,
        tiers=TierRewards(achievements, giving, tallies, stores.programmes, stores.clock, grace),
        cases=cases,
        orders=stores.orders,
        clock=stores.clock,
    )
