"""Who followed a link or loaded a picture: a person, or a machine that did it for them or before them.

A GET is noted and nothing else: mail scanners follow every link, and proxies load every picture. What names itself a
machine, or says that it fetches ahead, is one at once. All else waits for a minute, in which a scanner gives itself
away: by coming within seconds of the hand-over, or by following several links in one breath. What is left was a
person, and only then is it theirs. The signs are those that mail programs and scanners publish or show: Apple's mail
privacy loads pictures as plain "Mozilla/5.0", Gmail's look-ahead as an Edge 12 that never was on a phone; what
Gmail's and Yahoo's picture proxies load is loaded when somebody opens the letter.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal, Protocol

import msgspec

from common.clock import Clock
from common.ids import derive
from customers.learning import BY_MACHINE, UNSETTLED
from messaging.message import Message
from messaging.receipts import Evidence, Fact

PROVIDER = "encore"
BY_PERSON = "person"
# So long a scanner has to give itself away.
WAIT = timedelta(seconds=60)
# Nobody reads a letter this soon after it was handed over, nor follows two links of it within this time.
TOO_SOON = timedelta(seconds=3)
AT_ONCE = 500
_MACHINES = re.compile(
    r"bot\b|crawl|spider|slurp|scan|preview|proofpoint|mimecast|barracuda|fireeye|symantec|messagelabs|trendmicro"
    r"|forcepoint|cloudmark|vade|safelinks|urldefense|checkpoint|headless|phantom|curl/|wget/|python|go-http|java/|okhttp"
    r"|libwww|axios|node-fetch|facebookexternalhit|whatsapp/|telegrambot|slack|discord|skypeuri",
    re.IGNORECASE,
)
_PLAIN = "mozilla/5.0"
_LOOKS_AHEAD = "Edge/12.246"


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """A GET: by what it calls itself, whether it says that it fetches ahead, and how."""

    agent: str = ""
    ahead: bool = False

    @property
    def by_machine(self) -> bool:
        """Whether it gives itself away at once."""
        agent = self.agent.strip()
        return self.ahead or agent.lower() in ("", _PLAIN) or _LOOKS_AHEAD in agent or bool(_MACHINES.search(agent))


class Unsettled(Protocol):
    """The facts that wait for their verdict."""

    def add(self, facts: Sequence[Fact]) -> None:
        """Keep facts; one that is kept already stays as it is."""
        ...

    def unsettled(self, now: datetime, limit: int) -> list[Fact]:
        """Some whose wait is over."""
        ...

    def settle(self, verdicts: Mapping[str, Fact]) -> None:
        """Put the verdict in place of each unsettled fact, by its id; again, it is the same."""
        ...


class Sightings:
    """Notes what was followed and opened, and says later by whom."""

    def __init__(self, facts: Unsettled, messages: Evidence, clock: Clock) -> None:
        self._facts = facts
        self._messages = messages
        self._clock = clock

    def note(self, type: Literal["opened", "clicked"], message: str, visit: Visit, address: str = "") -> None:
        """Note that a message's picture was loaded, or a link of it followed; once a message and link, and once more
        where a machine did it first. The customer is untouched.
        """
        known = self._messages.get([message]).get(message)
        if known is None:
            return
        now = self._clock.now()
        fact = Fact(
            id=derive("followed", message, address) if type == "clicked" else derive("seen", message),
            type=type,
            at=now,
            provider=PROVIDER,
            channel=known.channel,
            message=message,
            campaign=known.campaign,
            url=address,
            detail=UNSETTLED,
            settle_at=now + WAIT,
        )
        self._facts.add([_of_a_machine(fact) if visit.by_machine else fact])

    def settle(self) -> int:
        """Say of what has waited long enough whose it was; how many were persons'."""
        waiting = self._facts.unsettled(self._clock.now(), AT_ONCE)
        if not waiting:
            return 0
        messages = self._messages.get(sorted({fact.message for fact in waiting}))
        verdicts = {fact.id: _verdict(fact, waiting, messages.get(fact.message)) for fact in waiting}
        self._facts.settle(verdicts)
        return sum(fact.detail == BY_PERSON for fact in verdicts.values())


def _verdict(fact: Fact, waiting: Sequence[Fact], message: Message | None) -> Fact:
    others = [one for one in waiting if (one.message, one.type) == (fact.message, "clicked") and one.url != fact.url]
    in_one_breath = fact.type == "clicked" and any(abs(one.at - fact.at) < TOO_SOON for one in others)
    too_soon = message is not None and message.handed_at is not None and fact.at - message.handed_at < TOO_SOON
    if message is None or in_one_breath or too_soon:
        return _of_a_machine(fact)
    return msgspec.structs.replace(fact, detail=BY_PERSON, customer=message.customer, settle_at=None)


def _of_a_machine(fact: Fact) -> Fact:
    """Under an id of its own, so that a person may still come."""
    return msgspec.structs.replace(fact, id=derive(fact.id, BY_MACHINE), detail=BY_MACHINE, settle_at=None)
