"""An office to send from."""

import pytest

from tests.support.clock import ManualClock
from tests.support.office import Office
from wiring import Services


@pytest.fixture
def office(services: Services, clock: ManualClock) -> Office:
    """A sending office on a real database."""
    return Office(services, clock)
