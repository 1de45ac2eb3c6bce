"""A hand-over to several devices reaches those alone that something may be sent to."""

import msgspec
import pytest

from tests.support.clock import ManualClock
from tests.support.office import Office, Puppet

DEVICES = ["ana@example.com", "second@example.com", "third@example.com"]


class Many(Puppet):
    """Sends to all devices at once."""

    several = True


@pytest.fixture
def many(office: Office, clock: ManualClock) -> Office:
    office.provider = Many(office.settings, clock)
    office.customer("ana", addresses={"email": DEVICES})
    return office


def reached(office: Office) -> list[str]:
    office.delivery.deliver(office.plan("ana", purpose="transactional").id)
    return [
        one for parcel in office.provider.parcels for letter in parcel.letters for one in (letter.address, *letter.also)
    ]


def test_a_device_that_is_suppressed_is_left_out(many: Office, clock: ManualClock) -> None:
    many.services.suppressions.add("email", DEVICES[1], "all", "stop", clock.now())
    assert reached(many) == [DEVICES[0], DEVICES[2]]


def test_in_test_mode_only_the_listed_devices_are_reached(many: Office) -> None:
    shops = many.services.shops
    shops.put(msgspec.structs.replace(shops.get(), test_mode=True, test_addresses=[DEVICES[0], DEVICES[2]]))
    assert reached(many) == [DEVICES[0], DEVICES[2]]
