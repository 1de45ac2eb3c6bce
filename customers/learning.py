"""Which way a customer likes to be written to, learned from what they answer to.

The rule, for each channel over the last year:

- a message opened by a person counts 1 point, one clicked 2, one replied to or followed by an order within three days
  3; a message's best counts, once. A channel's score is its points over the messages sent.
- A channel is judged when at least 3 messages went out over it. Opens tell little (a text message tells none, and mail
  programs open by themselves), so the best channel needs at least 2 messages that were clicked, replied to or ordered
  after.
- The channels judged, by falling score, are the customer's order when there are at least two and the first scores
  half as much again as the second. Otherwise nothing is learned, and the shop's own order holds.

What the customer declared always holds before what was learned.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from common.clock import Clock

WINDOW = timedelta(days=365)
ORDERED_WITHIN = timedelta(days=3)
LEAST_SENT = 3
LEAST_ANSWERS = 2
CLEARLY = 1.5
POINTS = {"opened": 1, "clicked": 2, "replied": 3, "ordered": 3}
# What a provider says of an open that no person made (a mail program that fetches pictures beforehand).
BY_MACHINE = "machine"
# A link followed or a picture loaded, of which it is not said yet by whom.
UNSETTLED = "unverified"
NOTES = 100


class Answers(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of the messages sent to a customer over a channel; each count is of messages.

    `answered` are those clicked, replied to or ordered after; `points` as the rule above says.
    """

    sent: int = 0
    opened: int = 0
    clicked: int = 0
    replied: int = 0
    ordered: int = 0
    answered: int = 0
    points: int = 0


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A message that reached a customer."""

    id: str
    channel: str
    at: datetime


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """What a customer was sent and did, within the window.

    `done` are (message, opened or clicked); `replies` are (channel, instant) and `orders` instants.
    """

    letters: Sequence[Letter] = ()
    done: Sequence[tuple[str, str]] = ()
    replies: Sequence[tuple[str, datetime]] = ()
    orders: Sequence[datetime] = ()


class Lessons(Protocol):
    """Whose channels are to be looked at again, what there is to learn from, and what was learned."""

    def due(self, limit: int) -> tuple[list[str], list[str]]:
        """The oldest notes and the customers they name."""
        ...

    def evidence(self, customers: Sequence[str], since: datetime) -> dict[str, Evidence]:
        """What each was sent and did since then."""
        ...

    def keep(self, learned: Mapping[str, tuple[dict[str, Answers], list[str]]]) -> None:
        """Keep each customer's answers by channel and their order, where they declared none themselves."""
        ...

    def done(self, notes: Sequence[str]) -> None:
        """These notes have been followed."""
        ...


class Learning:
    """Looks again at customers who answered to something. Twice is once, and a note outlives whoever dies."""

    def __init__(self, lessons: Lessons, clock: Clock) -> None:
        self._lessons = lessons
        self._clock = clock

    def react(self) -> int:
        """Learn from what is new; of how many customers."""
        notes, customers = self._lessons.due(NOTES)
        if not notes:
            return 0
        since = self._clock.now() - WINDOW
        found = self._lessons.evidence(customers, since)
        learned = {customer: (by_channel := answers(told), order_of(by_channel)) for customer, told in found.items()}
        self._lessons.keep(learned)
        self._lessons.done(notes)
        return len(customers)


def answers(evidence: Evidence) -> dict[str, Answers]:
    """What became of a customer's messages, by channel.

    A reply or an order is put down to the latest message before it: a reply to that of its channel, an order to that
    of any, where it went out within three days before.
    """
    letters = sorted(evidence.letters, key=lambda letter: (letter.at, letter.id))
    found: dict[str, set[str]] = {letter.id: set() for letter in letters}
    for message, what in evidence.done:
        if message in found:
            found[message].add(what)
    for channel, at in evidence.replies:
        _note(found, [letter for letter in letters if letter.channel == channel and letter.at <= at], "replied")
    for at in evidence.orders:
        _note(found, [letter for letter in letters if at - ORDERED_WITHIN <= letter.at <= at], "ordered")
    channels = sorted({letter.channel for letter in letters})
    return {channel: _sum([found[one.id] for one in letters if one.channel == channel]) for channel in channels}


def order_of(by_channel: Mapping[str, Answers]) -> list[str]:
    """The order of channels that the rule above learns; [] where it learns nothing."""
    judged = {channel: one for channel, one in by_channel.items() if one.sent >= LEAST_SENT}
    if len(judged) < 2:
        return []
    order = sorted(judged, key=lambda channel: (-_score(judged[channel]), channel))
    best, next_best = judged[order[0]], judged[order[1]]
    clear = _score(best) > 0 and _score(best) >= CLEARLY * _score(next_best)
    return order if clear and best.answered >= LEAST_ANSWERS else []


def _note(found: dict[str, set[str]], before: Sequence[Letter], what: str) -> None:
    if before:
        found[before[-1].id].add(what)


def _sum(letters: Sequence[set[str]]) -> Answers:
    counts = {what: sum(what in done for done in letters) for what in POINTS}
    return Answers(
        sent=len(letters),
        **counts,
        answered=sum(bool(done - {"opened"}) for done in letters),
        points=sum(max((POINTS[what] for what in done), default=0) for done in letters),
    )


def _score(answers: Answers) -> float:
    return answers.points / answers.sent
