"""A step of a journey becomes a message, which takes the same road as every other."""

from collections.abc import Callable, Mapping, Sequence

import msgspec

from campaigns.campaign import Campaign
from campaigns.journey import Journey, at_step, step_message_id, steps_of
from campaigns.plan import Planned, message_for, words_of
from campaigns.run import Run, Runs, RunState, run_id
from common.clock import Clock
from common.doorbell import Doorbell
from common.ids import derive, new_id
from content.templates import Template, Templates
from customers.customer import Customers
from customers.shop import Shops
from messaging.message import Batch, Message, State


class StepWriter:
    """Plans the messages of a step for people whose turn it is. Planning one again plans nothing."""

    def __init__(
        self,
        *,
        runs: Runs,
        customers: Customers,
        messages: Planned,
        templates: Templates,
        shops: Shops,
        versions: Callable[[Campaign], dict[str, int]],
        doorbell: Doorbell,
        clock: Clock,
        batch_size: int,
    ) -> None:
        self._runs = runs
        self._customers = customers
        self._messages = messages
        self._templates = templates
        self._shops = shops
        self._versions = versions
        self._doorbell = doorbell
        self._clock = clock
        self._batch_size = batch_size

    def write(self, campaign: Campaign, index: int, journeys: Sequence[Journey]) -> dict[str, Message]:
        """The message of each journey, by its id; who is a customer no more has none."""
        if not journeys:
            return {}
        run = self._opened(campaign, index, journeys)
        people = self._customers.get([one.customer for one in journeys])
        words, shop, now = self._words(campaign, index, run), self._shops.get(), self._clock.now()
        messages = {
            one.id: msgspec.structs.replace(
                message_for(run, words, shop, people[one.customer], now),
                id=step_message_id(one),
                step=index,
                data=one.data,
            )
            for one in journeys
            if one.customer in people
        }
        self._keep(run, list(messages.values()))
        self._runs.move(run.id, RunState.PLANNING, RunState.SENDING, planned=len(messages), planned_at=now)
        return messages

    def _opened(self, campaign: Campaign, index: int, journeys: Sequence[Journey]) -> Run:
        """The run of these people's step; one that a process left is gone on with."""
        now, stepped = self._clock.now(), at_step(campaign, steps_of(campaign)[index])
        run = Run(
            id=run_id(campaign.id, derive("step", index, *sorted(f"{one.key}:{one.number}" for one in journeys))),
            campaign=stepped,
            occurrence=f"step {index + 1}",
            step=index,
            template_versions=self._versions(stepped),
            shares=campaign.shares if campaign.allocation == "bandit" else {},
            started_at=now,
            rung_at=now,
        )
        self._runs.open(run)
        return self._runs.get(run.id)

    def _words(self, campaign: Campaign, index: int, run: Run) -> Mapping[str, Template]:
        """The words, on no other channels than the step's."""
        return on_channels(words_of(run, self._templates), steps_of(campaign)[index].channels)

    def _keep(self, run: Run, messages: Sequence[Message]) -> None:
        groups: dict[tuple[str, str, str], list[Message]] = {}
        for message in messages:
            channel = message.channel if message.state is State.QUEUED else ""
            groups.setdefault((channel, message.locale, message.variant), []).append(message)
        for (channel, _, _), alike in sorted(groups.items()):
            for start in range(0, len(alike), self._batch_size):
                self._keep_batch(run, channel, alike[start : start + self._batch_size])

    def _keep_batch(self, run: Run, channel: str, messages: Sequence[Message]) -> None:
        first = messages[0]
        batch = Batch(
            id=new_id(),
            run=run.id,
            campaign=run.campaign.id,
            channel=channel,
            template=first.template,
            template_version=first.template_version,
            locale=first.locale,
            variant=first.variant,
            brand=first.brand,
            due_at=first.not_before,
            rung_at=self._clock.now(),
            open=bool(channel),
        )
        kept = self._messages.plan(batch, [msgspec.structs.replace(message, batch=batch.id) for message in messages])
        if kept and channel:
            self._doorbell.ring("deliver", batch.id)


def on_channels(words: Mapping[str, Template], channels: Sequence[str]) -> Mapping[str, Template]:
    """The words as far as they are written for these channels; all of them where none is named."""
    if not channels:
        return words
    return {
        name: msgspec.structs.replace(
            template, content={channel: one for channel, one in template.content.items() if channel in channels}
        )
        for name, template in words.items()
    }
