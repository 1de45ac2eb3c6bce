"""The sweeper: whatever was left behind by somebody who died, goes on; whatever bell was not heard, is rung again.

It may be run by several at once and as often as one likes: each move is a compare-and-set on the state and on time.
"""

from datetime import timedelta

import msgspec

from common.clock import Clock
from common.doorbell import Doorbell
from common.settings import Settings
from messaging.life import Batches, Leftovers, Rung
from messaging.message import Batch

# A sweep rings for so many batches, so that a long queue is not made longer by ringing again for all of it.
RINGS = 100


class Swept(msgspec.Struct, frozen=True, kw_only=True):
    """What a sweep did: messages given back, doubted, tried again, given up; batches closed and rung for."""

    given_back: int
    doubted: int
    tried_again: int
    given_up: int
    closed: int
    rung: int


class Sweeper:
    """Looks after messages and batches that nobody works on."""

    def __init__(
        self,
        *,
        leftovers: Leftovers,
        batches: Batches,
        rung: Rung,
        doorbell: Doorbell,
        clock: Clock,
        settings: Settings,
    ) -> None:
        self._leftovers = leftovers
        self._batches = batches
        self._rung = rung
        self._doorbell = doorbell
        self._clock = clock
        self._settings = settings

    def sweep(self) -> Swept:
        """One round: leases, doubts, then batches, so that what was just given back is rung for at once."""
        now = self._clock.now()
        given_back = self._leftovers.give_back(now)
        # What has rested long enough is given up before new doubts begin, so that each gets its whole time.
        given_up = self._leftovers.give_up(now)
        doubted = self._leftovers.doubt(now, now + timedelta(seconds=self._settings.uncertain_final_after))
        grace = timedelta(seconds=self._settings.uncertain_grace)
        tried_again = self._leftovers.try_again(now, now - grace)
        again = timedelta(seconds=self._settings.ring_again_after)
        due = self._batches.to_ring(now, now - again, RINGS)
        empty = self._rung.without_open_messages(due) if due else []
        closed = self._rung.close(empty) if empty else 0
        done = {batch.id for batch in empty}
        rung = self._ring([batch for batch in due if batch.id not in done])
        return Swept(
            given_back=given_back,
            doubted=doubted,
            tried_again=tried_again,
            given_up=given_up,
            closed=closed,
            rung=rung,
        )

    def _ring(self, batches: list[Batch]) -> int:
        """Ring for each; where the bell is dead, leave the rest to the next sweep."""
        rung: list[str] = []
        for batch in batches:
            if not self._doorbell.ring("deliver", batch.id, urgent=batch.urgent):
                break
            rung.append(batch.id)
        if rung:
            self._rung.rung(rung, self._clock.now())
        return len(rung)
