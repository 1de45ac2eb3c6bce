"""A shop with two offers for ladders."""

import pytest

from content.templates import Template
from loyalty.offer import Offer
from tests.journeys.shop import WORDS
from tests.support.clock import ManualClock
from wiring import Services


@pytest.fixture
def offers(services: Services, clock: ManualClock) -> Services:
    services.templates.put(Template(id="miss", name="Miss", content=WORDS))
    for name, amount in (("five", 500), ("ten", 1_000)):
        settings = {"amount": {"amount": amount, "currency": "EUR"}}
        now = clock.now()
        services.offers.add(
            Offer(id=name, name=name, kind="amount", settings=settings, valid_days=10, created_at=now, updated_at=now)
        )
    return services
