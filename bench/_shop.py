"""A shop to measure with: customers with consent and an order of five lines each, an offer, a personal letter."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from pymongo import WriteConcern

from campaigns.campaign import Campaign
from content.templates import Content, Template
from customers.catalogue import Product
from customers.consent import Consent
from customers.customer import Customer
from customers.orders import Line, Order
from customers.shop import Brand, Shop
from loyalty.offer import Offer
from segments.segment import Segment
from storage.mongo import Mongo, to_document
from wiring import Services

CHUNK = 1_000
PRODUCTS = 40
LINES = 5
SUBJECT = "{{ first_name }}, we miss you"
HTML = """\
<h1>We miss you, {{ first_name }}.</h1>
<p>It has been {{ profile.days_since }} days since your last parcel left our table, with these inside:</p>
<ul>{% for name in last_order.products %}<li>{{ name }}</li>{% endfor %}</ul>
<p>We hope all of it still gets played, loudly. New records have come in since, and we would love to be the ones
who send you the next. {{ last_order.packed_by }} has put a few aside.</p>
<p>So here is <strong>{{ offer.summary }}</strong>, with a code that belongs to you and nobody else:</p>
<p class="code">{{ voucher.code }}</p>
<p><a class="button" href="{{ shop.url }}">See what is new</a></p>
<p>No hurry, and no hard feelings. It is simply good to have you around.</p>
"""
WORDS: Content = {"email": {"en": {"subject": SUBJECT, "html": HTML}}}


def open_shop(services: Services, customers: int) -> str:
    """Fill the shop and write a campaign for all of its customers; the campaign's id."""
    now = services.clock.now()
    brand = Brand(name="Harbour Records", email_from="hello@shop.test")
    shop = Shop(
        name="Harbour Records", url="https://shop.test", postal_address="1 Harbour Lane", brands={"default": brand}
    )
    services.shops.put(shop)
    products = [Product(id=f"p{number}", name=f"Record number {number}") for number in range(PRODUCTS)]
    services.products.upsert(products)
    services.customers.upsert([_someone(0, now)])
    services.orders.upsert([_bought(0, now)])
    for start in range(1, customers, CHUNK):
        _fill(services.database, range(start, min(start + CHUNK, customers)), now)
    services.templates.put(Template(id="miss", name="We miss you", content=WORDS))
    return _campaign(services, now)


def _fill(database: Mongo, numbers: Sequence[int], now: datetime) -> None:
    """More customers with their orders, put in as the first was kept: the long way takes longer than the launch."""
    unsafe = WriteConcern(w=1, j=False)
    for name, make in {"customers": _someone, "orders": _bought}.items():
        collection = database.get_collection(name, write_concern=unsafe)
        first = collection.find_one({"_id": make(0, now).id}) or {}
        kept = {field: value for field, value in first.items() if field not in ("pending", "pending_at")}
        collection.insert_many([kept | to_document(make(number, now)) for number in numbers], ordered=False)


def _campaign(services: Services, now: datetime) -> str:
    offer = Offer(
        id="fifth", name="A fifth off", kind="percent", settings={"percent": 20}, created_at=now, updated_at=now
    )
    services.offers.add(offer)
    rules = {"rule": "profile_orders", "at_least": 1}
    services.segments.add(Segment(id="all", name="All", rules=rules, created_at=now, updated_at=now))
    campaign = Campaign(id="win-back", name="Win-back", segment="all", template="miss", offer="fifth")
    return services.campaigns.save(campaign).id


def _someone(number: int, now: datetime) -> Customer:
    return Customer(
        id=f"c{number:07}",
        first_name=f"Ana{number}",
        locale="en",
        addresses={"email": [f"c{number}@example.com"]},
        consents={"email": {"marketing": Consent(state="granted", at=now, how="file", source="import")}},
    )


def _bought(number: int, now: datetime) -> Order:
    lines = [
        Line(product_id=f"p{(number + 7 * line) % PRODUCTS}", quantity=1, unit_price=1_999) for line in range(LINES)
    ]
    return Order(
        id=f"o{number:07}",
        customer_id=f"c{number:07}",
        placed_at=now - timedelta(days=60 + number % 300),
        currency="EUR",
        total=1_999 * LINES,
        lines=lines,
        packed_by="Mia",
    )
