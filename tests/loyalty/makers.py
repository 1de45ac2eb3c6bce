"""Offers, baskets and people that the tests here start from."""

from datetime import UTC, datetime
from typing import Any

from common.money import Money
from customers.customer import Customer
from customers.orders import Line, Order
from loyalty.basket import Basket
from loyalty.offer import Budget, Offer
from loyalty.programme import ReferralProgramme
from loyalty.redemption import STANDING, Redemption
from storage.mongo import from_documents
from wiring import Services

AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


def offer(**fields: Any) -> Offer:
    """A tenth off, for everybody, for ever."""
    given = {"id": "tenth", "name": "A tenth off", "kind": "percent", "settings": {"percent": 10}} | fields
    return Offer(**given, created_at=AT, updated_at=AT)


def basket(id: str = "o1", total: int = 10_000, currency: str = "EUR", *products: str, shipping: int = 0) -> Basket:
    """An order of 100 euros."""
    lines = [Line(product_id=product, quantity=1, unit_price=100) for product in products]
    return Basket(id=id, total=Money(total, currency), lines=lines, shipping=shipping)


def code_for(services: Services, customer: str = "", single_use: bool = True, **fields: Any) -> str:
    """The code of a new offer: this customer's own, or anybody's."""
    made = offer(**fields)
    services.offers.add(made)
    return services.vouchers.mint(made.id, {"for a test": customer}, single_use=single_use)["for a test"]


def generic(services: Services, uses: int | None = None, money: int | None = None, **fields: Any) -> str:
    """A code that anybody may use, as often as the budget allows."""
    budget = Budget(
        uses=uses, money=Money(money, "EUR") if money else None, per_customer=fields.pop("per_customer", None)
    )
    return code_for(services, single_use=False, budget=budget, **fields)


def standing(services: Services) -> list[Redemption]:
    """Every redemption that counts."""
    found = services.database["redemptions"].find({"state": {"$in": [state.value for state in STANDING]}})
    return from_documents(found, Redemption)


def assert_books_agree(services: Services, offer_id: str = "tenth") -> None:
    """The counters are the sum of what stands, and nothing is open."""
    kept, counted = services.offers.get(offer_id), standing(services)
    assert kept.open == []
    assert kept.spent.uses == len(counted)
    assert kept.spent.money.get("EUR", 0) == sum(one.discount for one in counted)


def bought(services: Services, customer: str, order: str, **fields: Any) -> Order:
    """A customer, who bought this."""
    services.customers.upsert([Customer(id=customer, **fields.pop("person", {}))])
    given = {"placed_at": services.clock.now(), "currency": "EUR", "total": 10_000} | fields
    made = Order(id=order, customer_id=customer, **given)
    services.orders.upsert([made])
    return made


def programme(services: Services) -> ReferralProgramme:
    """A tenth off for the friend, five euros for the advocate."""
    settings = {"amount": {"amount": 500, "currency": "EUR"}}
    services.offers.add(offer())
    services.offers.add(offer(id="five", name="Five euros", kind="amount", settings=settings))
    made = ReferralProgramme(
        id="friends", name="Friends", friend_offer="tenth", advocate_offer="five", created_at=services.clock.now()
    )
    services.programmes.add(made)
    return made
