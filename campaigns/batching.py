"""Planned messages -> batches that share channel, language, variant and brand; each kept, and rung for."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from common.clock import Clock
from common.doorbell import Doorbell
from common.ids import new_id
from messaging.message import Batch, Message, State


class Planned(Protocol):
    """Where planned messages are kept."""

    def plan(self, batch: Batch, messages: Sequence[Message]) -> int:
        """Keep the batch, then its messages, each once; how many were new."""
        ...


class Batching:
    """Puts planned messages where workers find them. One that is kept already stays where it is."""

    def __init__(self, *, messages: Planned, doorbell: Doorbell, clock: Clock, size: int) -> None:
        """`size` is the most messages in a batch."""
        self._messages = messages
        self._doorbell = doorbell
        self._clock = clock
        self._size = size

    def keep(self, messages: Iterable[Message], *, urgent: bool = False) -> list[Message]:
        """Keep messages of any kinds, and ring for the batches that hold new ones to be sent; each with its batch."""
        now = self._clock.now()
        cuts = (
            alike[start : start + self._size]
            for alike in grouped(messages)
            for start in range(0, len(alike), self._size)
        )
        return [message for cut in cuts for message in self._keep(cut, now, urgent)]

    def _keep(self, alike: Sequence[Message], now: datetime, urgent: bool) -> list[Message]:
        batch = batch_of(alike[0], now, urgent=urgent)
        placed = [msgspec.structs.replace(message, batch=batch.id) for message in alike]
        if self._messages.plan(batch, placed) and batch.open:
            self._doorbell.ring("deliver", batch.id, urgent=urgent)
        return placed


def grouped(messages: Iterable[Message]) -> Iterator[list[Message]]:
    """The messages that may share a batch, always in the same order of groups.

    What is not to be sent rests by itself, whatever channel it would have gone by.
    """
    groups: dict[tuple[str, ...], list[Message]] = {}
    for message in messages:
        key = (message.run, _channel(message), message.locale, message.variant, message.brand)
        groups.setdefault(key, []).append(message)
    yield from (groups[key] for key in sorted(groups))


def batch_of(message: Message, now: datetime, *, urgent: bool = False) -> Batch:
    """A new batch for a message and those like it; it is open where they are to be sent."""
    channel = _channel(message)
    return Batch(
        id=new_id(),
        run=message.run,
        campaign=message.campaign,
        channel=channel,
        template=message.template,
        template_version=message.template_version,
        locale=message.locale,
        variant=message.variant,
        brand=message.brand,
        due_at=message.not_before,
        rung_at=now,
        open=bool(channel),
        urgent=urgent,
    )


def _channel(message: Message) -> str:
    return message.channel if message.state is State.QUEUED else ""
