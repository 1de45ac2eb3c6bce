"""The messages of one claim before the gate, one after the other: who is let go counts for those that follow."""

from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

from customers.shop import Shop
from messaging.gate import Go, Person, Sent, Verdict, Word, decide
from messaging.message import Message


def one_by_one(
    messages: Iterable[Message], people: Mapping[str, Person], shop: Shop, now: datetime, word: Word
) -> dict[str, Verdict]:
    """The gate's verdict on each message, by its id; of several to one person, as many go as pace and caps let."""
    verdicts: dict[str, Verdict] = {}
    going: dict[str, list[Sent]] = {}
    for message in messages:
        person, before = people[message.id], going.setdefault(message.customer, [])
        if before:
            person = msgspec.structs.replace(person, received=[*person.received, *before])
        verdicts[message.id] = decide(message, person, shop, now, word)
        if isinstance(verdicts[message.id], Go):
            before.append(Sent(now, message.routes[0].channel, message.purpose, message.id, settled=False))
    return verdicts
