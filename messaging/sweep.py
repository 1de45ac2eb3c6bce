"""The sweeper: whatever was left behind by somebody who died, goes on; whatever bell was not heard, is rung again.

It may be run by several at once and as often as one likes: each move is a compare-and-set on the state and on time.
"""

from datetime import datetime, timedelta

import msgspec

from common.clock import Clock
from common.doorbell import Doorbell
from common.settings import Settings
from messaging.life import Batches, Leftovers, Rung, Undelivered
from messaging.message import Batch, Message
from messaging.moving import next_batch

# A sweep rings for so many batches, so that a long queue is not made longer by ringing again for all of it.
RINGS = 100
# So many undelivered messages go on to their next channel in a sweep.
REROUTED = 500


class Swept(msgspec.Struct, frozen=True, kw_only=True):
    """What a sweep did: messages given back, doubted, tried again, given up, rerouted; batches closed, rung for."""

    given_back: int
    doubted: int
    tried_again: int
    given_up: int
    rerouted: int
    closed: int
    rung: int


class Sweeper:
    """Looks after messages and batches that nobody works on."""

    def __init__(
        self,
        *,
        leftovers: Leftovers,
        undelivered: Undelivered,
        batches: Batches,
        rung: Rung,
        doorbell: Doorbell,
        clock: Clock,
        settings: Settings,
    ) -> None:
        self._leftovers = leftovers
        self._undelivered = undelivered
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
        rerouted = self._reroute(now)
        closed, rung = self._look_at_batches(now)
        return Swept(
            given_back=given_back,
            doubted=doubted,
            tried_again=tried_again,
            given_up=given_up,
            rerouted=rerouted,
            closed=closed,
            rung=rung,
        )

    def _reroute(self, now: datetime) -> int:
        """What one channel could not deliver goes on over the next."""
        groups: dict[tuple[str, str], list[Message]] = {}
        for message in self._undelivered.due(now, REROUTED):
            groups.setdefault((message.batch, message.routes[1].channel), []).append(message)
        rerouted = 0
        for (batch_id, channel), messages in groups.items():
            origin = self._batches.get(batch_id)
            if origin is None:
                continue
            onward = next_batch(origin, channel, now)
            self._batches.open(onward)
            rerouted += self._undelivered.reroute(onward.id, messages, now)
            self._batches.open(onward)  # somebody may have found it empty, and closed it
            self._ring([onward])
        return rerouted

    def _look_at_batches(self, now: datetime) -> tuple[int, int]:
        """Close batches without an open message, ring for the others that are due; how many of each."""
        due = self._rung.to_ring(now, now - timedelta(seconds=self._settings.ring_again_after), RINGS)
        if not due:
            return 0, 0
        empty = self._rung.without_open_messages(due)
        done = {batch.id for batch in empty}
        closed = self._rung.close(empty) if empty else 0
        return closed, self._ring([batch for batch in due if batch.id not in done])

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
