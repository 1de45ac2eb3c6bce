"""Moves people on through the steps of campaigns: who is due is looked at, a few hundred at a time.

Any number of processes may do so, late or twice: messages are known by journey, entry and step, and a journey is
written by compare-and-set on what was read.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter
from typing import Literal, Protocol

import msgspec

from campaigns.campaign import Campaign, Campaigns, CampaignState
from campaigns.journey import Journey, Journeys, Why, by_journeys, step_message_id, steps_of
from campaigns.run import Runs, RunState
from campaigns.stepping import StepWriter
from campaigns.steps import Exit, JourneyStep
from campaigns.trigger import parse
from common.clock import Clock
from common.errors import NotFound
from messaging.message import Message, State
from segments.audience import Audience
from segments.segment import Segments

AT_ONCE = 500
ROUNDS = 20
# While a message waits to go out, it is looked so often whether its receiver has come to an exit meanwhile.
LOOK = timedelta(minutes=10)

Since = Callable[[Sequence[str], datetime], dict[str, datetime]]


class Signs(Protocol):
    """What people have done; by customer, the latest time after an instant."""

    def ordered(self, customers: Sequence[str], since: datetime) -> dict[str, datetime]:
        """When each last placed an order that stands."""
        ...

    def redeemed(self, customers: Sequence[str], since: datetime) -> dict[str, datetime]:
        """When each last used a code."""
        ...

    def replied(self, customers: Sequence[str], since: datetime) -> dict[str, datetime]:
        """When each last wrote back."""
        ...

    def reacted(self, customers: Sequence[str], type: Literal["opened", "clicked"]) -> set[str]:
        """The messages to these customers to which somebody did this."""
        ...


class Letters(Protocol):
    """The messages of journeys."""

    def open(self, messages: Collection[str]) -> set[str]:
        """Which of these are still to be worked on."""
        ...

    def withdraw(self, messages: Collection[str], now: datetime) -> int:
        """Cancel those of these that wait; how many."""
        ...


class Inside(Protocol):
    """Who is on the way."""

    def going(self, campaign: str) -> bool:
        """Whether anybody is inside."""
        ...


class Mover:
    """Moves journeys on."""

    def __init__(
        self,
        *,
        campaigns: Campaigns,
        runs: Runs,
        journeys: Journeys,
        inside: Inside,
        signs: Signs,
        letters: Letters,
        segments: Segments,
        audience: Audience,
        writer: StepWriter,
        clock: Clock,
    ) -> None:
        self._campaigns = campaigns
        self._runs = runs
        self._journeys = journeys
        self._inside = inside
        self._signs = signs
        self._letters = letters
        self._segments = segments
        self._audience = audience
        self._writer = writer
        self._clock = clock

    def move(self) -> int:
        """Move on who is due, of campaigns that run; how many journeys were looked at."""
        looked = 0
        for campaign in self._campaigns.listening(CampaignState.RUNNING):
            if by_journeys(campaign):
                looked += self._move_all(campaign)
                self._finish(campaign)
        return looked

    def _move_all(self, campaign: Campaign) -> int:
        looked = 0
        for _ in range(ROUNDS):
            batch = self._journeys.due(campaign.id, self._clock.now(), AT_ONCE)
            if batch:
                self._move(campaign, batch)
            looked += len(batch)
            if len(batch) < AT_ONCE:
                break
        return looked

    def _finish(self, campaign: Campaign) -> None:
        """A campaign that runs once is finished when nobody is inside any more and no message is open."""
        if not parse(campaign.trigger).once or self._inside.going(campaign.id):
            return
        runs = self._runs.of_campaigns([campaign.id])
        if runs and all(run.state is RunState.FINISHED for run in runs):
            self._campaigns.move(campaign.id, [CampaignState.RUNNING], CampaignState.FINISHED)

    def _move(self, campaign: Campaign, batch: Sequence[Journey]) -> None:
        now, many = self._clock.now(), len(steps_of(campaign))
        out = self._out(campaign, batch)
        # The step that is due may have been taken by a process that died before it could note the message.
        self._letters.withdraw(
            [id_ for one in batch if one.id in out for id_ in (one.message, step_message_id(one))], now
        )
        still = self._letters.open([one.message for one in batch if one.message])
        changed = [_ended(one, out[one.id], now) for one in batch if one.id in out]
        due: list[Journey] = []
        for one in batch:
            if one.id in out:
                continue
            if one.step < many and one.due_at is not None and one.due_at <= now:
                due.append(one)
            elif one.step >= many and one.message not in still:
                changed.append(_ended(one, "finished", now))
            else:
                changed.append(_looked_at_again(one, now, watched=one.message in still))
        self._journeys.put([*changed, *self._taken(campaign, due, now)])

    def _taken(self, campaign: Campaign, due: Sequence[Journey], now: datetime) -> list[Journey]:
        """These people after the step that is due."""
        after: list[Journey] = []
        for index, group in groupby(sorted(due, key=attrgetter("step")), attrgetter("step")):
            journeys, step = list(group), steps_of(campaign)[index]
            meant = self._meant(step, journeys)
            messages: dict[str, Message] = {}
            for apart in _apart([one for one in journeys if one.id in meant]):
                messages |= self._writer.write(campaign, index, apart)
            for one in journeys:
                message = messages.get(one.id)
                if one.id not in meant:
                    ends = step.otherwise == "end"
                    after.append(_ended(one, "condition", now) if ends else _advanced(campaign, one, "", now))
                elif message is None:
                    after.append(_ended(one, "customer_gone", now))
                elif message.state is State.HELD_OUT:
                    after.append(_ended(one, "held_out", now, message.id))
                else:
                    after.append(_advanced(campaign, one, message.id, now))
        return after

    def _meant(self, step: JourneyStep, journeys: Sequence[Journey]) -> set[str]:
        """For whom of these, by journey, the step is."""
        meant = list(journeys)
        if step.segment:
            inside = self._members(step.segment, meant)
            meant = [one for one in meant if one.customer in inside]
        if step.if_previous:
            wanted: Literal["opened", "clicked"] = "clicked" if "clicked" in step.if_previous else "opened"
            did = self._signs.reacted([one.customer for one in meant], wanted)
            yes = not step.if_previous.startswith("not_")
            meant = [one for one in meant if (one.message in did) is yes]
        return {one.id for one in meant}

    def _members(self, segment: str, journeys: Sequence[Journey]) -> set[str]:
        """Who of these is in a segment now; one that is no more has nobody in it."""
        try:
            rules = self._segments.get(segment).rules
        except NotFound:
            return set()
        return self._audience.among(rules, [one.customer for one in journeys])

    def _out(self, campaign: Campaign, batch: Sequence[Journey]) -> dict[str, Why]:
        """Who has come to an exit, by journey, and which."""
        people, first = [one.customer for one in batch], min(one.since for one in batch)
        asked: Mapping[Exit, Since] = {
            "ordered": self._signs.ordered, "redeemed": self._signs.redeemed, "replied": self._signs.replied,
        }  # fmt: skip
        out: dict[str, Why] = {}
        for exit_ in campaign.journey.exits:
            if exit_ == "left_segment":
                inside = self._members(campaign.segment, batch)
                gone = [one for one in batch if one.customer not in inside]
            else:
                latest = asked[exit_](people, first)
                gone = [one for one in batch if one.customer in latest and latest[one.customer] > one.since]
            for one in gone:
                out.setdefault(one.id, exit_)
        return out


def _apart(journeys: Sequence[Journey]) -> list[list[Journey]]:
    """Each person once in a part: of one run an address gets one message (docs/messages.md)."""
    parts: list[list[Journey]] = []
    seen: Counter[str] = Counter()
    for one in journeys:
        if seen[one.customer] == len(parts):
            parts.append([])
        parts[seen[one.customer]].append(one)
        seen[one.customer] += 1
    return parts


def _ended(journey: Journey, why: Why, now: datetime, message: str = "") -> Journey:
    ended = {"state": "ended", "why": why, "ended_at": now, "due_at": None, "look_at": None}
    noted = {"message": message or journey.message, "version": journey.version + 1}
    return msgspec.structs.replace(journey, **ended, **noted)


def _looked_at_again(journey: Journey, now: datetime, *, watched: bool) -> Journey:
    """The same, to be looked at when its step is due, or sooner while its message waits."""
    times = [at for at in (journey.due_at, now + LOOK if watched or journey.due_at is None else None) if at]
    return msgspec.structs.replace(journey, look_at=min(times), version=journey.version + 1)


def _advanced(campaign: Campaign, journey: Journey, message: str, now: datetime) -> Journey:
    """After its step; the next one's wait begins now, so that what comes late does not come all at once."""
    steps, place = steps_of(campaign), journey.step + 1
    watched = bool(campaign.journey.exits and message)
    moved = msgspec.structs.replace(journey, step=place, message=message or journey.message)
    if place < len(steps):
        due = now + steps[place].wait
        return _looked_at_again(msgspec.structs.replace(moved, due_at=due), now, watched=watched)
    if not watched:
        return _ended(moved, "finished", now)
    return _looked_at_again(msgspec.structs.replace(moved, due_at=None), now, watched=True)
