"""Fixtures for tests in which the sandbox reports on letters."""

from datetime import UTC, datetime

import pytest

from common.settings import Settings
from tests.support.clock import ManualClock
from tests.support.office import Office
from tests.support.reports import Reports
from tests.support.sandbox import ProviderSandbox
from wiring import Services


@pytest.fixture
def settings(settings: Settings, provider_sandbox: ProviderSandbox) -> Settings:
    """Both channels go to the sandbox."""
    return provider_sandbox.settings(settings, http_timeout=0.5)


@pytest.fixture
def reports(services: Services, office: Office, provider_sandbox: ProviderSandbox, clock: ManualClock) -> Reports:
    """A shop and its provider, whose clock is the real one."""
    clock.set(datetime.now(UTC).replace(microsecond=0))
    return Reports(services, office, provider_sandbox)
