"""A shop whose messages go to the stand-in provider, and whose worker works when the test says so."""

from collections.abc import Iterator

import pytest

from tests.journeys.shop import Bench
from tests.support.sandbox import ProviderSandbox
from wiring import Services


@pytest.fixture
def shop(provider_sandbox: ProviderSandbox, services: Services) -> Iterator[Services]:
    """Services whose providers are the stand-in, and whose doorbell is a bench."""
    shop = Services(provider_sandbox.settings(services.settings), services.clock, Bench())
    yield shop
    shop.close()
