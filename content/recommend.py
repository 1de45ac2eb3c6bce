"""Products worth showing a person: in stock, with a price, and bought by people like them.

What people with the same products have, too, comes first, the closest by the sum over all that this person bought
(item-to-item: Linden, Smith and York, "Amazon.com Recommendations", IEEE Internet Computing 7(1), 2003). What they have
already is shown only where many come back for it. Then the best sellers of their categories, and of the shop. A product
that is sold out gives its place to its best substitute that is not, and where there is none, to the next.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Protocol

import msgspec

from content.companions import Companions
from customers.catalogue import Product, Products, advertised, with_stand_ins
from customers.customer import Customer

# Shown to one person; and looked at, since some of it may be sold out.
SHOWN = 4
LOOKED_AT = 16
# Of somebody's products so many are looked at, the latest order's first.
OWN = 30
# From this share of buyers who came back for it on, a product is one that is bought again.
BOUGHT_AGAIN = 0.2
EVERYTHING = ""  # the category that all products are in


class Why(StrEnum):
    """Why a product is shown."""

    ALIKE = "bought_by_people_like_them"
    AGAIN = "bought_again"
    BEST_SELLER = "best_seller"
    SUBSTITUTE = "substitute"


class Recommendation(msgspec.Struct, frozen=True, kw_only=True):
    """A product, why it is shown, and for which one that is sold out it stands in, if it does."""

    product: Product
    why: Why
    instead_of: str = ""


class Counts(Protocol):
    """What was counted (content/companions.py)."""

    def of(self, products: Sequence[str]) -> dict[str, Companions]:
        """What was counted of each of these products."""
        ...

    def best_sellers(self, categories: Sequence[str]) -> dict[str, list[str]]:
        """The ids of the best sellers of each of these categories, the best first; of all products for ""."""
        ...


class Recommender:
    """Looks up what to show, in four reads however many people it is for."""

    def __init__(self, counts: Counts, products: Products) -> None:
        self._counts = counts
        self._products = products

    def for_people(
        self,
        people: Sequence[Customer],
        latest: Mapping[str, Sequence[str]] | None = None,
        shown: int = SHOWN,
    ) -> dict[str, list[Recommendation]]:
        """At most `shown` recommendations for each, by their id, the best first; `latest` are the ids of the products
        that each bought last. Fewer where the shop has no more in stock.
        """
        own = {one.id: _own(one, (latest or {}).get(one.id, ())) for one in people}
        counted = self._counts.of(sorted({product for products in own.values() for product in products}))
        categories = sorted({EVERYTHING, *(name for one in people for name in one.profile.categories)})
        best = self._counts.best_sellers(categories)
        ranked = {
            one.id: ranking(own[one.id], one.profile.products, one.profile.categories, counted, best) for one in people
        }
        products = with_stand_ins(self._products, sorted({product for wanted in ranked.values() for product in wanted}))
        return {one: on_sale(wanted, products)[:shown] for one, wanted in ranked.items()}


def ranking(
    own: Sequence[str],
    owned: Sequence[str],
    categories: Sequence[str],
    counted: Mapping[str, Companions],
    best: Mapping[str, Sequence[str]],
) -> dict[str, Why]:
    """The ids of what may be shown to who bought `own` lately and `owned` in all, the best first, with the reasons."""
    have: set[str] = set(owned)
    scores: defaultdict[str, float] = defaultdict(float)
    for known in filter(None, map(counted.get, own)):
        for one in known.beside:
            scores[one.product] += one.closeness
        scores[known.id] += known.again_share
    ranked: dict[str, Why] = {}
    for product, _ in sorted(scores.items(), key=lambda one: (-one[1], one[0])):
        if product not in have:
            ranked[product] = Why.ALIKE
        elif product in counted and counted[product].again_share >= BOUGHT_AGAIN:
            ranked[product] = Why.AGAIN
        if len(ranked) == LOOKED_AT:
            break
    for category in (*categories, EVERYTHING):
        for product in best.get(category, ()):
            if product not in have:
                ranked.setdefault(product, Why.BEST_SELLER)
    return ranked


def on_sale(wanted: Mapping[str, Why], products: Mapping[str, Product]) -> list[Recommendation]:
    """What of it can be bought now, or what stands in for it; each once."""
    shown: dict[str, Recommendation] = {}
    for id, why in wanted.items():  # noqa: A001  # as the domain calls it
        for product in advertised([id], products):
            if product.name and product.price and product.currency:
                instead = id if product.id != id else ""
                one = Recommendation(product=product, why=Why.SUBSTITUTE if instead else why, instead_of=instead)
                shown.setdefault(product.id, one)
    return list(shown.values())


def _own(customer: Customer, latest: Sequence[str]) -> list[str]:
    return list(dict.fromkeys([*latest, *customer.profile.products]))[:OWN]
