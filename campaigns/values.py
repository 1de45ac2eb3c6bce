"""What a template can say of each person: their history, the offer, their own code, their ways out."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, Protocol

import msgspec

from campaigns import spelling
from common.clock import Clock
from common.errors import NotFound
from common.links import Links
from content.recommend import Recommendation, Recommender
from content.vocabulary import VARIABLES
from customers.catalogue import Product, Products, advertised, with_stand_ins
from customers.customer import Customer, Customers
from customers.orders import Order, Orders
from customers.shop import Brand, Shop, Shops
from loyalty.offer import Offer, Offers
from loyalty.programme import Programmes
from loyalty.referral_rewards import in_words

# What an event says of a voucher; its offer is looked up only where these are used.
UNUSED = frozenset({"unused", "unused.summary", "unused.code", "unused.valid_until"})
PAGES = ("unsubscribe", "preferences", "why")
# The picture in a letter that tells that it was opened.
OPENED = "links.open"
# The word for products worth showing this person; they are looked up only where it is used.
RECOMMENDATIONS = "recommendations"
FAVOURITES = "profile.favourites"
MOST_FAVOURITES = 5
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


class Favouring(Protocol):
    """Knows what customers buy most often."""

    def of(self, customers: Sequence[str], most: int) -> Mapping[str, Sequence[str]]:
        """The ids of each customer's most frequent products, the most frequent first."""
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
    favourites: Mapping[str, Sequence[str]] = {}
    told: Mapping[str, Mapping[str, Any]] = {}
    unused: Mapping[str, str] = {}


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
        favourites: Favouring,
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
        self._favourites = favourites
        self._shops = shops
        self._links = links
        self._clock = clock

    def ordered(self, since: Mapping[str, tuple[str, datetime]]) -> set[str]:
        """Those of these sources whose customer has ordered since the instant that is given with them."""
        latest = self._orders.last_of(sorted({customer for customer, _ in since.values()}))
        return {source for source, (one, instant) in since.items() if one in latest and latest[one].placed_at > instant}

    def gather(
        self,
        occasion: Occasion,
        sources: Mapping[str, str],
        about: Mapping[str, str] | None = None,
        names: Collection[str] = VARIABLES,
        told: Mapping[str, Mapping[str, Any]] | None = None,
        read: Mapping[str, Customer] | None = None,
    ) -> Gathered:
        """All that these customers, by source (a message's id), need; mints their codes.

        `about` are the orders that the messages speak of, by source, and `told` what their events tell; what takes a
        look-up of its own is read only where `names` ask for it. The customers are not read again where they have been
        `read` already: those that are missing there are gone.
        """
        people = sorted(set(sources.values()))
        named = self._orders.get(sorted(set(about.values()))) if about else {}
        # An event may name an order that is somebody else's: the friend's, where one was invited.
        spoken_of = {
            source: named[order]
            for source, order in (about or {}).items()
            if order in named and named[order].customer_id == sources[source]
        }
        orders = self._orders.last_of(people)
        customers = self._customers.get(people) if read is None else read
        return self._gathered(occasion, sources, customers, orders, spoken_of, names, told or {}, mint=True)

    def rehearsed(self, occasion: Occasion, sources: Mapping[str, str], names: Collection[str] = VARIABLES) -> Gathered:
        """The same to look at: no code is made, and each one's latest order stands for the one spoken of."""
        people = sorted(set(sources.values()))
        orders = self._orders.last_of(people)
        spoken_of = {source: orders[one] for source, one in sources.items() if one in orders}
        return self._gathered(occasion, sources, self._customers.get(people), orders, spoken_of, names, {}, mint=False)

    def _gathered(
        self,
        occasion: Occasion,
        sources: Mapping[str, str],
        customers: Mapping[str, Customer],
        orders: Mapping[str, Order],
        about: Mapping[str, Order],
        names: Collection[str],
        told: Mapping[str, Mapping[str, Any]],
        *,
        mint: bool,
    ) -> Gathered:
        people = sorted(set(sources.values()))
        favourites = self._favourites.of(people, MOST_FAVOURITES) if FAVOURITES in names else {}
        bought = {line.product_id for order in (*orders.values(), *about.values()) for line in order.lines}
        bought.update(*favourites.values(), *map(spelling.products_in, told.values()))
        return Gathered(
            shared=self._shared(occasion),
            customers=customers,
            orders=orders,
            products=with_stand_ins(self._products, sorted(bought)),
            codes=self._codes(occasion, sources, mint),
            about=about,
            referral_codes=self._referral_codes(occasion, people, mint),
            recommended=self._recommended(list(customers.values()), orders) if RECOMMENDATIONS in names else {},
            favourites=favourites,
            told=told,
            unused=self._unused(told, occasion.locale) if not UNUSED.isdisjoint(names) else {},
        )

    def _unused(self, told: Mapping[str, Mapping[str, Any]], locale: str) -> dict[str, str]:
        """What the vouchers give that these events tell of, by the offer's id; what was deleted gives nothing more."""
        summaries: dict[str, str] = {}
        for id_ in {event["offer"] for event in told.values() if spelling.tells_of_voucher(event)}:
            with suppress(NotFound):
                summaries[id_] = self._offers.get(id_).summary(locale)
        return summaries

    def _recommended(
        self, people: Sequence[Customer], orders: Mapping[str, Order]
    ) -> Mapping[str, Sequence[Recommendation]]:
        latest = {one: [line.product_id for line in order.lines] for one, order in orders.items()}
        return self._recommender.for_people(people, latest)

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
            **spelling.person(customer),
            "locale": customer.locale or shared.shop.locale,
            "time_zone": customer.time_zone or shared.shop.time_zone,
            "profile": self._profile(gathered, customer),
            "links": self._ways_out(source, names, shared.shop),
            **spelling.loyalty(customer, shared.now),
            **self._history(gathered, customer.id, names),
        }
        if source in gathered.about:
            page = {"page": self._links.url("order", source)}
            values["order"] = spelling.spoken_of(gathered.about[source], gathered.products) | page
        if source in gathered.told:
            event = gathered.told[source]
            values |= spelling.news(event, gathered.products)
            if spelling.tells_of_voucher(event) and (summary := gathered.unused.get(event["offer"])):
                values["unused"] = spelling.unused(event, summary)
        code = gathered.codes.get(source)
        if code and shared.offer:
            values["voucher"] = {"code": code, "valid_until": shared.offer.ends(shared.now)}
        referral = gathered.referral_codes.get(customer.id)
        if referral:
            mine = {"code": referral, "link": self._links.referral(referral)}
            values["referral"] = {**shared.values["referral"], **mine}
        return values

    def _profile(self, gathered: Gathered, customer: Customer) -> dict[str, Any]:
        profile = spelling.profile(customer, gathered.shared.shop.currency, gathered.shared.now)
        if favourites := gathered.favourites.get(customer.id):
            profile["favourites"] = [spelling.on_offer(one) for one in advertised(favourites, gathered.products)]
        return profile

    def _history(self, gathered: Gathered, customer: str, names: Collection[str]) -> dict[str, Any]:
        """What they bought, and what to show them."""
        values: dict[str, Any] = {}
        order = gathered.orders.get(customer)
        if order is not None:
            again = "last_order.again" in names
            values["last_order"] = spelling.latest_order(order, gathered.products, again=again)
        if shown := gathered.recommended.get(customer):
            values[RECOMMENDATIONS] = [spelling.on_offer(one.product) for one in shown]
        return values

    def _ways_out(self, source: str, names: Collection[str], shop: Shop) -> dict[str, str]:
        every = "links" in names
        ways = {page: self._links.url(page, source) for page in PAGES if every or f"links.{page}" in names}
        if every or OPENED in names:
            ways["open"] = self._links.opened(source if shop.open_pixels else "")
        return ways

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
