"""A points programme, customers and orders that the tests of points start from."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from msgspec.structs import replace

from common.money import Money
from customers.customer import Customer
from customers.order_events import OrderEvent
from customers.orders import Line, Order
from loyalty.points_account import Account
from loyalty.points_expiry import Expiry
from loyalty.points_programme import Earning, PointsProgramme, Reward, Worth
from loyalty.tiers import Level, TierRules
from storage.mongo import from_documents
from tests.loyalty.makers import offer
from wiring import Services

PER_EURO = Earning(kind="per_amount", settings={"points": 1, "per": {"amount": 100, "currency": "EUR"}})
SILVER_AND_GOLD = TierRules(
    by="points",
    window_months=12,
    grace_days=10,
    levels=[Level(name="Silver", threshold=100, benefits={"free_shipping": True}), Level(name="Gold", threshold=500)],
)
REWARD = Reward(offer="tenth", points=100)


def open_programme(services: Services, *, window: int = 30, zone: str = "UTC", **fields: Any) -> PointsProgramme:
    """A point for each euro, for a year; a tenth off costs a hundred points."""
    shop = services.shops.get()
    services.shops.put(replace(shop, return_window_days=window, time_zone=zone, currency="EUR"))
    given = {
        "active": True,
        "earning": [PER_EURO],
        "expiry": Expiry(policy="months", months=12),
        "tiers": SILVER_AND_GOLD,
        "rewards": [REWARD],
        "worth": Worth(points=100, money=Money(100, "EUR")),
    } | fields
    return services.points_programmes.put(PointsProgramme(**given))  # type: ignore[arg-type]  # the test names them


def with_reward(services: Services, points: int = 0, customer: str = "ana", **fields: Any) -> None:
    """A programme, its offer, and a customer who was given points by hand."""
    open_programme(services, **fields)
    services.offers.add(offer())
    person(services, customer)
    if points:
        services.points.adjust(customer, "opening", points, "to begin with", "tests")


def person(services: Services, *ids: str) -> None:
    """Customers without anything."""
    services.customers.upsert([Customer(id=one) for one in ids])


def order(services: Services, id: str = "o1", customer: str = "ana", total: int = 10_000, **fields: Any) -> Order:
    """An order of 100 euros, kept, and its events told."""
    given = {"placed_at": services.clock.now(), "currency": "EUR"} | fields
    made = Order(id=id, customer_id=customer, total=total, **given)
    services.orders.upsert([made])
    hear(services)
    return made


def line(product: str, quantity: int = 1, unit_price: int = 1_000) -> Line:
    """A line of an order."""
    return Line(product_id=product, quantity=quantity, unit_price=unit_price)


def happened(services: Services, order: str, type: str, **fields: Any) -> None:
    """Something happens to an order, and is told."""
    services.orders.add_event(order, OrderEvent(type=type, at=services.clock.now(), **fields))  # type: ignore[arg-type]
    hear(services)


def hear(services: Services) -> None:
    """What is pending becomes events, and points listen to them."""
    while services.events.pump():
        pass
    while services.points_feed.react():
        pass


def later(services: Services, days: float) -> None:
    """Days go by, and the chores are done."""
    services.clock.advance(timedelta(days=days).total_seconds())  # type: ignore[attr-defined]  # a test's clock
    services.points.look_after()


def accounts(services: Services) -> list[Account]:
    """Every account."""
    return from_documents(services.database["points_accounts"].find(), Account)


def balance(services: Services, customer: str = "ana") -> tuple[int, int]:
    """What a customer can spend, and what is pending."""
    account = services.points.statement(customer).account
    return account.balance, account.waiting


def mistakes(services: Services) -> Sequence[str]:
    """What is wrong in any account, and whatever still stands in an outbox, in words."""
    wrong = [sentence for account in accounts(services) for sentence in services.points.audit(account.id)[1]]
    wrong += [f"{account.id} has an outbox" for account in accounts(services) if account.outbox]
    return wrong
