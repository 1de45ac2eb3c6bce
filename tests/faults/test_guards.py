"""T22: each guard of redemptions and points is taken out in turn, and the story that it guards goes wrong.

So these stories are no mere decoration: what they assert holds because of the guard. The guard is taken out below our
code, in what it is handed for a database: a condition is dropped from an update, an id or a place from an insert.
"""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from common.errors import Conflict
from common.ids import new_id
from loyalty.points_books import Books
from loyalty.points_service import Points
from loyalty.redemption import RedemptionState
from loyalty.vouchers import Vouchers
from storage.bundles import MongoBundles
from storage.offers import MongoOffers
from storage.points import MongoAccounts, MongoFacets, MongoLedger
from storage.points_reports import MongoLiability
from storage.redemptions import MongoRedemptions
from tests.loyalty.makers import basket, code_for, generic, standing
from tests.loyalty.points_makers import balance, with_reward
from tests.loyalty.test_exactness import vouchers_on
from tests.support.dying import Interrupted, unless_refused
from wiring import Services

Story = Callable[[Services, Any, str], None]


class Careless:
    """A database, one of whose collections forgets conditions, ids or places; the others are as they are."""

    def __init__(self, real: Any, name: str, **forgets: Any) -> None:
        self._real, self._name, self._forgets = real, name, forgets

    def __getitem__(self, name: str) -> Any:
        return _Forgetful(self._real[name], **self._forgets) if name == self._name else self._real[name]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


class _Forgetful:
    def __init__(self, real: Any, conditions: str = "", dropped: str = "", other_id: bool = False) -> None:
        self._real, self._conditions, self._dropped, self._other_id = real, conditions, dropped, other_id

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def update_one(self, wanted: Mapping[str, Any], update: Any, **settings: Any) -> Any:
        kept = {name: value for name, value in wanted.items() if not self._forgotten(name)}
        return self._real.update_one(kept, update, **settings)

    def insert_one(self, document: Mapping[str, Any]) -> Any:
        kept = {name: value for name, value in document.items() if name != self._dropped}
        return self._real.insert_one({**kept, "_id": new_id()} if self._other_id else kept)

    def _forgotten(self, name: str) -> bool:
        return bool(self._conditions) and name.startswith(tuple(self._conditions.split()))


def on(services: Services, database: Any, at: int, meanwhile: Callable[[], None]) -> Vouchers:
    """The service on this database, to which something happens right before one of its writes."""
    count = [0]
    offers = Interrupted(MongoOffers(database, services.clock), count, at, False, meanwhile)
    redemptions = Interrupted(MongoRedemptions(database), count, at, False, meanwhile)
    return vouchers_on(services, offers, redemptions, MongoBundles(database))


def the_last_use_is_taken_by_another(services: Services, database: Any, offer: str) -> None:
    """Between looking at the budget and taking from it."""
    code = generic(services, uses=1, id=offer)
    late = on(services, database, 0, lambda: _redeem(services, code, "ben", "o2"))
    unless_refused(lambda: late.redeem(code, "ana", basket("o1")))
    assert services.offers.get(offer).spent.uses == 1
    assert len(_of(services, offer)) == 1


def the_last_cents_are_taken_by_another(services: Services, database: Any, offer: str) -> None:
    """The same with money."""
    code = generic(services, money=1_500, id=offer)
    late = on(services, database, 0, lambda: _redeem(services, code, "ben", "o2"))
    unless_refused(lambda: late.redeem(code, "ana", basket("o1")))
    assert services.offers.get(offer).spent.money["EUR"] <= 1_500


def a_single_code_is_used_by_another(services: Services, database: Any, offer: str) -> None:
    """Between finding its place free and taking it."""
    code = code_for(services, id=offer)
    late = on(services, database, 1, lambda: _redeem(services, code, "ben", "o2"))
    unless_refused(lambda: late.redeem(code, "ana", basket("o1")))
    assert len(_of(services, offer)) == 1


def the_same_order_comes_twice(services: Services, database: Any, offer: str) -> None:
    """The second is done while the first is about to be kept."""
    code = generic(services, id=offer)
    late = on(services, database, 1, lambda: _redeem(services, code, "ana", "o1"))
    unless_refused(lambda: late.redeem(code, "ana", basket("o1")))
    assert len(_of(services, offer)) == services.offers.get(offer).spent.uses == 1


