"""How far a campaign's running runs have got: planned, by state, a second, and how long that will take."""

import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from campaigns.campaign import Campaigns, CampaignState
from campaigns.run import Run, Runs, RunState
from common.clock import Clock
from messaging.message import OPEN, State

# The speed is that of the last so many seconds; where nobody looked before, of the whole run.
LATELY = 60.0
# A provider that was silent for so long about what it accepted will not speak any more.
SILENCE = timedelta(hours=72)
OVER = frozenset({CampaignState.FINISHED, CampaignState.CANCELLED})
# A stream says something at least so often, and ends after so long: whoever wants more asks again.
EVERY, HEARTBEAT, LASTS = 1.0, 15.0, 60.0
# Counting a large run takes a while: whoever watches it costs the database no more than this share of its time.
SHARE = 0.1
AGAIN_MS = 2_000


class Counted(Protocol):
    """A run's messages, counted afresh."""

    def states(self, runs: Sequence[str]) -> dict[State, int]:
        """How many messages of these runs are in each state."""
        ...

    def silent(self, runs: Sequence[str], before: datetime) -> int:
        """How many were accepted before then, of which nothing was heard since."""
        ...


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far it is. While runs are still `planning`, `planned` grows. `per_second` are messages that came to rest;
    `seconds_left` is None where nothing moves. `no_receipt` were accepted 72 hours ago or more, and nothing was heard.
    """

    campaign: str
    state: str
    at: datetime
    planning: bool
    planned: int
    states: Mapping[str, int]
    open: int
    done: int
    per_second: float
    seconds_left: float | None
    no_receipt: int


class Watch:
    """Tells progress. What was counted before is remembered here for a minute, to tell the speed by."""

    def __init__(self, campaigns: Campaigns, runs: Runs, messages: Counted, clock: Clock) -> None:
        self._campaigns = campaigns
        self._runs = runs
        self._messages = messages
        self._clock = clock
        self._seen: dict[str, deque[tuple[float, int]]] = {}
        self._lock = threading.Lock()

    def progress(self, campaign_id: str) -> Progress:
        """The campaign's unfinished runs, or its latest where all are finished; raises NotFound."""
        campaign, now = self._campaigns.get(campaign_id), self._clock.now()
        every = self._runs.of_campaigns([campaign_id])
        runs = [run for run in every if run.state is not RunState.FINISHED] or every[-1:]
        ids = [run.id for run in runs]
        states = self._messages.states(ids)
        still = sum(count for state, count in states.items() if state in OPEN)
        done = sum(states.values()) - still
        speed = self._speed(campaign_id, runs, done, now) if still else 0.0
        return Progress(
            campaign=campaign_id,
            state=campaign.state.value,
            at=now,
            planning=any(run.state is RunState.PLANNING for run in runs),
            planned=sum(states.values()),
            states={state.value: count for state, count in sorted(states.items())},
            open=still,
            done=done,
            per_second=round(speed, 2),
            seconds_left=round(still / speed, 1) if speed else None,
            no_receipt=self._messages.silent(ids, now - SILENCE),
        )

    def _speed(self, campaign: str, runs: Sequence[Run], done: int, now: datetime) -> float:
        at = now.timestamp()
        with self._lock:
            seen = self._seen.setdefault(campaign, deque())
            while seen and not at - LATELY <= seen[0][0] <= at:
                seen.popleft()
            began, before = seen[0] if seen else (min(run.started_at for run in runs).timestamp(), 0)
            seen.append((at, done))
        return max(0.0, (done - before) / (at - began)) if at > began else 0.0


class Doors:
    """So many streams at once: each holds a thread of the process that serves it."""

    def __init__(self, most: int) -> None:
        self._free = threading.BoundedSemaphore(most)

    def enter(self) -> bool:
        """Whether there is room; who entered must leave."""
        return self._free.acquire(blocking=False)

    def leave(self) -> None:
        """Make room."""
        self._free.release()


def stream(
    told: Callable[[], Progress],
    doors: Doors,
    sleep: Callable[[float], None] = time.sleep,
    elapsed: Callable[[], float] = time.monotonic,
) -> Iterator[str]:
    """Progress as server-sent events: one at once, one with each change, and a comment where nothing changes.

    It ends when the campaign does (`event: end`), and in any case after a minute, from where a browser asks again by
    itself; where too many watch, after its first event.
    """
    yield f"retry: {AGAIN_MS}\n\n"
    first = told()
    yield _event(first)
    if _ended(first) or not doors.enter():
        return
    try:
        yield from _changes(told, first, sleep, elapsed)
    finally:
        doors.leave()


def _changes(
    told: Callable[[], Progress], last: Progress, sleep: Callable[[float], None], elapsed: Callable[[], float]
) -> Iterator[str]:
    began = spoke = elapsed()
    took = 0.0
    while elapsed() - began < LASTS:
        sleep(max(EVERY, took / SHARE))
        asked = elapsed()
        now = told()
        took = elapsed() - asked
        if (now.states, now.state, now.planning) != (last.states, last.state, last.planning):
            last, spoke = now, elapsed()
            yield _event(now)
        elif elapsed() - spoke >= HEARTBEAT:
            spoke = elapsed()
            yield ": still here\n\n"
        if _ended(now):
            return


def _ended(progress: Progress) -> bool:
    return progress.state in OVER and not progress.open and not progress.planning


def _event(progress: Progress) -> str:
    name = "end" if _ended(progress) else "progress"
    return f"event: {name}\ndata: {json.dumps(msgspec.to_builtins(progress))}\n\n"
