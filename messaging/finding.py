"""Which message a receipt is about that names none of ours: by its receiver, and the provider's own id of it.

Providers of chats tell of messages by ids that they make themselves, or of all that somebody read up to a time. What
a receiver got lately is few, so that it is looked through; no index of providers' ids slows a launch down.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from common.ids import derive
from customers.customer import Customers
from messaging.channel import Receipt
from messaging.message import Message, State

# Providers tell within minutes, and of a message that is read late within weeks.
LOOKED_BACK = timedelta(days=30)
LOOKED_THROUGH = 50
SHARING = 20
# A receipt may come in before the answer to the hand-over is written down; so long it is looked for again.
PATIENCE = timedelta(minutes=2)
# That all was read that was sent proves nothing of what may never have been.
_TAKEN = frozenset({State.ACCEPTED, State.DELIVERED})
# Of a person, not of a message.
_OF_A_PERSON = frozenset({"blocked", "unblocked", "unsubscribed"})


class Recent(Protocol):
    """What was sent lately."""

    def sent(self, customers: Sequence[str], channel: str, since: datetime, limit: int) -> list[Message]:
        """What these customers were handed on a channel since then, the newest first."""
        ...


class Finder:
    """Finds messages for receipts."""

    def __init__(self, customers: Customers, recent: Recent) -> None:
        self._customers = customers
        self._recent = recent

    def find(self, channel: str, receipts: Sequence[Receipt]) -> tuple[list[Receipt], bool]:
        """The receipts with the messages they are about, and whether one of them waits for its message to be known."""
        found: list[Receipt] = []
        waits = False
        sent: dict[str, list[Message]] = {}
        for receipt in receipts:
            if not _sought(receipt):
                found.append(receipt)
                continue
            if receipt.address not in sent:
                sent[receipt.address] = self._sent(channel, receipt)
            matches = _matches(receipt, sent[receipt.address])
            waits = waits or (not matches and bool(sent[receipt.address]) and not receipt.up_to)
            found += matches or [receipt]
        return found, waits

    def _sent(self, channel: str, receipt: Receipt) -> list[Message]:
        people = self._customers.find("", SHARING, receipt.address, channel)
        if not people:
            return []
        ids = [customer.id for customer in people]
        return self._recent.sent(ids, channel, receipt.at - LOOKED_BACK, LOOKED_THROUGH)


def _sought(receipt: Receipt) -> bool:
    known = receipt.message or receipt.type in _OF_A_PERSON or not receipt.address
    return not known and bool(receipt.provider_id or receipt.up_to)


def _matches(receipt: Receipt, sent: Sequence[Message]) -> list[Receipt]:
    """A receipt for each message it is about: by the provider's id, or what was sent up to a time."""
    if receipt.provider_id:
        same = [message for message in sent if message.provider_id == receipt.provider_id]
        return [msgspec.structs.replace(receipt, message=message.id) for message in same[:1]]
    up_to = receipt.up_to
    taken = [message for message in sent if message.state in _TAKEN]
    before = [message for message in taken if up_to and message.handed_at and message.handed_at <= up_to]
    about = before[:1] if receipt.type == "clicked" else before
    return [
        msgspec.structs.replace(receipt, message=message.id, key=derive(receipt.key, message.id)) for message in about
    ]
