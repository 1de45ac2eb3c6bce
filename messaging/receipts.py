"""A provider's word about messages, worked on after it was stored: states, facts, suppression."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from messaging.message import Message, State


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """That a provider says a message has come this far: `state` is accepted, delivered, undelivered or bounced.

    `token` is of the attempt it is about, empty where the provider did not carry it back.
    """

    message: str
    state: State
    at: datetime
    token: str = ""
    provider: str = ""
    provider_id: str = ""
    reason: str = ""


class Evidence(Protocol):
    """The messages, as far as a provider's word moves them."""

    def apply(self, proofs: Sequence[Proof]) -> None:
        """Move messages to what is proven, in bulk, by compare-and-set; a rank only rises, strange ids are left.

        A proof of delivery or of a bounce proves acceptance too. Applying a proof again does nothing.
        """
        ...

    def get(self, ids: Sequence[str]) -> Mapping[str, Message]:
        """Those of these messages that exist, by id, in one read."""
        ...