def what_is_given_back_is_given_back_by_another(services: Services, database: Any, offer: str) -> None:
    """A roll-back that sleeps before it books is finished by the sweep."""
    code = generic(services, uses=3, id=offer)
    services.vouchers.redeem(code, "ben", basket("o2"))
    redeemed = services.vouchers.redeem(code, "ana", basket("o1"))

    def meanwhile() -> None:
        services.clock.advance(61)  # type: ignore[attr-defined]  # a test's clock
        services.vouchers.recover()

    on(services, database, 2, meanwhile).rollback(redeemed.id)
    assert services.offers.get(offer).spent.uses == len(_of(services, offer)) == 1


def a_roll_back_is_done_by_another(services: Services, database: Any, offer: str) -> None:
    """Between reading the redemption and moving it."""
    code = generic(services, uses=3, id=offer)
    services.vouchers.redeem(code, "ben", basket("o2"))
    redeemed = services.vouchers.redeem(code, "ana", basket("o1"))
    on(services, database, 1, lambda: _roll_back(services, redeemed.id)).rollback(redeemed.id)
    assert services.offers.get(offer).spent.uses == len(_of(services, offer)) == 1


def points_on(services: Services, database: Any, meanwhile: Callable[[], None]) -> Points:
    """Points on this database, to whose first write to an account something happens."""
    accounts = Interrupted(MongoAccounts(database), [0], 0, False, meanwhile)
    books = Books(
        accounts=accounts,  # type: ignore[arg-type]  # it passes everything on
        ledger=MongoLedger(database),
        facets=MongoFacets(database),
        programmes=services.points_programmes,
        shop=services.shops.get,
        issue=lambda offer, source, customer: services.vouchers.mint(offer, {source: customer})[source],
        clock=services.clock,
    )
    return Points(books, services.offers, MongoLiability(database), 60)


def points_are_spent_by_another(services: Services, database: Any, offer: str) -> None:
    """Between reading the account and writing it: there is enough for one of both."""
    customer = f"buyer-{offer}"
    if "tenth" not in {one.id for one in services.offers.page("", 100)}:
        with_reward(services, 0)
    services.points.adjust(customer, f"opening-{offer}", 150, "", "tests")
    late = points_on(services, database, lambda: _spend(services, customer, f"first-{offer}"))
    unless_refused(lambda: late.spend(customer, f"second-{offer}", "tenth", "tests"))
    assert balance(services, customer) == (50, 0)
    assert services.database["vouchers"].count_documents({"customer": customer}) == 1


GUARDS: list[tuple[str, Story, dict[str, Any]]] = [
    ("budget: compare-and-set of uses", the_last_use_is_taken_by_another, {"name": "offers", "conditions": "spent"}),
    (
        "budget: compare-and-set of money",
        the_last_cents_are_taken_by_another,
        {"name": "offers", "conditions": "spent"},
    ),
    ("places: unique", a_single_code_is_used_by_another, {"name": "redemptions", "dropped": "holds"}),
    (
        # An order's codes also have turns, which are places: either of both guards would do.
        "redemption: dedupe by its id and its turn",
        the_same_order_comes_twice,
        {"name": "redemptions", "other_id": True, "dropped": "holds"},
    ),
    (
        "budget: booked once",
        what_is_given_back_is_given_back_by_another,
        {"name": "offers", "conditions": "open.token"},
    ),
    (
        "redemption: compare-and-set",
        a_roll_back_is_done_by_another,
        {"name": "redemptions", "conditions": "state attempt"},
    ),
    ("points: compare-and-set", points_are_spent_by_another, {"name": "points_accounts", "conditions": "version"}),
]


@pytest.mark.parametrize(("story", "without"), [guard[1:] for guard in GUARDS], ids=[guard[0] for guard in GUARDS])
def test_a_story_holds_with_its_guard_and_goes_wrong_without(
    services: Services, story: Story, without: dict[str, Any]
) -> None:
    story(services, services.database, "guarded")
    with pytest.raises(AssertionError):
        story(services, Careless(services.database, **without), "unguarded")


def _redeem(services: Services, code: str, customer: str, order: str) -> None:
    assert services.vouchers.redeem(code, customer, basket(order)).state is RedemptionState.REDEEMED


def _roll_back(services: Services, redemption: str) -> None:
    assert services.vouchers.rollback(redemption).state is RedemptionState.ROLLED_BACK


def _spend(services: Services, customer: str, operation: str) -> None:
    try:
        services.points.spend(customer, operation, "tenth", "tests")
    except Conflict as error:
        raise RuntimeError("This was to be possible.") from error


def _of(services: Services, offer: str) -> list[str]:
    return [one.order for one in standing(services) if one.offer == offer]
