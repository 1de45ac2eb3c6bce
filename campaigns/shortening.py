"""Short links: in a text each web address stands as ten characters on our own domain, kept with where it leads.

The characters follow from message, address and a secret key: a text that is written twice has the same ones, and
nobody guesses another's.
"""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from common.ids import number
from common.links import Links
from content.links import Wrap, respell

LENGTH = 10
_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


class ShortLink(msgspec.Struct, frozen=True, kw_only=True, rename={"id": "_id"}):
    """Where ten characters lead, and whose message they stand in."""

    id: str
    message: str
    customer: str
    address: str


class Habit(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of addresses: each leads to what `mark` makes of it; those that begin with `direct` stay as they
    are, and unless `always`, those that are short already.
    """

    mark: Wrap = str
    direct: str = ""
    always: bool = False


class ShortLinks(Protocol):
    """The links as they are kept."""

    def keep(self, links: Sequence[ShortLink]) -> None:
        """Keep links; one that is kept already stays as it is."""
        ...

    def get(self, id: str) -> ShortLink | None:
        """A link, if there is one."""
        ...


_PLAIN = Habit()


class Shortener:
    """Puts short links into texts."""

    def __init__(self, kept: ShortLinks, links: Links, key: str) -> None:
        """`key` is a secret; with another, the same address has other characters."""
        self._kept = kept
        self._links = links
        self._key = key.encode()

    def shortened(self, text: str, message: str, customer: str, made: list[ShortLink], habit: Habit = _PLAIN) -> str:
        """The text with its addresses short; what is to be kept is added to `made`."""

        def short(address: str) -> str:
            place = self._links.short("")
            if address.startswith(place) or (habit.direct and address.startswith(habit.direct)):
                return address
            if len(address) <= len(place) + LENGTH and not habit.always:
                return address
            return self._links.short(self.characters(address, message, customer, made, habit))

        return respell(text, short)

    def characters(
        self, address: str, message: str, customer: str, made: list[ShortLink], habit: Habit = _PLAIN
    ) -> str:
        """The ten characters alone that lead to an address, for who has the place before them already."""
        led = address if address.startswith(self._links.public_url) else habit.mark(address)
        link = ShortLink(id=self._code(message, led), message=message, customer=customer, address=led)
        made.append(link)
        return link.id

    def keep(self, made: Sequence[ShortLink]) -> None:
        """Keep links, before anybody can follow them."""
        if made:
            self._kept.keep(made)

    def length_of(self, text: str) -> str:
        """A text of marketing as long as it will be, for whoever counts its segments."""
        return self.shortened(text, "", "", [], Habit(always=True))

    def _code(self, message: str, address: str) -> str:
        drawn = number(self._key, "short-link", message, address)
        letters = []
        for _ in range(LENGTH):
            drawn, place = divmod(drawn, len(_ALPHABET))
            letters.append(_ALPHABET[place])
        return "".join(letters)
