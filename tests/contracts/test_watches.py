"""What every trigger must keep that looks for people itself, whoever adds the next: each occasion counts once."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest

from campaigns.campaign import Campaign
from campaigns.journey import Journey, journey_id
from campaigns.occasion import Occasion
from campaigns.trigger import kinds
from common.money import Money
from content.templates import Template
from customers.behaviour import seen
from customers.catalogue import Product, StockLevel
from customers.orders import Line, Order
from loyalty.offer import Offer
from tests.journeys.shop import draft, open_shop, someone
from tests.support.clock import START, ManualClock
from tests.support.dying import Died
from wiring import Services

KINDS = sorted(name for name, kind in kinds().items() if kind.looks_every)
DAY = timedelta(days=1)
AUCKLAND = 13  # hours ahead of UTC in March

# What a trigger says, how long after START its occasion is due for customer c1, and what brings it about.
Case = tuple[dict[str, Any], timedelta, Callable[[Services, ManualClock], None]]


def nothing(services: Services, clock: ManualClock) -> None:
    """The customer's own facts are enough."""


def ordered(*days_ago: int) -> Callable[[Services, ManualClock], None]:
    def arrange(services: Services, clock: ManualClock) -> None:
        tea = [Line(product_id="tea", quantity=1, unit_price=900)]
        orders = [
            Order(id=f"o{ago}", customer_id="c1", placed_at=START - ago * DAY, currency="EUR", total=900, lines=tea)
            for ago in days_ago
        ]
        services.products.upsert([Product(id="tea", name="Tea", price=900, currency="EUR")])
        services.orders.upsert(orders)

    return arrange


def told(type: str, data: dict[str, Any], stock: int = 3) -> Callable[[Services, ManualClock], None]:
    def arrange(services: Services, clock: ManualClock) -> None:
        services.products.upsert([Product(id="tea", name="Tea", price=900, currency="EUR", stock=stock)])
        services.events.add([seen(type, START, "c1", data)])
        services.engagement.react()
        clock.advance(3_600)

    return arrange


def leveled(type: str, price: int) -> Callable[[Services, ManualClock], None]:
    def arrange(services: Services, clock: ManualClock) -> None:
        told(type, {"product_id": "tea"}, stock=0 if price == 900 else 3)(services, clock)
        services.products.set_stock([StockLevel(product_id="tea", stock=3, price=Money(price, "EUR"))])
        services.events.pump()

    return arrange


def given(services: Services, clock: ManualClock) -> None:
    offer = Offer(id="ten", name="Ten", kind="percent", settings={"percent": 10}, created_at=START, updated_at=START)
    services.offers.add(offer)
    services.vouchers.mint("ten", {"for c1": "c1"})


def late(services: Services, clock: ManualClock) -> None:
    outlook = {"next_at": START - DAY, "late_at": START + DAY}
    services.database["customers"].update_one({"_id": "c1"}, {"$set": {"scores.lapse": outlook}})


# Words that say what the occasion is about, by the group that a kind of trigger speaks of.
SAYS = {
    "wanted": "{{ wanted.name }}",
    "cart": "{% for one in cart.products %}{{ one.name }}{% endfor %}",
    "due": "{{ due.names | listed(1) }}",
    "unused": "{{ unused.code }}",
}
CASES: dict[str, Case] = {
    "birthday": ({}, 2 * DAY - timedelta(hours=10 + AUCKLAND), nothing),
    "anniversary": ({}, 2 * DAY - timedelta(hours=10 + AUCKLAND), ordered(363)),
    "late_for_this_person": ({}, DAY, late),
    "cart_left": ({"after_minutes": 240}, timedelta(hours=4), told("cart_updated", {"lines": ["tea"]})),
    "voucher_unused": ({"after_days": 3}, 3 * DAY, given),
    "replenishment_due": ({"days_before": 3}, 7 * DAY, ordered(20, 10, 0)),
    "back_in_stock": ({"ways": ["wished"]}, timedelta(hours=1), leveled("product_wished", 900)),
    "price_drop": ({"ways": ["viewed"]}, timedelta(hours=1), leveled("product_viewed", 800)),
}


def launched(services: Services, name: str, clock: ManualClock) -> tuple[Campaign, Campaign]:
    """Two campaigns with this trigger, in a shop of two, and whatever the trigger is about for the first of them."""
    people = [someone(1, START, birthday="1984-03-04", time_zone="Pacific/Auckland"), someone(2, START)]
    open_shop(services, people)
    settings, _, arrange = CASES[name]
    said = "".join(SAYS[group] for group in sorted(kinds()[name].speaks_of))
    words = {"email": {"en": {"subject": f"News {said}", "html": f"<p>{said}</p>", "text": said or "News"}}}
    services.templates.put(Template(id="news", name="News", content=words))
    drafts = [draft(services, segment="", template="news", trigger={"kind": name, **settings}) for _ in range(2)]
    one, other = [services.launcher.launch(campaign.id) for campaign in drafts]
    arrange(services, clock)
    return one, other


def inside(services: Services, campaign: Campaign) -> list[Journey]:
    return list(services.journeys.of_campaign(campaign.id, "", 0))


@pytest.mark.parametrize("name", KINDS)
def test_an_occasion_counts_once_at_its_time_and_who_looks_late_or_dies_loses_nobody(
    name: str, services: Services, clock: ManualClock
) -> None:
    assert name in CASES, f"Add to CASES in {__file__} what brings about an occasion of {name!r}."
    campaign, late_one = launched(services, name, clock)
    due = START + CASES[name][1]
    if due - timedelta(minutes=1) > clock.now():
        clock.set(due - timedelta(minutes=1))
        assert services.watcher.look(campaign.id) == 0, "too early"
    clock.set(due)
    assert services.watcher.look(campaign.id) == 1
    services.mover.move()
    for _ in range(3):
        assert services.watcher.look(campaign.id) == 0
        clock.advance(9 * 3_600)

    services.watcher._entrance = Dying(services)  # type: ignore[assignment]  # a process that is killed
    with pytest.raises(Died):
        services.watcher.look(late_one.id)
    services.watcher._entrance = services.entrance
    assert services.watcher.look(late_one.id) == 0
    services.mover.move()

    for one in (campaign, late_one):
        (journey,) = inside(services, one)
        assert (journey.id, journey.number, journey.why) == (journey_id(one.id, "c1", journey.alone), 1, "finished")
        (message,) = services.database["messages"].find({"campaign": one.id})
        services.delivery.deliver(message["batch"])
        (message,) = services.database["messages"].find({"campaign": one.id})
        assert (message["state"], message.get("reason", "")) == ("accepted", "")


class Dying:
    """Lets people in, and then dies."""

    def __init__(self, services: Services) -> None:
        self._entrance = services.entrance

    def enter(self, campaign: Campaign, occasions: Sequence[Occasion]) -> int:
        self._entrance.enter(campaign, occasions)
        raise Died
