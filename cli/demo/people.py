"""Invented people for CDNOW's customers, who have numbers only: names, languages, addresses, and what they allow.

Nobody here exists, and nobody can be reached: e-mail is at example.com (RFC 2606), and telephone numbers come from
ranges set aside for fiction:

- United States: 555-0100 to 555-0199 of an area code (North American Numbering Plan);
- United Kingdom: 07700 900000 to 900999 (Ofcom, numbers for drama);
- Germany: 0171 3920000 to 3920099 and 0176 04069000 to 04069099, mobile; 030 23125000 to 23125999, Berlin
  (Bundesnetzagentur, numbers for films);
- France: 06 39 98 00 00 to 06 39 98 99 99 (Arcep, decision 2018-0881).

Brazil sets none aside, so Brazilians have no number here. The British and French ranges are assigned to nobody, and
libphonenumber therefore calls them possible, not valid.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from itertools import chain

import msgspec

from cli.demo.cdnow import to_csv
from cli.demo.dice import pick, share, weighted

PREFER_SMS = 0.38
HAS_PHONE = 0.9
NO_MARKETING = 0.07
NO_NAME = 0.015

_COLUMNS = (
    "customer_id first_name last_name email phone country locale time_zone preferred_channel "
    "marketing_email marketing_sms"
)
_LANDLINE = "+4930"


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where people live, what they speak and are called; `zone` where their number does not say it better."""

    country: str
    locale: str
    first: tuple[str, ...]
    last: tuple[str, ...]
    zone: str


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """An invented customer; empty texts are what the shop does not know."""

    id: str
    first_name: str
    last_name: str
    email: str
    phone: str
    country: str
    locale: str
    time_zone: str
    preferred: str
    marketing: bool


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_ENGLISH_FIRST = _names(
    "Amelia Grace Hannah Olivia Ruby Zoe Naomi Claire Maya Joan Priya Aisha Megan Tess Nora Walter Oscar Daniel Theo "
    "Marcus Ethan Samuel Leon Calvin Ravi Omar Patrick Hugo Dylan Frank"
)
_US_LAST = _names(
    "Carter Bennett Hughes Sullivan Brooks Price Coleman Foster Reyes Nguyen Patel Kim Walsh Harper Boyd Quinn Dawson "
    "Fletcher Garner Hayes Iverson Jensen Keller Lambert Monroe Norwood Osborne Pruitt Ramsey Sawyer"
)
_UK_LAST = _names(
    "Ashworth Barlow Clarke Davies Ellison Fairbank Greaves Holloway Ingham Jarvis Kendrick Lowe Mistry Norris "
    "O'Connor Pemberton Quayle Radcliffe Shah Thornley Underhill Vaughan Whitaker Yates"
)
_GERMAN_FIRST = _names(
    "Anna Britta Clara Elif Frieda Greta Heike Ilse Johanna Katrin Lena Miriam Petra Sabine Ute Anton Bernd Can Dieter "
    "Emil Friedrich Georg Holger Jürgen Karl Lukas Matthias Özgür Rolf Sören"
)
_GERMAN_LAST = _names(
    "Ahrens Bauer Claussen Dörfler Eichhorn Fuchs Gärtner Hübner Jansen Köhler Lindner Möller Neumann Petersen Reuter "
    "Schäfer Thiele Uhlmann Vogel Weiß Yilmaz Zimmermann"
)
_FRENCH_FIRST = _names("Agathe Camille Élodie Fatou Hélène Inès Julie Manon Noémie Aurélien Bastien Étienne Karim Luc")
_FRENCH_LAST = _names("Aubert Blanchard Chevalier Delcourt Fournier Garnier Lefèvre Marchand Perrin Roussel Thévenet")
_SPANISH_FIRST = _names("Adriana Beatriz Carmen Dolores Elena Lucía Marisol Nuria Álvaro Diego Ernesto Joaquín Raúl")
_SPANISH_LAST = _names("Aguilar Benítez Castillo Domínguez Escobar Fuentes Ibáñez Lozano Muñoz Ortega Peña Rivas")
_BRAZILIAN_FIRST = _names("Ana Bruna Camila Débora Fernanda Júlia Letícia Antônio Caio Felipe João Otávio Tiago")
_BRAZILIAN_LAST = _names("Azevedo Barbosa Cavalcanti Duarte Esteves Figueiredo Gonçalves Moraes Nogueira Souza")

