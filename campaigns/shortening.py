"""Short links: in a text message each web address stands as ten characters on our own domain, kept with where it leads.

The characters follow from message, address and a secret key: a text that is written twice has the same ones, and
nobody guesses another's.
"""

import re
from collections.abc import Sequence
from typing import Protocol

import msgspec

from common.ids import number
from common.links import Links

LENGTH = 10
_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
# What follows an address in a sentence is no part of it.
_ADDRESS = re.compile(r"https?://[^\s<>\"']*[^\s<>\"'.,;:!?)\]}]")


class ShortLink(msgspec.Struct, frozen=True, kw_only=True, rename={"id": "_id"}):
    """Where ten characters lead, and whose message they stand in."""

    id: str
    message: str
    customer: str
    address: str


class ShortLinks(Protocol):
    """The links as they are kept."""

    def keep(self, links: Sequence[ShortLink]) -> None:
        """Keep links; one that is kept already stays as it is."""
        ...

    def get(self, id: str) -> ShortLink | None:
        """A link, if there is one."""
        ...


class Shortener:
    """Puts short links into texts."""

    def __init__(self, kept: ShortLinks, links: Links, key: str) -> None:
        """`key` is a secret; with another, the same address has other characters."""
        self._kept = kept
        self._links = links
        self._key = key.encode()

    def shortened(self, text: str, message: str, customer: str, made: list[ShortLink]) -> str:
        """The text with its addresses short; what is to be kept is added to `made`."""

        def short(found: re.Match[str]) -> str:
            address = found[0]
            place = self._links.short("")
            if len(address) <= len(place) + LENGTH or address.startswith(place):
                return address
            link = ShortLink(id=self._code(message, address), message=message, customer=customer, address=address)
            made.append(link)
            return self._links.short(link.id)

        return _ADDRESS.sub(short, text)

    def keep(self, made: Sequence[ShortLink]) -> None:
        """Keep links, before anybody can follow them."""
        if made:
            self._kept.keep(made)

    def length_of(self, text: str) -> str:
        """A text as long as it will be, for whoever counts its segments."""
        return self.shortened(text, "", "", [])

    def _code(self, message: str, address: str) -> str:
        drawn = number(self._key, "short-link", message, address)
        letters = []
        for _ in range(LENGTH):
            drawn, place = divmod(drawn, len(_ALPHABET))
            letters.append(_ALPHABET[place])
        return "".join(letters)
