"""Customers drawn by chance, with everything that can be missing, odd or extreme about one."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

import msgspec

from customers.consent import Consent
from customers.customer import Customer
from customers.orders import Line, Order
from customers.profile import Profile
from segments import lapse
from segments.rfm import CELLS
from storage.mongo import Document, to_document

CHANNELS = ["email", "sms"]
CURRENCIES = ["EUR", "USD", "JPY"]
SUMS = [0, 1, 5_000, 10_000, 20_001, 10**12]
PRODUCTS = ["tea", "mug", "kettle", "$gt", "a.b"]
LOCALES = ["", "pt", "pt-BR", "pt-PT", "en", "EN", "ptx", "de-DE", "pt."]
ZONES = ["", "Europe/Lisbon", "UTC", "Asia/Tokyo", "America/Lima"]
COUNTRIES = ["", "PT", "DE", "AT", "pt", "JP"]
TAGS = ["vip", "press", "wholesale", "VIP", "$where", ""]
CATEGORIES = {"tea": ["drinks"], "mug": ["kitchen"], "kettle": ["kitchen", "drinks"], "a.b": []}
CODES = ["WELCOME", "SPRING", "$gt"]
STATES: list[Any] = ["placed", "delivered", "cancelled", "returned", "shipped"]
TIERS = ["silver", "gold", "$ne"]
BIRTHDAYS = ["", "1984-05-17", "1999-02-28", "2000-02-29", "--02-29", "--03-01", "1970-03-02", "--03-09", "1960-12-31"]
VALUES: list[Any] = ["M", "m", "1", "", 1, 2, 2.0, 2.5, 0, -3, True, False, None, ["M"], {"M": 1}, 10**15,
                     ["L", "XS"], [], "L", ["$gt"]]  # fmt: skip
LETTERS = "abcXYZ019-_.:é🦊 $"
SPANS = [0, 1, 30, 60, 90, 365, 400]


def customers(random: Random, number: int, now: datetime) -> list[Customer]:
    """So many customers with ids of their own."""
    return [_customer(random, f"{index:05}{_letters(random)}", now) for index in range(number)]


def documents(random: Random, people: Sequence[Customer]) -> list[Document]:
    """The customers as MongoDB may hold them: what is at its default is absent, null, or written out."""
    return [_loosened(random, to_document(person)) for person in people]


def orders(random: Random, people: Sequence[Customer], now: datetime) -> list[Order]:
    """A few orders for half of the customers; they have nothing to do with the profiles."""
    return [
        _order(random, f"{person.id}-{index}", person.id, now)
        for person in people
        for index in range(random.choice([0, 0, 0, 1, 2, 5]))
    ]


def products() -> list[Document]:
    """The catalogue; one product that people bought is not in it any more."""
    return [{"_id": product, "categories": categories} for product, categories in CATEGORIES.items()]


def _order(random: Random, id: str, customer: str, now: datetime) -> Order:
    total = random.choice([0, 1, 99, 100, 10**6])
    return Order(
        id=id,
        customer_id=customer,
        placed_at=_instant(random, now),
        currency=random.choice(CURRENCIES),
        total=total,
        refunded=random.choice([0, 0, total]),
        lines=[Line(product_id=product, quantity=1, unit_price=1) for product in _some(random, PRODUCTS)],
        vouchers=_some(random, CODES) if random.random() < 0.5 else [],
        state=random.choice(STATES),
    )


def _customer(random: Random, id: str, now: datetime) -> Customer:
    if random.random() < 0.05:
        return Customer(id=id)
    return Customer(
        id=id,
        locale=random.choice(LOCALES),
        time_zone=random.choice(ZONES),
        country=random.choice(COUNTRIES),
        birthday=random.choice(BIRTHDAYS),
        addresses={channel: [f"{channel}:{id}"] * random.choice([0, 1, 2]) for channel in _some(random, CHANNELS)},
        preferred=_some(random, CHANNELS),
        consents={channel: _words(random, now) for channel in _some(random, CHANNELS)},
        attributes=_attributes(random, now),
        tags=_some(random, TAGS),
        profile=_profile(random, now),
        loyalty=_loyalty(random, now),
        engagement=random.choice([{}, {"cart_at": _instant(random, now)}, {"last_opened_at": now}]),
        scores=random.choice([{}, {"rfm": _scores(random)}, {"lapse": _lapse(random, now)}, {"other": 1}]),
    )


def _attributes(random: Random, now: datetime) -> dict[str, Any]:
    kept = {name: random.choice(VALUES) for name in _some(random, ["size", "children", "newsletter", "wedding"])}
    if "wedding" in kept and random.random() < 0.7:
        kept["wedding"] = random.choice([_instant(random, now), _midnight(_instant(random, now))])
    return kept


def _midnight(at: datetime) -> datetime:
    return at.replace(hour=0, minute=0, second=0, microsecond=0)


def _loyalty(random: Random, now: datetime) -> dict[str, Any]:
    lots = [
        {"at": now + timedelta(days=random.choice([-1, 0, 1, 30, 31, 90])), "points": random.choice([1, 50, 100])}
        for _ in range(random.choice([0, 1, 3]))
    ]
    points = random.choice([0, 1, 99, 100, 10_000])
    tiered = {"points": points, "pending": random.choice([0, 5]), "tier": random.choice(TIERS), "expiring": lots}
    return random.choice([{}, {"points": points}, tiered, tiered])


def _profile(random: Random, now: datetime) -> Profile:
    occasions = random.choice([0, 1, 1, 2, 3, 5, 40])
    if not occasions:
        return Profile()
    gap = random.choice([0.0, 1.0, 7.5, 30.0, 45.0, 1000 / 3, 20.000001])
    last = _instant(random, now)
    return Profile(
        orders=occasions + random.choice([0, 0, 1]),
        days=occasions,
        spend={
            currency: random.choice([0, 1, 5_000, 10_000, 20_001, 10**12]) for currency in _some(random, CURRENCIES)
        },
        first_at=last - timedelta(days=gap * (occasions - 1)),
        last_at=last,
        gap_days=gap if occasions > 1 else None,
        products=sorted(_some(random, PRODUCTS)),
        average={currency: random.choice([0, 5_000, 20_001]) for currency in _some(random, CURRENCIES)},
        categories=sorted(_some(random, ["drinks", "kitchen", "$gt"])),
        returns=random.choice([0, 0, 1, 3, 4]),
        **_troubles(random, now),
    )


def _troubles(random: Random, now: datetime) -> dict[str, Any]:
    if random.random() < 0.5:
        return {}
    return {
        "incidents": random.choice([1, 2, 6]),
        "open_incidents": random.choice([0, 1, 3]),
        "bad_in_a_row": random.choice([0, 1, 2, 5]),
        "last_incident_at": _instant(random, now),
    }


def _instant(random: Random, now: datetime) -> datetime:
    """Often exactly on the edge of some days ago, or a millisecond beside it."""
    beside = timedelta(milliseconds=random.choice([-1, 0, 0, 1, random.randrange(86_400_000)]))
    return now - timedelta(days=random.choice([*SPANS, random.randrange(-2, 800)])) + beside


def _scores(random: Random) -> dict[str, Any]:
    scores = {name: random.randint(1, 5) for name in "rfm"}
    return {**scores, "cell": random.choice(CELLS)}


def _lapse(random: Random, now: datetime) -> dict[str, Any]:
    """An outlook as segments/statistics.py leaves one; of who ordered once, nobody says when they are gone."""
    due = _instant(random, now)
    gone = sorted(_instant(random, now) for _ in lapse.CERTAINTIES)
    return {
        "model": "bgnbd",
        "p_alive": random.choice([0.0, 0.5, 1.0]),
        "expected": {str(span): random.choice([0.0, 0.5, 1.0, 2.5]) for span in lapse.SPANS},
        "next_at": due,
        "late_at": due + timedelta(days=random.choice([0, 1, 30])),
        "gone": {str(sure): at for sure, at in zip(lapse.CERTAINTIES, gone, strict=True)}
        if random.random() < 0.8
        else {},
        "value": random.choice([0, 1, 5_000, 10_000, 20_001]),
    }


def _words(random: Random, now: datetime) -> dict[str, Consent]:
    purposes = _some(random, ["marketing", "service"])
    return {purpose: Consent(state=random.choice(["granted", "denied"]), at=now) for purpose in purposes}


def _some(random: Random, choices: Sequence[str]) -> list[str]:
    return random.sample(list(choices), random.randint(0, len(choices)))


def _letters(random: Random) -> str:
    return "".join(random.choice(LETTERS) for _ in range(random.randint(0, 20)))


def _loosened(random: Random, document: Document) -> Document:
    """The same meaning in another form: defaults written out in the profile, or nulls where it may be null."""
    profile = document.get("profile", {})
    if random.random() < 0.3:
        written = msgspec.structs.asdict(msgspec.convert(profile, Profile))
        return {**document, "profile": {**written, **profile}}
    return document
