"""A shop in which something goes wrong: one customer, one order, a policy that tells at once."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from common.money import Money
from content.bad_news import NAMES, content
from content.templates import Template
from customers.catalogue import Product
from customers.orders import Line, Order, OrderEvent
from customers.shop import Brand, Shop
from loyalty.budgets import Budget
from loyalty.goodwill import Goodwill
from segments.segment import Segment
from storage.contents import whole
from tests.journeys.shop import WORDS, Bench, someone
from tests.support.clock import ManualClock
from wiring import Services


class Troubled:
    """The shop; `bench` works when `settle` says so."""

    def __init__(self, services: Services, clock: ManualClock, **policy: Any) -> None:
        self.services = services
        self.clock = clock
        services.shops.put(
            Shop(
                name="Harbour Records",
                postal_address="1 Harbour Lane",
                brands={"default": Brand(name="Harbour Records")},
            )
        )
        services.products.upsert([Product(id="cd", name="Night Ferry", price=2_000, currency="EUR", stock=5)])
        for template, name in NAMES.items():  # the shop's own words: ours, but in two channels and languages
            ours = content(template)
            words = {channel: {lang: ours[channel][lang] for lang in ("en", "de")} for channel in ("email", "sms")}
            services.templates.put(Template(id=template, name=name, content=words))
        self.policy(**policy)

    def policy(self, **policy: Any) -> Goodwill:
        """Set the policy: active, with a budget that is enough, unless the test says otherwise."""
        plain = {"active": True, "budget": Budget(money=Money(100_000, "EUR")), "person_limit": Money(2_000, "EUR")}
        return self.services.goodwill.put(Goodwill(**{**plain, **policy}))

    def customers(self, *numbers: int, **facts: Any) -> list[str]:
        """Customers c1, c2 …"""
        people = [someone(number, self.clock.now(), **facts) for number in numbers]
        self.services.customers.upsert(people)
        for person in people:
            for channel, words in person.consents.items():
                self.services.customers.set_consent(person.id, channel, "marketing", words["marketing"])
        return [person.id for person in people]

    def order(self, id: str, customer: str = "c1", total: int = 4_000, **facts: Any) -> Order:
        """An order placed a day ago."""
        line = Line(product_id="cd", quantity=1, unit_price=total)
        placed = self.clock.now() - timedelta(days=1)
        plain = {"customer_id": customer, "placed_at": placed, "currency": "EUR", "total": total, "lines": [line]}
        return self.services.orders.upsert([Order(id=id, **{**plain, **facts})])[id]

    def happens(self, order: str, type: str, **facts: Any) -> None:
        """An event of an order, now."""
        at = facts.pop("at", self.clock.now())
        self.services.orders.add_events({order: [OrderEvent(type=type, at=at, **facts)]})  # type: ignore[arg-type]  # the test names it

    def settle(self, rounds: int = 4) -> None:
        """All that chores and workers do, until nothing is left to do."""
        bell = self.services.doorbell
        for _ in range(rounds):
            self.services.events.pump()
            self.services.noticing.react()
            if self.services.telling.waiting():
                self.services.telling.work()
            if isinstance(bell, Bench):
                bell.work(self.services)
            self.services.receipts.take()

    def letters(self, customer: str = "c1") -> list[dict[str, Any]]:
        """What lies in the outbox for a customer, the oldest first."""
        kept = self.services.database["contents"].find({}).sort("written_at", 1)
        messages = self.services.database["messages"]
        mine = [(one, messages.find_one({"_id": one["message"]})) for one in kept]
        theirs = [one for one, message in mine if message and message["customer"] == customer]
        return [whole(self.services.database, one)["rendered"]["parts"] for one in theirs]

    def case(self, order: str, cause: str) -> Any:
        """The case of an order."""
        return next(case for case in self.services.cases.of_orders([order]) if case.cause == cause)

    def purse(self) -> dict[str, int]:
        """What was taken out of the goodwill budget, by currency."""
        return self.services.offers.get("goodwill").spent.money


def everybody(services: Services) -> None:
    """A segment of all who ever ordered, and words to write to them."""
    now = services.clock.now()
    rules = {"rule": "profile_orders", "at_least": 1}
    services.segments.add(Segment(id="all", name="All", rules=rules, created_at=now, updated_at=now))
    services.templates.put(Template(id="miss", name="Miss", content=WORDS))


def states(services: Services, orders: Sequence[str]) -> dict[str, str]:
    """Each case's state by its order and cause."""
    return {f"{case.order}/{case.cause}": case.state for case in services.cases.of_orders(orders)}
