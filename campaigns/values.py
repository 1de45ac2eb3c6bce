"""What a template can say of each person: their history, the offer, their own code, their ways out."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

import msgspec

from common.clock import Clock
from common.links import Links
from common.money import Money
from content.recommend import Recommendation, Recommender
from content.vocabulary import VARIABLES
from customers.catalogue import Product, Products, advertised, stand_ins
from customers.customer import Customer, Customers
from customers.orders import Order, Orders
from customers.shop import Brand, Shop, Shops
from loyalty.offer import Offer, Offers
from loyalty.programme import Programmes
from loyalty.referral_rewards import in_words

PAGES = ("unsubscribe", "preferences", "why")
# The word for products worth showing this person; they are looked up only where it is used.
RECOMMENDATIONS = "recommendations"
# Stands where a code of one's own will be, in a rehearsal: as long as a code, and good for nothing.
SAMPLE_CODE = "SAMPLECODE42"


class Minting(Protocol):
    """Makes personal vouchers."""

    def mint(
        self, offer_id: str, owners: Mapping[str, str], campaign: str = "", single_use: bool = True
    ) -> dict[str, str]:
        """A code for each source (a message's id), owned by its customer; the same source, the same code."""
        ...


class Referring(Protocol):
    """Gives customers their codes to share."""

    def codes_for(self, programme_id: str, customers: Sequence[str]) -> dict[str, str]:
        """Each customer's own code of a programme."""
        ...


class Occasion(msgspec.Struct, frozen=True, kw_only=True):
    """What several people are written to about: the same offer, programme, brand and language for all of them."""

    campaign: str = ""
    offer: str = ""
    referral_programme: str = ""
    brand: str = "default"
    locale: str = "en"


class Shared(msgspec.Struct, frozen=True, kw_only=True):
    """What is the same for all people of an occasion."""

    shop: Shop
    brand: Brand
    now: datetime
    values: dict[str, Any]
    offer: Offer | None = None


class Gathered(msgspec.Struct, frozen=True, kw_only=True):
    """What a batch of people needs, each read once for all of them; codes, and the orders spoken of, by source."""

    shared: Shared
    customers: Mapping[str, Customer]
    orders: Mapping[str, Order]
    products: Mapping[str, Product]
    codes: Mapping[str, str]
    about: Mapping[str, Order]
    referral_codes: Mapping[str, str]
    recommended: Mapping[str, Sequence[Recommendation]] = {}


class Values:
    """Gathers, in a handful of reads a batch, and spells out, person by person."""

    def __init__(
        self,
        *,
        customers: Customers,
        orders: Orders,
        products: Products,
        offers: Offers,
        vouchers: Minting,
        programmes: Programmes,
        referrals: Referring,
        recommender: Recommender,
        shops: Shops,
        links: Links,
        clock: Clock,
    ) -> None:
        self._customers = customers
        self._orders = orders
        self._products = products
        self._offers = offers
        self._vouchers = vouchers
        self._programmes = programmes
        self._referrals = referrals
        self._recommender = recommender
        self._shops = shops
        self._links = links
        self._clock = clock

    def gather(
        self,
        occasion: Occasion,
        sources: Mapping[str, str],
        about: Mapping[str, str] | None = None,
        names: Collection[str] = VARIABLES,
    ) -> Gathered:
        """All that these customers, by source (a message's id), need; mints their codes.

        `about` are the orders that the messages speak of, by source; what takes a look-up of its own is read only
        where `names` ask for it.
        """
        people = sorted(set(sources.values()))
        named = self._orders.get(sorted(set(about.values()))) if about else {}
        # An event may name an order that is somebody else's: the friend's, where one was invited.
        spoken_of = {
            source: named[order]
            for source, order in (about or {}).items()
            if order in named and named[order].customer_id == sources[source]
        }
        return self._gathered(occasion, sources, self._orders.last_of(people), spoken_of, names, mint=True)

    def rehearsed(self, occasion: Occasion, sources: Mapping[str, str], names: Collection[str] = VARIABLES) -> Gathered:
        """The same to look at: no code is made, and each one's latest order stands for the one spoken of."""
        orders = self._orders.last_of(sorted(set(sources.values())))
        spoken_of = {source: orders[one] for source, one in sources.items() if one in orders}
        return self._gathered(occasion, sources, orders, spoken_of, names, mint=False)

    def _gathered(
        self,
        occasion: Occasion,
        sources: Mapping[str, str],
        orders: Mapping[str, Order],
        about: Mapping[str, Order],
        names: Collection[str],
        *,
        mint: bool,
    ) -> Gathered:
        people = sorted(set(sources.values()))
        customers = self._customers.get(people)
        bought = sorted({line.product_id for order in (*orders.values(), *about.values()) for line in order.lines})
        return Gathered(
            shared=self._shared(occasion),
            customers=customers,
            orders=orders,
            products=self._catalogue(bought),
            codes=self._codes(occasion, sources, mint),
            about=about,
            referral_codes=self._referral_codes(occasion, people, mint),
            recommended=self._recommended(list(customers.values()), orders) if RECOMMENDATIONS in names else {},
        )

    def _recommended(
        self, people: Sequence[Customer], orders: Mapping[str, Order]
    ) -> Mapping[str, Sequence[Recommendation]]:
        latest = {one: [line.product_id for line in order.lines] for one, order in orders.items()}
        return self._recommender.for_people(people, latest)

    def _catalogue(self, bought: Sequence[str]) -> dict[str, Product]:
        """These products as they are at this moment, and those that stand in for what is sold out."""
        found = self._products.get(bought) if bought else {}
        others = stand_ins(found)
        return found | (self._products.get(others) if others else {})

    def _codes(self, occasion: Occasion, sources: Mapping[str, str], mint: bool) -> dict[str, str]:
        if not occasion.offer:
            return {}
        if not mint:
            return dict.fromkeys(sources, SAMPLE_CODE)
        return self._vouchers.mint(occasion.offer, sources, occasion.campaign)

    def _referral_codes(self, occasion: Occasion, people: Sequence[str], mint: bool) -> dict[str, str]:
        if not occasion.referral_programme:
            return {}
        if not mint:
            return dict.fromkeys(people, SAMPLE_CODE)
        return self._referrals.codes_for(occasion.referral_programme, people)

    def of(
        self, gathered: Gathered, customer: Customer, source: str, names: Collection[str] = VARIABLES
    ) -> dict[str, Any]:
        """What can be said of one of them, by the paths of the vocabulary, as far as `names` ask for it."""
        shared = gathered.shared
        values: dict[str, Any] = {
            **shared.values,
            "first_name": customer.first_name,
            "last_name": customer.last_name,
            "locale": customer.locale or shared.shop.locale,
            "time_zone": customer.time_zone or shared.shop.time_zone,
            "profile": _profile(customer, shared),
            "links": self._ways_out(source, names),
            **_loyalty(customer, shared),
        }
        order = gathered.orders.get(customer.id)
        if order is not None:
            values["last_order"] = _order(order, gathered.products, again="last_order.again" in names)
        if shown := gathered.recommended.get(customer.id):
            values[RECOMMENDATIONS] = [_on_offer(one.product) for one in shown]
        if source in gathered.about:
            values["order"] = _spoken_of(gathered.about[source], gathered.products)
        code = gathered.codes.get(source)
        if code and shared.offer:
            values["voucher"] = {"code": code, "valid_until": shared.offer.ends(shared.now)}
        referral = gathered.referral_codes.get(customer.id)
        if referral:
            mine = {"code": referral, "link": self._links.referral(referral)}
            values["referral"] = {**shared.values["referral"], **mine}
        return values

    def _ways_out(self, source: str, names: Collection[str]) -> dict[str, str]:
        every = "links" in names
        return {page: self._links.url(page, source) for page in PAGES if every or f"links.{page}" in names}

    def _shared(self, occasion: Occasion) -> Shared:
        shop = self._shops.get()
        brand = shop.brands.get(occasion.brand) or Brand(name=shop.name)
        now = self._clock.now()
        values: dict[str, Any] = {
            "shop": {"name": shop.name, "url": shop.url, "postal_address": shop.postal_address},
            "brand": {"name": brand.name, "colour": brand.colour, "logo_url": brand.logo_url},
        }
        offer = self._offers.get(occasion.offer) if occasion.offer else None
        if offer:
            words = {"name": offer.name, "summary": offer.summary(occasion.locale), "valid_until": offer.ends(now)}
            values["offer"] = words
        if occasion.referral_programme:
            programme = self._programmes.get(occasion.referral_programme)
            values["referral"] = {
                "friend_reward": in_words(programme.friend, self._offers, occasion.locale),
                "advocate_reward": in_words(programme.advocate, self._offers, occasion.locale),
            }
        return Shared(shop=shop, brand=brand, now=now, values=values, offer=offer)


def _profile(customer: Customer, shared: Shared) -> dict[str, Any]:
    profile = customer.profile
    currency = shared.shop.currency
    return {
        "orders": profile.orders,
        "days_since": (shared.now - profile.last_at).days if profile.last_at else None,
        "spend": Money(profile.spend[currency], currency) if currency in profile.spend else None,
    }


def _loyalty(customer: Customer, shared: Shared) -> dict[str, Any]:
    """What of their points is to be said; nothing of points that were never theirs."""
    facet = customer.loyalty
    if "points" not in facet:
        return {}
    lost: Mapping[str, Any] = next((one for one in facet.get("expiring", []) if one["at"] > shared.now), {})
    points = {"balance": max(0, facet["points"]), "pending": facet.get("pending", 0)}
    points |= {"expiring": lost.get("points"), "expiring_at": lost.get("at")}
    return {"points": points, "tier": {"name": facet.get("tier", "")}}


def _spoken_of(order: Order, products: Mapping[str, Product]) -> dict[str, Any]:
    """What of the order a message is about; the reason, who brings it and where to follow it by the latest word."""

    def latest(field: str) -> str | None:
        return next((said for event in reversed(order.events) if (said := getattr(event, field))), None)

    return {
        "id": order.id,
        "placed_at": order.placed_at,
        "total": Money(order.total, order.currency),
        "products": _names(order, products),
        "packed_by": order.packed_by,
        "expected_at": order.expected_at,
        **{field: latest(field) for field in ("reason", "carrier", "tracking_url")},
    }


def _on_offer(product: Product) -> dict[str, Any]:
    """A product as words show it."""
    price = Money(product.price, product.currency)
    return {"name": product.name, "price": price, "image": product.image_url, "link": product.url}


def _names(order: Order, products: Mapping[str, Product]) -> list[str]:
    names = [products[line.product_id].name for line in order.lines if line.product_id in products]
    return list(dict.fromkeys(name for name in names if name))


def _order(order: Order, products: Mapping[str, Product], *, again: bool) -> dict[str, Any]:
    bought = [line.product_id for line in order.lines]
    return {
        "id": order.id,
        "placed_at": order.placed_at,
        "packed_by": order.packed_by,
        "products": _names(order, products),
        "again": [product.name for product in advertised(bought, products)] if again else [],
    }
