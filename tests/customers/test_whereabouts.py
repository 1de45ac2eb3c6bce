"""A time zone is worked out only where it is near enough to the truth."""

import pytest

from customers.customer import Customer, channels_of, following, placed, preferred_source, zone_source
from customers.whereabouts import zone_from


@pytest.mark.parametrize(
    ("phones", "country", "zone", "clue"),
    [
        (["+351912345678"], "", "Europe/Lisbon", "phone"),  # Lisbon or the Azores, an hour apart
        (["+12125551234"], "", "America/New_York", "phone"),
        (["+5511987654321"], "", "America/Sao_Paulo", "phone"),
        (["+4915112345678"], "AT", "Europe/Berlin", "phone"),
        (["+18005551234"], "", "", ""),  # anywhere from Hawaii to Bermuda
        (["+61412345678"], "AU", "", ""),  # Perth or Sydney
        (["+18005551234", "+4915112345678"], "", "Europe/Berlin", "phone"),
        (["+18005551234"], "DE", "Europe/Berlin", "country"),
        (["+882123456789"], "", "", ""),  # belongs to no country
        ([], "ES", "Europe/Madrid", "country"),
        ([], "US", "", ""),
        ([], "XX", "", ""),
        ([], "", "", ""),
    ],
)
def test_a_zone_is_told_by_a_number_then_by_a_country_or_not_at_all(
    phones: list[str], country: str, zone: str, clue: str
) -> None:
    assert zone_from(phones, country) == (zone, clue)


def test_a_new_customer_is_placed_unless_somebody_said_where() -> None:
    plain = Customer(id="ana", addresses={"sms": ["+351912345678"]})
    assert (placed(plain).time_zone, zone_source(placed(plain))) == ("Europe/Lisbon", "phone")
    given = Customer(id="ana", addresses={"sms": ["+351912345678"]}, time_zone="Asia/Tokyo")
    assert (placed(given), zone_source(given)) == (given, "given")
    assert zone_source(placed(Customer(id="bo"))) == "shop"


def test_a_zone_that_was_worked_out_follows_its_clue_and_one_that_was_given_stays() -> None:
    known = placed(Customer(id="ana", addresses={"sms": ["+351912345678"]}))
    moved = following(known, {"addresses.sms": ["+12125551234"]})
    assert (moved["time_zone"], moved["time_zone_source"]) == ("America/New_York", "phone")
    gone = following(known, {"addresses.sms": None})
    assert (gone["time_zone"], gone["time_zone_source"]) == (None, None)
    assert following(known, {"time_zone": "Asia/Tokyo"})["time_zone_source"] is None
    assert following(known, {"first_name": "Ana"}) == {"first_name": "Ana"}
    given = Customer(id="ana", time_zone="Asia/Tokyo")
    assert following(given, {"addresses.sms": ["+351912345678"]}) == {"addresses.sms": ["+351912345678"]}
    assert following(given, {"time_zone": None, "country": "DE"})["time_zone"] == "Europe/Berlin"


def test_channels_are_tried_in_the_order_declared_then_in_ours_where_there_is_an_address() -> None:
    ana = Customer(id="ana", addresses={"email": ["a@example.com"], "sms": ["+351912345678"]}, preferred=["sms"])
    assert (channels_of(ana), preferred_source(ana)) == (["sms", "email"], "declared")
    learned = Customer(id="bo", addresses={"email": ["b@example.com"]}, preferred=["sms"], preferred_source="learned")
    assert (channels_of(learned), preferred_source(learned)) == (["email"], "learned")
    assert (channels_of(Customer(id="cy")), preferred_source(Customer(id="cy"))) == ([], None)