_US = Place(country="US", locale="en-US", first=_ENGLISH_FIRST, last=_US_LAST, zone="America/New_York")
_GB = Place(country="GB", locale="en-GB", first=_ENGLISH_FIRST, last=_UK_LAST, zone="Europe/London")
_DE = Place(country="DE", locale="de-DE", first=_GERMAN_FIRST, last=_GERMAN_LAST, zone="Europe/Berlin")
_FR = Place(country="FR", locale="fr-FR", first=_FRENCH_FIRST, last=_FRENCH_LAST, zone="Europe/Paris")
_ES = Place(country="US", locale="es-US", first=_SPANISH_FIRST, last=_SPANISH_LAST, zone="America/Chicago")
_BR = Place(country="BR", locale="pt-BR", first=_BRAZILIAN_FIRST, last=_BRAZILIAN_LAST, zone="America/Sao_Paulo")
# English and German are what the demo is written in; the rest get the shop's own language.
_PLACES = {"us": 0.42, "gb": 0.18, "de": 0.25, "fr": 0.06, "es": 0.05, "br": 0.04}
_BY_KEY = {"us": _US, "gb": _GB, "de": _DE, "fr": _FR, "es": _ES, "br": _BR}

_AREAS = {
    "America/New_York": (212, 646, 718, 617, 215, 202, 404, 305, 216, 313, 919),
    "America/Chicago": (312, 773, 713, 214, 512, 615, 504, 612, 314),
    "America/Denver": (303,),
    "America/Phoenix": (602,),
    "America/Los_Angeles": (415, 510, 213, 310, 619, 206, 503, 702),
}


def people(ids: Sequence[str], seed: int = 1) -> list[Person]:
    """Somebody for each of these customers; the same seed invents the same people."""
    places = {one: _BY_KEY[weighted(_PLACES, seed, "place", one)] for one in ids}
    phones = _phones(ids, places, seed)
    return [_person(at, one, places[one], phones.get(one, ("", "")), seed) for at, one in enumerate(ids, start=1)]


def customers_csv(people: Sequence[Person]) -> str:
    """People as the API's import takes them; consent is given for each way they can be reached."""
    return to_csv(_COLUMNS.split(), (_row(person) for person in people))


def _row(person: Person) -> tuple[object, ...]:
    word = "yes" if person.marketing else "no"
    return (
        person.id, person.first_name, person.last_name, person.email, person.phone, person.country, person.locale,
        person.time_zone, person.preferred, word, word if person.phone else "",
    )  # fmt: skip


def _person(number: int, id: str, place: Place, phone: tuple[str, str], seed: int) -> Person:
    first, last = pick(place.first, seed, "first", id), pick(place.last, seed, "last", id)
    named = share(seed, "named", id) >= NO_NAME
    texts = phone[0] and not phone[0].startswith(_LANDLINE) and _prefers_sms(id, seed)
    return Person(
        id=id,
        first_name=first if named else "",
        last_name=last if named else "",
        email=f"{_plain(first)}.{_plain(last)}.{number:04d}@example.com",
        phone=phone[0],
        country=place.country,
        locale=place.locale,
        time_zone=phone[1] or place.zone,
        preferred="sms" if texts else "email",
        marketing=share(seed, "marketing", id) >= NO_MARKETING,
    )


def _prefers_sms(id: str, seed: int) -> bool:
    return share(seed, "sms", id) < PREFER_SMS


def _phones(ids: Sequence[str], places: dict[str, Place], seed: int) -> dict[str, tuple[str, str]]:
    """A number of their own, with its time zone where it says one, for most; first for those who like to be texted.

    There are few German mobile numbers for fiction, and they are the ones that can receive a text.
    """
    pools = {"US": _american(seed), "GB": _british(), "DE": _german(), "FR": _french()}
    texting = {one for one in ids if _prefers_sms(one, seed)}
    having = [one for one in ids if one in texting or share(seed, "phone", one) < HAS_PHONE]
    having.sort(key=lambda one: one not in texting)
    found = {one: next(pools[places[one].country], None) for one in having if places[one].country in pools}
    return {one: phone for one, phone in found.items() if phone}


def _american(seed: int) -> Iterator[tuple[str, str]]:
    numbers = [
        (f"+1{area}555{line:04d}", zone) for zone, areas in _AREAS.items() for area in areas for line in range(100, 200)
    ]
    return iter(sorted(numbers, key=lambda number: share(seed, "number", number[0])))


def _british() -> Iterator[tuple[str, str]]:
    return ((f"+447700900{line:03d}", "") for line in range(1000))


def _german() -> Iterator[tuple[str, str]]:
    mobile = chain((f"+491713920{line:03d}" for line in range(100)), (f"+49176040690{line:02d}" for line in range(100)))
    return ((number, "") for number in chain(mobile, (f"+493023125{line:03d}" for line in range(1000))))


def _french() -> Iterator[tuple[str, str]]:
    return ((f"+3363998{line:04d}", "") for line in range(10_000))


def _plain(name: str) -> str:
    """A name in the letters of an e-mail address."""
    spelt = name.lower().replace("ß", "ss")
    return "".join(char for char in unicodedata.normalize("NFKD", spelt) if char.isascii() and char.isalpha())
