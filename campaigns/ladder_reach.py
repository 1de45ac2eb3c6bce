"""Whom a ladder's rungs may be sent to, and what a letter costs: no money is promised to who is not written to."""

from collections.abc import Callable, Mapping, Sequence

from campaigns.plan import words_of
from campaigns.run import Run
from content.templates import Templates
from customers.consent import Purpose
from customers.customer import Customer
from messaging.routing import agreed, routes_for

# What a letter of a channel costs in a currency, in minor units; 0 where no price is set in it.
Prices = Callable[[str, str], float]


def ways_of(run: Run, templates: Templates) -> dict[str, list[str]]:
    """The channels that each rung is written for, and goes by."""
    words = words_of(run, templates)
    return {
        rung.id: [
            channel
            for channel in words[run.campaign.by(rung).template].content
            if not rung.channels or channel in rung.channels
        ]
        for rung in run.campaign.variants
    }


def letters_to(
    customer: Customer, ways: Mapping[str, Sequence[str]], prices: Mapping[str, float], purpose: Purpose
) -> dict[str, float]:
    """What a letter of each rung to a customer costs, as far as they have an address for it and agreed."""
    found = {}
    for rung, channels in ways.items():
        routes = routes_for(customer, channels, purpose)
        if routes and agreed(customer, routes[0].channel, purpose):
            found[rung] = prices[routes[0].channel]
    return found
