"""Customers are kept by what the shop gives, and never lose what they said themselves."""

from datetime import timedelta

import msgspec
import pytest

from common.errors import Invalid, NotFound, Stale
from customers.consent import Consent
from customers.customer import Customer
from storage.mongo import Mongo
from tests.support.clock import START, ManualClock
from wiring import Services

ANA = Customer(
    id="ana",
    first_name="Ana",
    addresses={"email": ["ana@example.com"], "sms": ["+351912345678"]},
    attributes={"size": "M"},
    preferred=["sms"],
)


def word(state: str, minutes: int = 0, source: str = "checkout") -> Consent:
    return msgspec.convert({"state": state, "at": START + timedelta(minutes=minutes), "source": source}, Consent)


def kept(services: Services, customer: str = "ana") -> Customer:
    return services.customers.get([customer])[customer]


def test_what_is_not_given_stays_as_it_is(services: Services, clock: ManualClock) -> None:
    services.customers.upsert([ANA])
    clock.advance(60)
    services.customers.upsert([Customer(id="ana", last_name="Silva", attributes={"shoe": 38})])
    ana = kept(services)
    assert (ana.first_name, ana.last_name, ana.version) == ("Ana", "Silva", 2)
    assert ana.attributes == {"size": "M", "shoe": 38}
    assert ana.addresses == ANA.addresses
    assert (ana.created_at, ana.updated_at) == (START, clock.now())


def test_given_twice_it_changes_nothing(services: Services, clock: ManualClock) -> None:
    services.customers.upsert([ANA])
    before = kept(services)
    clock.advance(60)
    services.customers.upsert([ANA, Customer(id="ana")])
    assert kept(services) == before


def test_given_twice_in_one_batch_the_later_counts(services: Services) -> None:
    services.customers.upsert([ANA, Customer(id="ana", first_name="Anna", attributes={"shoe": 38})])
    ana = kept(services)
    assert (ana.first_name, ana.attributes, ana.preferred) == ("Anna", {"size": "M", "shoe": 38}, ["sms"])


def test_a_file_puts_its_address_and_tags_before_those_that_are_known(services: Services) -> None:
    known = {"email": ["a@example.com", "b@example.com"]}
    services.customers.upsert([msgspec.structs.replace(ANA, addresses=known, tags=["t1", "t2"])])
    for _ in range(2):
        services.customers.upsert([Customer(id="ana", addresses={"email": ["b@example.com"]}, tags=["t3"])])
        ana = kept(services)
        assert ana.addresses == {"email": ["b@example.com", "a@example.com"]}
        assert (ana.tags, ana.version) == (["t3", "t1", "t2"], 2)
    rows = [Customer(id="bob", addresses={"email": [f"{n}@example.com"]}, tags=[f"t{n}"]) for n in range(12)]
    services.customers.upsert(rows)
    bob = kept(services, "bob")
    assert bob.addresses == {"email": [f"{n}@example.com" for n in range(11, 1, -1)]}
    assert bob.tags == [f"t{n}" for n in range(11, -1, -1)]
    services.customers.change("ana", {"tags": ["t4"], "addresses.email": ["c@example.com"]})
    assert (kept(services).tags, kept(services).addresses) == (["t4"], {"email": ["c@example.com"]})


def test_an_attribute_whose_name_could_harm_is_refused(services: Services) -> None:
    for name in ("$set", "a.b", "a\0", "", "1a"):
        with pytest.raises(Invalid):
            services.customers.upsert([Customer(id="ana", attributes={name: 1})])
    assert services.customers.get(["ana"]) == {}


def test_customers_are_found_by_page_and_by_address(services: Services) -> None:
    people = [Customer(id=f"c{number}", addresses={"email": [f"{number % 2}@example.com"]}) for number in range(5)]
    services.customers.upsert([*people, ANA])
    assert [one.id for one in services.customers.find("c1", 2)] == ["c2", "c3"]
    assert [one.id for one in services.customers.find("", 9, "0@example.com")] == ["c0", "c2", "c4"]
    assert [one.id for one in services.customers.find("", 9, "+351912345678")] == ["ana"]
    assert services.customers.find("", 9, "nobody@example.com") == []


def test_a_customer_is_found_by_a_chat_id_they_have_and_no_more_by_one_they_had(services: Services) -> None:
    change = services.customers.change
    change("ana", {"addresses.telegram": ["111"], "addresses.messenger": ["222222"]}, create=True)
    services.customers.upsert([Customer(id="bo", addresses={"telegram": ["111", "333"]})])
    found = services.customers.find

    assert [one.id for one in found("", 9, "111", "telegram")] == ["ana", "bo"]
    assert [one.id for one in found("ana", 9, "111", "telegram")] == ["bo"]
    assert [one.id for one in found("", 9, "222222", "messenger")] == ["ana"]
    assert found("", 9, "222222", "instagram") == []
    change("ana", {"addresses.telegram": None})
    assert [one.id for one in found("", 9, "111", "telegram")] == ["bo"]

    assert services.customers.take_away("telegram", "111") == 1
    assert kept(services, "bo").addresses == {"telegram": ["333"]}
    assert services.customers.take_away("telegram", "111") == 0


