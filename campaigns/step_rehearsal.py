"""What the steps of a campaign would come to: when each is due, and how many of the audience it could reach."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from campaigns.campaign import Campaign
from campaigns.journey import at_step
from campaigns.plan import message_for, words_of
from campaigns.run import Run, run_id
from campaigns.stepping import on_channels
from content.templates import Templates
from customers.customer import Customer
from customers.shop import Shop
from messaging.message import State

MINUTE = timedelta(minutes=1)


class StepForecast(msgspec.Struct, kw_only=True):
    """A step: how long after the entry it is due at the earliest, and by channel whom it could reach as things stand.

    Nobody knows yet who will have come to an exit by then, or what the messages before will have come to.
    """

    step: int
    after_minutes: int
    template: str
    offer: str
    reachable: Counter[str] = msgspec.field(default_factory=Counter)


class StepForecasts:
    """Counts, for each step of a campaign, people as they come by; nothing where it has no steps."""

    def __init__(self, campaign: Campaign, templates: Templates, shop: Shop, now: datetime) -> None:
        self.steps: list[StepForecast] = []
        self._shop, self._now = shop, now
        self._tried: list[tuple[Run, StepForecast]] = []
        self._words = []
        waited = 0
        for place, step in enumerate(campaign.steps):
            waited += step.wait_minutes
            stepped = at_step(campaign, step)
            run = Run(
                id=run_id(campaign.id, f"dry-run {place}"), campaign=stepped, occurrence="dry-run", started_at=now
            )
            told = StepForecast(step=place, after_minutes=waited, template=stepped.template, offer=stepped.offer)
            self.steps.append(told)
            self._tried.append((run, told))
            self._words.append(on_channels(words_of(run, templates), step.channels))

    def count(self, people: Sequence[Customer]) -> None:
        """These people too."""
        for (run, told), words in zip(self._tried, self._words, strict=True):
            for customer in people:
                message = message_for(run, words, self._shop, customer, self._now)
                if message.state is State.QUEUED:
                    told.reachable[message.channel] += 1
