"""What a customer's doings on the shop's site come to: kept up event by event, each counted once, in any order."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any, Protocol

import msgspec

from common.events import Event, Events
from common.ids import is_shop_id
from customers.behaviour import CART, CART_LISTS, WISHED, is_from_site

CONSUMER = "engagement"
ORDERED = "order_placed"
VIEWED = "product_viewed"
MAX_VIEWED = 20
MAX_TYPES = 50
MAX_CART = 50
AT_ONCE = 500
ROUNDS = 20
_IDS = ("product_id", "product", "id")


class Viewed(msgspec.Struct, frozen=True, kw_only=True):
    """A product, and when they last looked at it."""

    product: str
    at: datetime


class Cart(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The cart as its latest event (`id` decides between those of one instant) tells it."""

    at: datetime
    id: str
    products: list[str] = []
    empty: bool = False


class Site(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The part of the facet `engagement` that the site's events keep.

    `seen_at` is the latest event; `views` and `carts` count; `cart_at` is the latest cart's time, absent where it was
    emptied; `viewed` are the last 20 products looked at, the latest first, and `products` their ids; `wished` and
    `wishes` are the same of those wished for; `types` the latest time of each of the last 50 types. `round` counts the
    times it was written, and `applied` are the events of the last time: by these two an event is counted once.
    """

    seen_at: datetime | None = None
    views: int = 0
    carts: int = 0
    cart_at: datetime | None = None
    cart: Cart | None = None
    viewed: list[Viewed] = []
    products: list[str] = []
    wished: list[Viewed] = []
    wishes: list[str] = []
    types: dict[str, datetime] = {}
    round: int = 0
    applied: list[str] = []


FIELDS = tuple(Site.__struct_fields__)


class Sites(Protocol):
    """Where the facet is kept."""

    def read(self, customers: Sequence[str]) -> dict[str, Site]:
        """The facets of those of these customers that exist."""
        ...

    def waiting(self, ids: Sequence[str]) -> set[str]:
        """Which of these events are still to be counted."""
        ...

    def write(self, changes: Mapping[str, tuple[Site, Site]]) -> bool:
        """Put a facet in place of the one that was read, by customer; False where some were changed meanwhile."""
        ...

    def answered(self, customers: Sequence[str]) -> None:
        """These customers ordered: which channel they like is to be looked at again."""
        ...


class Engagement:
    """Counts site events. Any number of processes may do so at once, and any may die at any point.

    An event waits until it is told to be done. What a facet was last written with is told to be done before it is
    written again, and what waits is looked up after the facet is read: so an event that still waits was never counted
    in a facet that is still as it was read.
    """

    def __init__(self, events: Events, sites: Sites) -> None:
        self._events = events
        self._sites = sites

    def react(self) -> int:
        """Count what waits, up to some thousands; how many events were looked at."""
        looked = 0
        for _ in range(ROUNDS):
            waiting = self._events.waiting_for(CONSUMER, AT_ONCE)
            if waiting:
                self._count(waiting)
            looked += len(waiting)
            if len(waiting) < AT_ONCE:
                break
        return looked

    def _count(self, found: Sequence[Event]) -> None:
        known = self._sites.read(sorted({event.customer for event in found}))
        self._done([id for site in known.values() for id in site.applied])  # noqa: A001  # as the domain calls it
        self._sites.answered([event.customer for event in found if event.type == ORDERED])
        still = self._sites.waiting([event.id for event in found])
        mine: dict[str, list[Event]] = {}
        for event in found:
            if event.id in still and event.customer in known and is_from_site(event.type):
                mine.setdefault(event.customer, []).append(event)
        changes = {customer: (known[customer], written(known[customer], events)) for customer, events in mine.items()}
        counted = not changes or self._sites.write(changes)
        # Of a write that somebody was faster with, nobody can say here what went in: it is seen when it comes again.
        left = set() if counted else {event.id for events in mine.values() for event in events}
        self._done([event.id for event in found if event.id not in left])

    def _done(self, ids: Sequence[str]) -> None:
        if ids:
            self._events.done(CONSUMER, ids)


def written(site: Site, events: Sequence[Event]) -> Site:
    """The facet with these events, none of which it has, as it is written next."""
    told = counted(site, events)
    return msgspec.structs.replace(told, round=site.round + 1, applied=sorted(event.id for event in events))


def counted(site: Site, events: Sequence[Event]) -> Site:
    """The facet with these events, none of which it has; the same for any order and any parts."""
    if not events:
        return site
    carts = [_cart(event) for event in events if event.type == CART]
    viewed = [Viewed(product=product, at=event.at) for event in events if (product := _about(event, VIEWED))]
    wished = [Viewed(product=product, at=event.at) for event in events if (product := _about(event, WISHED))]
    types = [(event.type, event.at) for event in events]
    times = [event.at for event in events]
    return _settled(
        msgspec.structs.replace(
            site,
            seen_at=max([*times, site.seen_at] if site.seen_at else times),
            views=site.views + sum(event.type == VIEWED for event in events),
            carts=site.carts + len(carts),
        ),
        [*carts, site.cart],
        [*site.viewed, *viewed],
        [*site.wished, *wished],
        [*site.types.items(), *types],
    )


def joined(mine: Site, theirs: Site) -> Site:
    """What two customers did who are one."""
    times = [at for at in (mine.seen_at, theirs.seen_at) if at]
    both = Site(
        seen_at=max(times, default=None),
        views=mine.views + theirs.views,
        carts=mine.carts + theirs.carts,
        round=mine.round + theirs.round + bool(mine.round or theirs.round),
        applied=sorted({*mine.applied, *theirs.applied}),
    )
    types = [*mine.types.items(), *theirs.types.items()]
    viewed, wished = [*mine.viewed, *theirs.viewed], [*mine.wished, *theirs.wished]
    return _settled(both, [mine.cart, theirs.cart], viewed, wished, types)


def united(mine: Mapping[str, Any], theirs: Mapping[str, Any]) -> dict[str, Any]:
    """The site's part of two facets, as one; {} where no site told of either."""
    if not {*mine, *theirs} & {*FIELDS}:
        return {}
    both = joined(msgspec.convert(mine, Site), msgspec.convert(theirs, Site))
    told: dict[str, Any] = msgspec.to_builtins(both, builtin_types=(datetime,))
    return told


def _settled(
    site: Site,
    carts: Sequence[Cart | None],
    viewed: Sequence[Viewed],
    wished: Sequence[Viewed],
    types: Sequence[tuple[str, datetime]],
) -> Site:
    """With the latest cart, and the latest views, wishes and types: of more than are kept, the oldest go."""
    cart = max((one for one in carts if one), key=attrgetter("at", "id"), default=None)
    looked = _latest((one.product, one.at) for one in viewed)[:MAX_VIEWED]
    longed = _latest((one.product, one.at) for one in wished)[:MAX_VIEWED]
    return msgspec.structs.replace(
        site,
        cart=cart,
        cart_at=cart.at if cart and not cart.empty else None,
        viewed=[Viewed(product=product, at=at) for product, at in looked],
        products=[product for product, _ in looked],
        wished=[Viewed(product=product, at=at) for product, at in longed],
        wishes=[product for product, _ in longed],
        types=dict(sorted(_latest(types)[:MAX_TYPES])),
    )


def _latest(times: Any) -> list[tuple[str, datetime]]:
    """Each name with its latest time, the latest first; of one instant, in the order of names."""
    latest: dict[str, datetime] = {}
    for name, at in times:
        latest[name] = max(at, latest.get(name, at))
    return sorted(sorted(latest.items()), key=lambda one: one[1], reverse=True)


def _about(event: Event, type: str) -> str:
    return _product(event.data) if event.type == type else ""


def _cart(event: Event) -> Cart:
    """What is in the cart, where the event tells it by a list of `lines`, `items` or `products`."""
    lists = [event.data[name] for name in CART_LISTS if isinstance(event.data.get(name), list)]
    products = [_product(one) if isinstance(one, dict) else _id(one) for one in (lists[0] if lists else [])]
    kept = list(dict.fromkeys(product for product in products if product))[:MAX_CART]
    return Cart(at=event.at, id=event.id, products=kept, empty=bool(lists) and not lists[0])


def _product(data: Mapping[str, Any]) -> str:
    return next((found for name in _IDS if (found := _id(data.get(name)))), "")


def _id(value: Any) -> str:
    return value if isinstance(value, str) and is_shop_id(value) else ""
