"""What a friend is known again by, as keyed hashes: only who has the programme's seed could turn one back.

Each is brought into one form before, so that "Müller-Straße 5." and "MUELLER-STR 5" are one address, and the
mailbox behind ben+shop@example.com is ben@example.com.
"""

import re
import unicodedata
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import msgspec

from common.errors import Invalid
from common.ids import keyed
from customers.addresses import EMAIL
from customers.customer import Customer
from loyalty.programme import ReferralProgramme
from loyalty.referral import Friend, Referral, Seen

# Where the shop keeps a postal address among a customer's attributes.
HOME = "address"
# Whose servers read dots in a mailbox's name as nothing, under both names.
_DOTLESS = {"gmail.com": "gmail.com", "googlemail.com": "gmail.com"}
_WORD = re.compile(r"[^\W_]+")
_LETTERS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ø": "o", "æ": "ae", "ł": "l"})
_SHORT = {"street": "st", "strasse": "str", "avenue": "av", "ave": "av", "road": "rd", "rua": "r", "rue": "r",
          "calle": "c", "apartment": "apt", "platz": "pl", "place": "pl"}  # fmt: skip
_ENDINGS = re.compile(r"(?<=[a-z])(?:strasse|str)$")


class Marks(msgspec.Struct, frozen=True, kw_only=True):
    """Keyed hashes; what is not known is empty."""

    device: str = ""
    payment: str = ""
    ip: str = ""
    person: str = ""
    home: str = ""


def traces_of(seed: str, friend: Friend, order: str = "") -> list[str]:
    """What tells that this friend, or this order, has been here before."""
    known = [("id", friend.customer_id), ("email", bare(friend.email)), ("phone", friend.phone), ("order", order)]
    return [keyed(seed.encode(), what, value) for what, value in known if value]


def marks_of(seed: str, friend: Friend, seen: Seen) -> Marks:
    """What may be alike between two friends, or a friend and who sent them."""
    return Marks(
        device=_hashed(seed, "device", seen.device),
        payment=_hashed(seed, "payment", seen.payment),
        ip=_hashed(seed, "ip", network(seen.ip)),
        person=_hashed(seed, "person", name_form(friend.name)),
        home=_hashed(seed, "home", home_form(friend.home)),
    )


def marks_of_advocate(programme: ReferralProgramme, record: Customer | None, came: Referral | None) -> Marks:
    """The same of the one who sent: from their record, and from when they came as a friend themselves."""
    name = f"{record.first_name} {record.last_name}" if record and record.first_name and record.last_name else ""
    home = record.attributes.get(HOME, "") if record else ""
    return Marks(
        device=came.device if came else "",
        payment=came.payment if came else "",
        ip=came.ip if came else "",
        person=_hashed(programme.seed, "person", name_form(name)) or (came.person if came else ""),
        home=_hashed(programme.seed, "home", home_form(str(home))) or (came.home if came else ""),
    )


def mailboxes_of(customer: Customer | None) -> set[str]:
    """All addresses of a customer, mailboxes without what does not tell them apart."""
    known = customer.addresses if customer else {}
    return {bare(one) if channel == EMAIL else one for channel, listed in known.items() for one in listed}


def bare(email: str) -> str:
    """The mailbox behind an address: without what follows a "+", and as its provider reads dots."""
    local, at, domain = email.partition("@")
    if not local or not at:
        return email
    local = local.partition("+")[0]
    if domain in _DOTLESS:
        local, domain = local.replace(".", ""), _DOTLESS[domain]
    return f"{local}@{domain}"


def name_form(name: str) -> str:
    """A name in one form: its words without accents or case, whichever comes first. One word alone says too little."""
    words = sorted(_words(name))
    return " ".join(words) if len(words) > 1 else ""


def home_form(home: str) -> str:
    """A postal address in one form; one without a number or a word could be anybody's, and is none."""
    words = [_ENDINGS.sub("str", _SHORT.get(word, word)) for word in _words(home)]
    told = any(any(sign.isdigit() for sign in word) for word in words) and len(words) > 1
    return " ".join(words) if told else ""


def network(ip: str) -> str:
    """Whose address it is: itself, or of the sixth version the network that one household has. Raises Invalid."""
    if not ip:
        return ""
    try:
        address: IPv4Address | IPv6Address | None = ip_address(ip.strip())
    except ValueError:
        raise Invalid.field("ip", "Not an IP address.") from None
    if isinstance(address, IPv6Address):
        address = address.ipv4_mapped or address
    return str(ip_network(f"{address}/64", strict=False)) if isinstance(address, IPv6Address) else str(address)


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    return _WORD.findall("".join(sign for sign in plain if not unicodedata.combining(sign)))


def _hashed(seed: str, what: str, value: str) -> str:
    return keyed(seed.encode(), what, value) if value else ""
