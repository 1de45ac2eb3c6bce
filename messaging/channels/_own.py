"""Word that comes from a customer's own browser or app, since their push services tell nothing of what became of it.

Each letter carries a signature for each thing that can be said of it; whoever says it gives that signature back, in
the header `Encore-Signature` or, where a browser may send no header, as `?signature=`. Said twice is once.
"""

import hmac
from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import msgspec

from common.errors import Forged, Invalid
from common.ids import derive, keyed
from messaging.channel import (
    GONE,
    Accepted,
    Hook,
    Letter,
    NotTaken,
    Outcome,
    Parcel,
    Receipt,
    ReceiptType,
    Rejected,
    Uncertain,
)
from messaging.channels._http import OneByOne
from messaging.channels._reading import parsed

WORDS: Mapping[str, ReceiptType] = {"delivered": "delivered", "opened": "opened", "dismissed": "unknown"}
HEADER = "encore-signature"
_LONGEST = 200


class Device(OneByOne):
    """A provider whose push service tells nothing of what becomes of a message; the customer's browser or app may."""

    several: ClassVar[bool] = True

    def hand(self, parcel: Parcel, letter: Letter) -> Outcome:
        """One message to all devices of its receiver. It arrived where one of them has it; what is gone is told."""
        outcomes: dict[str, Outcome] = {}
        for address in (letter.address, *letter.also):
            outcomes[address] = self.reach(parcel, msgspec.structs.replace(letter, address=address, also=()))
            if isinstance(outcomes[address], NotTaken):
                break  # the others would fare the same, and none may be reached twice
        return together(outcomes)

    @abstractmethod
    def reach(self, parcel: Parcel, letter: Letter) -> Outcome:
        """Hand the message to one device."""

    @abstractmethod
    def secret(self) -> bytes:
        """What the words are signed with."""

    def verify(self, hook: Hook) -> None:
        """Check that it is said by a browser or an app that has the message; raises Forged."""
        verify(self.secret(), hook)

    def receipts(self, hook: Hook) -> list[Receipt]:
        """What it says of a message: shown, opened, put away."""
        return receipts(self.name, hook)

    def back(self) -> str:
        """Where it is said."""
        return f"{self.settings.public_url.rstrip('/')}/webhooks/{self.channel}"

    def signatures(self, parcel: Parcel, letter: Letter) -> dict[str, str]:
        """What the letter carries, so that its receiver can be believed."""
        return signatures(self.secret(), letter.message, parcel.token)


def together(outcomes: Mapping[str, Outcome]) -> Outcome:
    """What became of a message that went to several devices, by their addresses, the first of them first.

    The best for any of them: accepted, then in doubt, then to be tried again, then refused as the first was.
    """
    gone = {one: said for one, said in outcomes.items() if isinstance(said, Rejected) and said.suppress == GONE}
    for kind in (Accepted, Uncertain, NotTaken):
        for found in outcomes.values():
            if isinstance(found, kind):
                return msgspec.structs.replace(found, gone=tuple(gone)) if isinstance(found, Accepted) else found
    first, refused = next(iter(outcomes.items()))
    others = tuple(address for address in gone if address != first)
    return msgspec.structs.replace(refused, gone=others)


def signatures(key: bytes, message: str, token: str) -> dict[str, str]:
    """What the letter carries: for each word that can be said of it, its signature."""
    return {word: _signature(key, message, token, word) for word in WORDS}


def verify(key: bytes, hook: Hook) -> None:
    """Raises Forged unless the word is said by who has the letter."""
    said = _said(hook)
    query = parse_qs(urlsplit(hook.url).query)
    given = hook.headers.get(HEADER) or query.get("signature", [""])[0]
    wanted = _signature(key, said["message"], said["token"], said["event"])
    if not key or not hmac.compare_digest(given.encode(), wanted.encode()):
        raise Forged("The signature does not fit.")


def receipts(provider: str, hook: Hook) -> list[Receipt]:
    """The word, of a hook that was verified."""
    said = _said(hook)
    return [
        Receipt(
            key=derive(provider, said["message"], said["token"], said["event"]),
            type=WORDS.get(said["event"], "unknown"),
            at=hook.at,
            message=said["message"],
            token=said["token"],
            detail=said["event"],
        )
    ]


def _said(hook: Hook) -> dict[str, str]:
    try:
        said: Any = parsed(hook.body)
    except Invalid:
        raise Forged("The word is not JSON.") from None
    names = ("message", "token", "event")
    if not isinstance(said, dict) or not all(isinstance(said.get(name), str) for name in names):
        raise Forged("The word names no message, token and event.")
    found = {name: said[name] for name in names}
    if any(len(text) > _LONGEST or not text.isascii() for text in found.values()):
        raise Invalid("The word is too long.")
    return found


def _signature(key: bytes, message: str, token: str, word: str) -> str:
    return keyed(key, "receipt", message, token, word)
