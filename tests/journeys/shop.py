"""A small shop for journeys: a few customers with orders, words for both channels, and a worker without a process."""

from datetime import datetime, timedelta

import worker
from campaigns.campaign import Campaign
from common.doorbell import Doorbell
from common.ids import new_id
from content.templates import Template
from customers.consent import Consent
from customers.customer import Customer
from customers.orders import Line, Order
from customers.shop import Shop
from segments.segment import Segment
from wiring import Services

WORDS = {
    "email": {
        "en": {"subject": "Hello {{ first_name }}", "html": "<p>We miss you, {{ first_name }}.</p>"},
        "de": {"subject": "Hallo {{ first_name }}", "html": "<p>Du fehlst uns, {{ first_name }}.</p>"},
    },
    "sms": {"en": {"text": "We miss you, {{ first_name }}."}},
}
OFFER_WORDS = {
    "email": {
        "en": {
            "subject": "{{ offer.summary }} for {{ first_name }}",
            "html": "<p>Your code: {{ voucher.code }}. <a href='https://shop.example/new'>New things</a></p>",
        }
    },
    "sms": {"en": {"text": "{{ offer.summary }}: {{ voucher.code }}"}},
}


class Bench(Doorbell):
    """Notes what it is rung for, and does it when told to: a worker that works when the test says so."""

    def __init__(self) -> None:
        self.rung: list[tuple[str, tuple[str, ...]]] = []

    def ring(self, job: str, *ids: str, urgent: bool = False) -> bool:
        self.rung.append((job, ids))
        return True

    def work(self, services: Services) -> int:
        """Do all that is rung for, also what that rings for; how many jobs."""
        done = 0
        while self.rung:
            job, ids = self.rung.pop(0)
            worker.JOBS[job](services, *ids)
            done += 1
        return done


def someone(number: int, now: datetime, **facts: object) -> Customer:
    yes = {"marketing": Consent(state="granted", at=now, how="checkout")}
    plain = {
        "id": f"c{number}",
        "first_name": f"Ana{number}",
        "locale": "en",
        "addresses": {"email": [f"c{number}@example.com"], "sms": [f"+1212555{number:04d}"]},
        "preferred": ["email"],
        "consents": {"email": yes, "sms": yes},
    }
    return Customer(**{**plain, **facts})  # type: ignore[arg-type]  # the test names the fields


def bought(customer: str, at: datetime, total: int = 2_000, id: str = "") -> Order:
    line = Line(product_id="cd", quantity=1, unit_price=total)
    return Order(id=id or new_id(), customer_id=customer, placed_at=at, currency="EUR", total=total, lines=[line])


def open_shop(services: Services, people: list[Customer]) -> None:
    """Let customers in, each with an order a hundred days ago, and a segment of all of them."""
    now = services.clock.now()
    services.shops.put(Shop(name="Harbour Records", postal_address="1 Harbour Lane"))
    services.customers.upsert(people)
    for person in people:
        for channel, words in person.consents.items():
            services.customers.set_consent(person.id, channel, "marketing", words["marketing"])
    services.orders.upsert([bought(person.id, now - timedelta(days=100)) for person in people])
    services.segments.add(
        Segment(id="all", name="All", rules={"rule": "profile_orders", "at_least": 1}, created_at=now, updated_at=now)
    )
    services.templates.put(Template(id="miss", name="Miss", content=WORDS))


def draft(services: Services, **settings: object) -> Campaign:
    # A name of its own, and the same in every run: the draws hang on it.
    number = len(services.campaigns.page("", 100))
    plain = {"id": f"winback{number}", "name": "Win-back", "segment": "all", "template": "miss"}
    return services.campaigns.save(Campaign(**{**plain, **settings}))  # type: ignore[arg-type]  # as above
