"""Workers that kill themselves with -9 at a named step: `python -m tests.faults.mortal`, told what to do line by line.

Each case is a process of its own, forked from this one, which has loaded everything and connected to nothing. It ends
by SIGKILL, as it was told, or comes to its end and says so: then the step was never reached.
"""

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from common.settings import Settings
from messaging.channel import Asked, Found, Outcome, Parcel, Provider
from messaging.deliver import Delivery
from messaging.desk import Desk
from messaging.reconcile import Reconciler
from messaging.spending import Limit
from storage.breakers import MongoBreakers
from storage.claims import MongoClaims
from storage.doubts import MongoDoubts
from storage.rates import RedisRates
from storage.spending import MongoSpending
from tests.support.clock import ManualClock
from tests.support.office import Office
from wiring import Services


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """Who dies where: at the `turn`-th time of a step, `before` or `after` it, or once the provider has `taken` it.

    `batch` is to be delivered; where it is "", doubts are settled. `log` is the provider's own.
    """

    settings: Settings
    now: datetime
    batch: str
    step: str
    moment: str
    turn: int
    log: str


class Doom:
    """Counts a step, and ends the process at its turn."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._seen = 0

    def around(self, part: str, real: Any) -> Any:
        """A part as it is, but that one of its calls may be the last."""
        return _Watched(self, part, real)

    def call(self, step: str, work: Callable[..., Any]) -> Callable[..., Any]:
        """A call that is counted where it is the step."""
        if step != self._case.step:
            return work

        def watched(*args: Any, **kwargs: Any) -> Any:
            self._seen += 1
            if self._seen == self._case.turn:
                return self._last(work, *args, **kwargs)
            return work(*args, **kwargs)

        return watched

    def _last(self, work: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if self._case.moment == "before":
            die()
        if self._case.moment == "taken":
            threading.Thread(target=self._once_taken, daemon=True).start()
        answer = work(*args, **kwargs)
        die()
        return answer

    def _once_taken(self) -> None:
        """The provider has noted that it took it; its answer is still on its way."""
        log = Path(self._case.log)
        size = log.stat().st_size
        while b'"type":"accepted"' not in log.read_bytes()[size:].replace(b" ", b""):
            time.sleep(0.002)
        die()


class _Watched:
    def __init__(self, doom: Doom, part: str, real: Any) -> None:
        self._doom, self._part, self._real = doom, part, real

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._real, name)
        return self._doom.call(f"{self._part}.{name}", found) if callable(found) else found


class Mortal:
    """A provider over HTTP whose hand-over is a step."""

    def __init__(self, real: Provider, doom: Doom) -> None:
        self._real = real
        self.hand_over: Callable[[Parcel], Mapping[str, Outcome]] = doom.call("provider.hand_over", real.hand_over)
        self.look_up: Callable[[Sequence[Asked]], Mapping[str, Found]] = doom.call("provider.look_up", real.look_up)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def of_channel(self, channel: str) -> list[Any]:
        """It carries everything."""
        return [self]

    def every(self) -> list[Any]:
        """There is no other."""
        return [self]


def die() -> None:
    """kill -9 oneself."""
    os.kill(os.getpid(), signal.SIGKILL)


def live(case: Case) -> None:
    """Do the work, up to the step."""
    clock, doom = ManualClock(case.now), Doom(case)
    services = Services(case.settings, clock)
    provider = Mortal(services.providers.by_name("webhook"), doom)
    claims = doom.around("claims", MongoClaims(services.database, case.settings.uncertain_final_after))
    if case.batch:
        _delivery(services, clock, doom, provider, claims).deliver(case.batch)
        return
    Reconciler(
        doubts=doom.around("doubts", MongoDoubts(services.database)),
        claims=claims,
        batches=services.batches,
        contents=doom.around("contents", services.contents),
        evidence=doom.around("evidence", services.messages),
        people=services.people,
        providers=provider,
        may_send=lambda campaign: "go",
        shop=services.shops.get,
        desk=services.desk,
        clock=clock,
        settings=case.settings,
    ).settle()


def _delivery(services: Services, clock: ManualClock, doom: Doom, provider: Any, claims: Any) -> Delivery:
    office = Office(services, clock)
    desk = Desk(
        carriers=provider,
        breakers=MongoBreakers(services.database),
        book=services.provider_book,
        rates=RedisRates(services.redis, services.settings),
        clock=clock,
        settings=services.settings,
    )
    return Delivery(
        claims=claims,
        batches=doom.around("batches", services.batches),
        contents=doom.around("contents", services.contents),
        people=doom.around("people", services.people),
        desk=desk,
        paces=RedisRates(services.redis, services.settings),
        spending=MongoSpending(services.database),
        limit=lambda campaign: Limit(),
        render=doom.call("render", office.rendering),
        may_send=lambda campaign: "go",
        shop=services.shops.get,
        doorbell=office.bell,
        clock=clock,
        settings=services.settings,
    )


def main() -> None:
    """A fork for each line; how it ended, a line each."""
    for line in sys.stdin:
        child = os.fork()
        if not child:
            live(msgspec.json.decode(line, type=Case))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        sys.stdout.write(json.dumps({"killed": killed, "status": status}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
