"""People to win back, a ladder to do it with, and planners that die."""

import os
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from campaigns.campaign import Campaign, Limits
from campaigns.experiments.variants import Variant
from campaigns.ladder import Ladder
from campaigns.ladder_climb import Decision
from campaigns.ladder_climbing import Climbing
from campaigns.ladder_settling import Settling
from campaigns.run import Run, run_id
from common.money import Money
from customers.consent import Consent
from customers.customer import Customer
from customers.orders import Line, Order
from tests.support.clock import ManualClock
from tests.support.dying import Died
from wiring import Services

FULL = os.environ.get("ENCORE_FAULTS") == "full"
DAY = 24 * 3600
STEPS = ("write", "take", "confirm", "close", "undo", "give", "finish")


def euros(amount: int) -> Money:
    return Money(amount, "EUR")


def people(services: Services, clock: ManualClock, count: int) -> list[Customer]:
    """Each with an order of 100.00 long ago: 40.00 is what they bring."""
    names = [f"c{number:03}" for number in range(count)]
    services.customers.upsert([Customer(id=name, addresses={"email": [f"{name}@example.com"]}) for name in names])
    yes = Consent(state="granted", at=clock.now(), how="checkout", source="shop")
    for name in names:
        services.customers.set_consent(name, "email", "marketing", yes)
    services.orders.upsert([bought(name, clock.now() - timedelta(days=300)) for name in names])
    found = services.customers.get(names)
    return [found[name] for name in names]


def bought(customer: str, at: datetime) -> Order:
    line = Line(product_id="cd", quantity=1, unit_price=10_000)
    order = f"{customer}-{at:%Y%m%d}"
    return Order(id=order, customer_id=customer, placed_at=at, currency="EUR", total=10_000, lines=[line])


def campaign(
    services: Services,
    shares: Sequence[float] = (0, 50, 50),
    holdout: float = 0,
    days: int = 14,
    later: int = 0,
    **settings: Any,
) -> Campaign:
    ids = [("note", ""), ("five", "five"), ("ten", "ten")]
    variants = [Variant(id=one, share=share, offer=offer) for (one, offer), share in zip(ids, shares, strict=True)]
    variants[-1] = msgspec.structs.replace(variants[-1], delay_minutes=later)
    made = Campaign(
        id=f"w{len(services.campaigns.page('', 99))}",
        name="Win-back",
        template="miss",
        variants=variants,
        holdout_percent=holdout,
        limits=Limits(attribution_days=days),
        ladder=Ladder(**settings),
    )
    return services.campaigns.save(made)


def decided(
    services: Services, made: Campaign, who: Sequence[Customer], name: str, climbing: Climbing | None = None
) -> dict[str, Decision]:
    run = Run(id=run_id(made.id, name), campaign=made, occurrence=name, started_at=services.clock.now())
    fresh = services.customers.get([one.id for one in who])
    by = climbing or services.climbing
    return by.decide(run, services.shops.get(), [fresh[one.id] for one in who])


def kept(services: Services, made: Campaign) -> list[Decision]:
    return [one for climb in services.climbs.page(made.id, "", 999) for one in climb.decisions]


class Dying:
    """A store of which one step, before or after, is the last."""

    def __init__(self, real: Any, count: list[int], at: int, after: bool) -> None:
        self._real, self._count, self._at, self._after = real, count, at, after

    def __getattr__(self, name: str) -> Any:
        real: Callable[..., Any] = getattr(self._real, name)
        if name not in STEPS:
            return real

        def call(*args: Any, **kwargs: Any) -> Any:
            mine = self._count[0] == self._at
            self._count[0] += 1
            if mine and not self._after:
                raise Died
            answer = real(*args, **kwargs)
            if mine:
                raise Died
            return answer

        return call


def dying(services: Services, at: int, after: bool) -> tuple[Climbing, Settling, list[int]]:
    count = [0]
    climbs, purses = (Dying(store, count, at, after) for store in (services.climbs, services.purses))
    prices = services.price_of_a_letter
    climbing = Climbing(climbs, purses, services.lessons, services.offers, services.templates, prices, services.clock)
    settling = Settling(services.climbs, climbs, climbing, services.campaigns, prices, services.clock)
    return climbing, settling, count


def truth(services: Services, made: Campaign) -> int:
    """What the decisions promise together, which is what the purse must say."""
    return sum(one.promised for one in kept(services, made))
