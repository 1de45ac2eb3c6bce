"""A step of a journey becomes a message, which takes the same road as every other."""

from collections.abc import Callable, Mapping, Sequence

import msgspec

from campaigns.batching import Batching
from campaigns.campaign import Campaign
from campaigns.journey import Journey, at_step, step_message_id, steps_of
from campaigns.plan import message_for, words_of
from campaigns.run import Run, Runs, RunState, run_id
from common.clock import Clock
from common.ids import derive
from content.templates import Template, Templates
from customers.customer import Customers
from customers.shop import Shops
from messaging.message import Message


class StepWriter:
    """Plans the messages of a step for people whose turn it is. Planning one again plans nothing."""

    def __init__(
        self,
        *,
        runs: Runs,
        customers: Customers,
        batching: Batching,
        templates: Templates,
        shops: Shops,
        versions: Callable[[Campaign], dict[str, int]],
        clock: Clock,
    ) -> None:
        self._runs = runs
        self._customers = customers
        self._batching = batching
        self._templates = templates
        self._shops = shops
        self._versions = versions
        self._clock = clock

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
        self._batching.keep(messages.values())
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
