"""Bad news first: told once, made good once, marketing rests, and the good news follows."""

from datetime import timedelta

import pytest

from tests.journeys.shop import Bench
from tests.support.care import Troubled, states
from tests.support.clock import ManualClock
from wiring import Services


@pytest.fixture
def services(settings, clock):  # type: ignore[no-untyped-def]
    services = Services(settings, clock, Bench())
    yield services
    services.close()


@pytest.fixture
def shop(services: Services, clock: ManualClock) -> Troubled:
    return Troubled(services, clock)


def test_a_trouble_is_told_once_with_what_makes_up_for_it_and_told_again_when_it_is_over(shop: Troubled) -> None:
    shop.customers(1)
    shop.order("o1")
    expected = shop.clock.now() + timedelta(days=3)
    for _ in range(2):
        shop.happens("o1", "damaged", reason="The box was crushed")
        shop.happens("o1", "delayed", id="d", reason="A lorry broke down.", expected_at=expected)
        shop.settle()
    assert states(shop.services, ["o1"]) == {"o1/damaged": "told", "o1/delayed": "told"}
    letters = shop.letters()
    assert len(letters) == 2