def test_the_latest_word_stands_and_every_word_is_in_the_log(services: Services) -> None:
    services.customers.upsert([ANA])
    for said in (word("granted", 1), word("denied", 5), word("granted", 3), word("denied", 5)):
        assert services.customers.set_consent("ana", "email", "marketing", said)
    assert kept(services).consents == {"email": {"marketing": word("denied", 5)}}
    assert [(said.state, said.at) for _, _, said in services.consents.of_customer("ana")] == [
        ("granted", START + timedelta(minutes=1)),
        ("granted", START + timedelta(minutes=3)),
        ("denied", START + timedelta(minutes=5)),
    ]
    services.events.pump()
    assert [event.data["state"] for event in services.events.of_customer("ana", 9)] == ["denied", "granted"]


def test_nobody_unknown_can_consent(services: Services) -> None:
    assert not services.customers.set_consent("ana", "email", "marketing", word("granted"))
    assert services.consents.of_customer("ana") == []


@pytest.mark.parametrize("source", ["checkout", ""])
def test_a_files_word_yields_to_any_other(services: Services, source: str) -> None:
    services.customers.upsert([ANA])
    services.customers.set_consent("ana", "sms", "marketing", word("denied", 0, source))
    from_file = {
        "sms": {"marketing": word("granted", 9, "import")},
        "email": {"marketing": word("granted", 9, "import")},
    }
    services.customers.upsert([msgspec.structs.replace(ANA, consents=from_file)])
    consents = kept(services).consents
    assert (consents["sms"]["marketing"].state, consents["email"]["marketing"].state) == ("denied", "granted")
    services.customers.set_consent("ana", "email", "marketing", word("denied", 1))
    assert kept(services).consents["email"]["marketing"].state == "denied"


def test_a_file_that_comes_again_does_not_undo_another_files_no(services: Services) -> None:
    yes, no = (
        {"email": {"marketing": word(state, minutes, "import")}} for state, minutes in [("granted", 1), ("denied", 2)]
    )
    again = {"email": {"marketing": word("granted", 9, "import")}}
    for consents in (yes, no, again):
        services.customers.upsert([msgspec.structs.replace(ANA, consents=consents)])
    assert kept(services).consents == no
    assert [said.state for _, _, said in services.consents.of_customer("ana")] == ["granted", "denied"]
    services.customers.set_consent("ana", "email", "marketing", word("granted", 10))
    assert kept(services).consents["email"]["marketing"].state == "granted"


def test_of_two_rows_of_a_batch_the_no_stands(services: Services) -> None:
    rows = [{"email": {"marketing": word(state, 1, "import")}} for state in ("denied", "granted")]
    services.customers.upsert([msgspec.structs.replace(ANA, consents=row) for row in rows])
    assert kept(services).consents == rows[0]


def test_a_change_sets_takes_away_and_keeps_to_its_version(services: Services) -> None:
    with pytest.raises(NotFound):
        services.customers.change("ana", {"first_name": "Ana"})
    with pytest.raises(Stale):
        services.customers.change("ana", {"first_name": "Ana"}, create=True, expected_version=1)
    made = services.customers.change("ana", {"first_name": "Ana", "attributes.size": "M"}, create=True)
    assert (made.first_name, made.attributes, made.version) == ("Ana", {"size": "M"}, 1)
    assert services.customers.change("ana", {"first_name": "Ana"}, expected_version=1).version == 1
    changed = services.customers.change("ana", {"first_name": None, "attributes.size": None, "tags": ["a"]})
    assert (changed.first_name, changed.attributes, changed.tags, changed.version) == ("", {}, ["a"], 2)
    with pytest.raises(Stale):
        services.customers.change("ana", {"first_name": "Bo"}, expected_version=1)


def test_an_erased_customer_leaves_orders_and_suppressions_and_nothing_else(
    services: Services, database: Mongo
) -> None:
    services.customers.upsert([ANA])
    services.customers.set_consent("ana", "email", "marketing", word("granted"))
    services.events.pump()
    services.suppressions.add("email", "ana@example.com", "all", "stop", START)
    services.eraser.erase("ana")
    with pytest.raises(NotFound):
        services.eraser.erase("ana")
    everything = str([list(database[name].find()) for name in database.list_collection_names()])
    assert "ana" not in everything.lower()
    assert services.suppressions.among("email", ["ana@example.com"], "marketing") == {"ana@example.com": "stop"}
