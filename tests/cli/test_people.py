"""The demo's people are invented, the same ones each time, and nobody who exists could be reached by mistake."""

import io
import re

import phonenumbers

from cli.demo.people import Person, customers_csv, people
from wiring import Services

IDS = [f"C{number:04d}" for number in range(1, 2_358)]
FICTIONAL = re.compile(
    r"\+1\d{3}55501\d\d|\+447700900\d{3}|\+491713920\d{3}|\+49176040690\d\d|\+493023125\d{3}|\+3363998\d{4}"
)


def invented() -> list[Person]:
    return people(IDS)


def test_the_same_seed_invents_the_same_people_and_another_seed_others() -> None:
    assert invented() == invented()
    assert people(IDS[:50], seed=2) != people(IDS[:50])


def test_no_two_people_share_an_address() -> None:
    everyone = invented()
    phones = [person.phone for person in everyone if person.phone]
    assert len({person.email for person in everyone}) == len(everyone) == 2_357
    assert len(set(phones)) == len(phones)


def test_every_address_is_of_a_range_set_aside_for_examples() -> None:
    for person in invented():
        assert person.email.endswith("@example.com")
        assert not person.phone or FICTIONAL.fullmatch(person.phone)


def test_american_and_german_numbers_are_valid_and_all_are_possible() -> None:
    for person in invented():
        if person.phone:
            number = phonenumbers.parse(person.phone)
            assert phonenumbers.is_possible_number(number)
            assert phonenumbers.is_valid_number(number) or person.country in {"GB", "FR"}


def test_whoever_is_texted_has_a_number_that_takes_texts() -> None:
    texted = [person for person in invented() if person.preferred == "sms"]
    assert 0.3 < len(texted) / len(IDS) < 0.4
    for person in texted:
        kind = phonenumbers.number_type(phonenumbers.parse(person.phone))
        assert kind != phonenumbers.PhoneNumberType.FIXED_LINE


def test_people_differ_in_language_consent_and_what_is_known_of_them() -> None:
    everyone = invented()
    languages = [person.locale.partition("-")[0] for person in everyone]
    assert 0.55 < languages.count("en") / len(everyone) < 0.66
    assert 0.2 < languages.count("de") / len(everyone) < 0.3
    assert set(languages) == {"en", "de", "fr", "es", "pt"}
    assert 0.04 < sum(not person.marketing for person in everyone) / len(everyone) < 0.1
    assert any(not person.first_name for person in everyone)
    assert any(not person.phone for person in everyone)


def test_the_import_takes_every_one_of_them_and_reads_what_was_meant(services: Services) -> None:
    everyone = invented()
    file = io.BytesIO(customers_csv(everyone).encode())
    job = services.importer.run(services.importer.start("customers", file, "text/csv").id)
    assert job is not None
    assert (job.state, job.good, job.bad) == ("finished", len(everyone), 0)
    kept = services.customers.get([person.id for person in everyone])
    for person in everyone:
        read = kept[person.id]
        assert read.addresses == {"email": [person.email]} | ({"sms": [person.phone]} if person.phone else {})
        assert read.preferred == [person.preferred]
        assert (read.consents["email"]["marketing"].state == "granted") == person.marketing
        assert ("sms" in read.consents) == bool(person.phone)
        assert (read.locale, read.time_zone, read.country) == (person.locale, person.time_zone, person.country)
