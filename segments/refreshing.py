"""Everybody's scores kept fresh: all of them every night, and those who have just ordered within the minute.

A refresh is begun once: borders and model are worked out and noted, then customers are scored in the order of their
ids, with a note of the last one after each batch. Whoever comes after one that was killed goes on from the note.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import msgspec

from common.chores import Turns
from common.clock import Clock
from common.doorbell import Doorbell
from common.ids import new_id
from common.jobs import Job
from customers.shop import Shop
from segments.lapse import HISTORY, Basis, Group, Histories, LapseModel, Statistics
from segments.rfm import NO_BORDERS, Borders, ScoreStore, SetBorders, borders_at

JOB = "refresh_scores"
FRESHEN = "freshen_scores"
# A job works this long and then rings for the next, so that no job is cut off by its time-out.
TURN = 240.0
LEASE = 60.0
# To begin takes a look at everybody and a fit; nothing is noted before its end.
BEGINNING = 360.0
RENEWED = 10.0
# A refresh of which nothing was heard for so long has died.
LEFT_OVER = timedelta(seconds=90)
# The hour of the shop's night from which a refresh is due.
NIGHT = 3
# Who ordered longer ago and has no scores came in by a file, and is scored with everybody.
LATELY = timedelta(days=3)
FRESHENED = 1_000
# What of a file of orders is worth scoring everybody at once: so many rows, and so large a part of the customers.
ORDERS_FILE = "import_orders"
LEAST_ROWS = 100
GOOD_PART = 0.01
# More distinct histories than this are gathered by longer units of time, so that a fit costs the same for any shop.
MOST_GROUPS = 60_000


class Refresh(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How far a refresh is: customers `seen`, scores `changed`, the last id it came to; and by what it scores."""

    started_at: datetime
    touched_at: datetime
    finished_at: datetime | None = None
    after: str = ""
    seen: int = 0
    changed: int = 0
    currency: str = ""
    borders: Borders = NO_BORDERS
    model: LapseModel | None = None
    wanted_at: datetime | None = None


class Models(Protocol):
    """What was worked out for the whole shop, a document each, by name."""

    def read(self, id: str) -> dict[str, Any]:
        """What is kept under a name, empty where nothing is."""
        ...

    def write(self, id: str, **fields: Any) -> None:
        """Set some fields; the others stay."""
        ...

    def change(self, id: str, expected_version: int | None, **fields: Any) -> dict[str, Any]:
        """Set some fields and raise the version; raises Stale when `expected_version` no longer holds."""
        ...


