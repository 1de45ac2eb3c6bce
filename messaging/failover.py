"""Failover by time: what one channel did not bring about in its time goes on over the customer's next channel.

Only silence that says something counts: the provider must send such receipts, and must have sent one lately. What is
uncertain never goes on: it may have arrived.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from common.clock import Clock
from common.doorbell import Doorbell
from common.errors import NotFound
from messaging.channel import Provider, ReceiptType
from messaging.life import Batches
from messaging.message import Message, State, Step
from messaging.moving import next_batch

AT_ONCE = 500
# A provider that has sent such a receipt in this time before a hand-over, or since, would have sent this one.
LATELY = timedelta(days=1)
# The receipts that would have told.
_TELLS: dict[str, list[ReceiptType]] = {"delivered": ["delivered"], "read": ["opened", "clicked"]}


class Timers(Protocol):
    """Messages whose channel has had its time."""

    def due(self, now: datetime, limit: int) -> list[Message]:
        """Some that are accepted or delivered, have another way to go, and whose time is over."""
        ...

    def stop(self, messages: Sequence[Message]) -> None:
        """These are not looked at again."""
        ...

    def reroute(self, batch: str, messages: Sequence[Message], now: datetime) -> int:
        """Queue them in this batch for their next channel, if they are as they were when they were read."""
        ...


class Successes(Protocol):
    """What people did with messages, and what providers report."""

    def read(self, messages: Sequence[Message]) -> set[str]:
        """Those that a person opened, or clicked in."""
        ...

    def converted(self, messages: Sequence[Message]) -> set[str]:
        """Those whose receiver has ordered since, or used the voucher in it."""
        ...

    def heard(self, provider: str, receipts: Sequence[ReceiptType], since: datetime) -> bool:
        """Whether a provider has sent such a receipt since then."""
        ...


class Failover:
    """Moves messages on. Any number may do so at once: each move is a compare-and-set."""

    def __init__(
        self,
        *,
        timers: Timers,
        successes: Successes,
        batches: Batches,
        provider: Callable[[str], Provider],
        doorbell: Doorbell,
        clock: Clock,
    ) -> None:
        self._timers = timers
        self._successes = successes
        self._batches = batches
        self._provider = provider
        self._doorbell = doorbell
        self._clock = clock

    def look(self) -> int:
        """Judge what is due; how many messages went on."""
        now = self._clock.now()
        due = self._timers.due(now, AT_ONCE)
        if not due:
            return 0
        read, converted = self._successes.read(due), self._successes.converted(due)
        onward = [message for message in due if self._failed(message, read, converted)]
        going = {message.id for message in onward}
        self._timers.stop([message for message in due if message.id not in going])
        return self._reroute(onward, now)

    def _failed(self, message: Message, read: set[str], converted: set[str]) -> bool:
        step = message.failover.get(message.channel, Step())
        if step.success == "converted":
            return message.id not in converted
        if message.id in read or (step.success == "delivered" and message.state is State.DELIVERED):
            return False
        return step.success in _TELLS and self._would_tell(message, _TELLS[step.success])

    def _would_tell(self, message: Message, receipts: Sequence[ReceiptType]) -> bool:
        try:
            reported = self._provider(message.provider).reports
        except NotFound:
            return False
        since = (message.handed_at or self._clock.now()) - LATELY
        sent = [receipt for receipt in receipts if receipt in reported]
        return bool(sent) and self._successes.heard(message.provider, sent, since)

    def _reroute(self, messages: Sequence[Message], now: datetime) -> int:
        groups: dict[tuple[str, str], list[Message]] = {}
        for message in messages:
            groups.setdefault((message.batch, message.routes[1].channel), []).append(message)
        moved = 0
        for (batch_id, channel), theirs in groups.items():
            origin = self._batches.get(batch_id)
            if origin is None:
                continue
            onward = next_batch(origin, channel, now)
            self._batches.open(onward)
            moved += self._timers.reroute(onward.id, theirs, now)
            self._batches.open(onward)  # somebody may have found it empty, and closed it
            self._doorbell.ring("deliver", onward.id, urgent=onward.urgent)
        return moved