class Refreshing:
    """Runs refreshes. Every method may be called twice, by several processes, and die anywhere."""

    def __init__(
        self,
        *,
        histories: Histories,
        scores: ScoreStore,
        models: Models,
        turns: Turns,
        shop: Callable[[], Shop],
        doorbell: Doorbell,
        clock: Clock,
    ) -> None:
        self._histories = histories
        self._scores = scores
        self._models = models
        self._turns = turns
        self._shop = shop
        self._doorbell = doorbell
        self._clock = clock

    def refresh(self, statistics: Statistics, seconds: float = TURN) -> bool:
        """Go on with the refresh that is under way, or begin one; True when it is finished.

        It is not where somebody else is at it, or when `seconds` are over; then a worker is rung for the rest.
        """
        owner = new_id()
        if not self._turns.hold(JOB, owner, LEASE):
            return False
        try:
            current = self.current()
            if current is None or current.finished_at is not None:
                self._turns.hold(JOB, owner, BEGINNING)
                current = self._begin(statistics)
                self._turns.hold(JOB, owner, LEASE)
            done = self._go_on(statistics, current, owner, seconds)
        finally:
            self._turns.release(JOB, owner)
        latest = self.current()
        again = latest is not None and latest.wanted_at is not None and latest.wanted_at > latest.started_at
        if not done or again:
            self._doorbell.ring(JOB)
        return done

    def current(self) -> Refresh | None:
        """The refresh under way, or the latest one."""
        kept = self._models.read("refresh")
        return msgspec.convert(kept, Refresh) if "started_at" in kept else None

    def ask(self) -> bool:
        """Have a refresh begun, after the one under way if there is one; whether a worker was told."""
        self._models.write("refresh", wanted_at=self._clock.now())
        return self._doorbell.ring(JOB, urgent=True)

    def after_import(self, job: Job | None) -> bool:
        """Have everybody scored where a file brought in a good part of all orders; whether a worker was told.

        Few orders of long ago can wait for the night, and those of lately are scored within the minute.
        """
        if job is None or job.state != "finished" or job.kind != ORDERS_FILE or job.good < LEAST_ROWS:
            return False
        current = self.current()
        return (current is None or job.good >= current.seen * GOOD_PART) and self.ask()

    def ring_if_due(self) -> bool:
        """Ring for the nightly refresh, one that was asked for, or one that died; whether it rang."""
        now, current = self._clock.now(), self.current()
        if current is None:
            return self._doorbell.ring(JOB)
        if current.finished_at is None:
            return current.touched_at <= now - LEFT_OVER and self._doorbell.ring(JOB)
        wanted = max(self._night(now), current.wanted_at or current.started_at)
        return current.started_at < wanted and self._doorbell.ring(JOB)

    def ring_for_newcomers(self) -> bool:
        """Ring where somebody has just ordered and has no scores yet; whether it rang."""
        basis = self._basis()
        if basis is None or not self._histories.unscored(basis.at - LATELY, basis.currency, 1):
            return False
        return self._doorbell.ring(FRESHEN)

    def freshen(self, statistics: Statistics) -> int:
        """Score those who have just ordered, by the model in force; how many. An order takes the old scores away."""
        basis, done = self._basis(), 0
        while basis is not None:
            found = self._histories.unscored(basis.at - LATELY, basis.currency, FRESHENED)
            kept = self._histories.write(statistics.scored(basis, found)) if found else 0
            done += kept
            if not kept:
                break
        return done

    def _basis(self) -> Basis | None:
        current = self.current()
        if current is None or current.model is None:
            return None
        return Basis(current.model, current.borders, current.currency, self._clock.now())

    def _night(self, now: datetime) -> datetime:
        """The latest instant at which a night's refresh was due, in the shop's own time."""
        local = now.astimezone(ZoneInfo(self._shop().time_zone))
        due = local.replace(hour=NIGHT, minute=0, second=0, microsecond=0)
        return due if due <= local else due - timedelta(days=1)

    def _begin(self, statistics: Statistics) -> Refresh:
        now, currency = self._clock.now(), self._shop().currency
        model = self._fit(statistics, currency, now)
        refresh = Refresh(
            started_at=now, touched_at=now, currency=currency, borders=self._borders(currency, now), model=model
        )
        fields = {name: getattr(refresh, name) for name in Refresh.__struct_fields__ if name != "wanted_at"}
        self._models.write("refresh", **fields)
        return refresh

    def _fit(self, statistics: Statistics, currency: str, now: datetime) -> LapseModel:
        """Fit anew, and keep the model with those before it."""
        unit = 1
        groups: list[Group] = self._histories.groups(now, unit, MOST_GROUPS)
        while len(groups) > MOST_GROUPS:
            unit = 7 if unit == 1 else unit * 2
            groups = self._histories.groups(now, unit, MOST_GROUPS)
        model = statistics.fitted(groups, unit, self._histories.spending(currency), currency, now)
        before = self._models.read("lapse").get("history", [])
        self._models.write(
            "lapse", model=model, history=[*before, msgspec.to_builtins(model, builtin_types=(datetime,))][-HISTORY:]
        )
        return model

    def _borders(self, currency: str, now: datetime) -> Borders:
        kept = self._models.read("rfm")
        chosen = msgspec.convert(kept["chosen"], SetBorders) if kept.get("chosen") else None
        borders = borders_at(chosen, now) if chosen else self._scores.borders(currency)
        return borders or NO_BORDERS

    def _go_on(self, statistics: Statistics, refresh: Refresh, owner: str, seconds: float) -> bool:
        """Score batch by batch from where the refresh stands; False where it has to be gone on with later."""
        if refresh.model is None:
            return False
        basis = Basis(refresh.model, refresh.borders, refresh.currency, refresh.started_at)
        began = renewed = time.monotonic()
        seen, changed = refresh.seen, refresh.changed
        for batch in self._histories.batches(refresh.after, refresh.currency):
            changed += self._histories.write(statistics.scored(basis, batch))
            seen += len(batch)
            touched = self._clock.now()
            self._models.write("refresh", after=batch[-1].id, seen=seen, changed=changed, touched_at=touched)
            current = time.monotonic()
            if current - began > seconds:
                return False
            if current - renewed > RENEWED:
                renewed = current
                if not self._turns.hold(JOB, owner, LEASE):
                    return False
        self._finish(basis)
        return True

    def _finish(self, basis: Basis) -> None:
        self._scores.forget()
        now = self._clock.now()
        places = self._scores.places(basis.currency, now)
        self._models.write("rfm", borders=basis.borders, currency=basis.currency, places=places, refreshed_at=now)
        self._models.write("refresh", finished_at=now, touched_at=now)
