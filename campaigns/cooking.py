"""Recipes at work: what one makes is kept as drafts, in the order that leaves nothing pointing at what is not there."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import msgspec

from campaigns.campaign import Campaign, Campaigns
from campaigns.recipe import Kitchen, Plan, Recipe, kinds, parse
from common.clock import Clock
from common.errors import Conflict, NotFound
from common.ids import new_id
from content.templates import Templates, check_content
from customers.shop import Shop
from loyalty.goodwill import Policies
from loyalty.offer import Offers
from segments.segment import Segments


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of a recipe: its settings, and what the campaign is called; the recipe's own where left out."""

    settings: dict[str, Any] = {}
    name: str = ""
    brand: str = "default"
    holdout_percent: float | None = None


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """What was kept: drafts, and the ids of what they name. `goodwill` says that the shop's policy was written."""

    campaigns: list[Campaign]
    templates: list[str]
    segments: list[str]
    offers: list[str]
    goodwill: bool


class Checking(Protocol):
    """Looks whether a campaign can go out."""

    def check(self, campaign: Campaign) -> None:
        """Raise Invalid naming the field that is wrong."""
        ...


class Cook:
    """Makes recipes."""

    def __init__(
        self,
        *,
        campaigns: Campaigns,
        templates: Templates,
        segments: Segments,
        offers: Offers,
        policies: Policies,
        launcher: Checking,
        shop: Callable[[], Shop],
        clock: Clock,
    ) -> None:
        self._campaigns = campaigns
        self._templates = templates
        self._segments = segments
        self._offers = offers
        self._policies = policies
        self._launcher = launcher
        self._shop = shop
        self._clock = clock

    def make(self, name: str, order: Order, by: str = "") -> Made:
        """Make a recipe's drafts, by this key. Raises NotFound, Invalid naming a setting, and Conflict where the shop
        has a goodwill policy already.
        """
        recipe = recipe_of(name, order.settings)
        plan = recipe.make(self._kitchen(recipe, order))
        for template in plan.templates:
            check_content(template.content)
        self._keep(plan, by)
        campaigns = []
        for campaign in plan.campaigns:
            self._launcher.check(campaign)
            campaigns.append(self._campaigns.save(campaign, by=by))
        return Made(
            campaigns=campaigns,
            templates=[one.id for one in plan.templates],
            segments=[one.id for one in plan.segments],
            offers=[one.id for one in plan.offers],
            goodwill=plan.goodwill is not None,
        )

    def _kitchen(self, recipe: Recipe[Any], order: Order) -> Kitchen:
        held = recipe.holdout_percent if order.holdout_percent is None else order.holdout_percent
        return Kitchen(
            shop=self._shop(),
            now=self._clock.now(),
            mark=new_id(),
            name=order.name or recipe.title,
            brand=order.brand,
            holdout_percent=held,
        )

    def _keep(self, plan: Plan, by: str) -> None:
        """Words, offers, people: what a campaign names is there before it is."""
        if plan.goodwill is not None:
            if self._policies.get().version:
                raise Conflict("The shop has a goodwill policy; change it with PUT /v1/goodwill.", "exists")
            self._policies.put(plan.goodwill, 0)
        for template in plan.templates:
            self._templates.put(template)
        for offer in plan.offers:
            self._offers.add(offer, by)
        for segment in plan.segments:
            self._segments.add(segment)


def recipe_of(name: str, settings: Mapping[str, Any]) -> Recipe[Any]:
    """A recipe with its settings; raises NotFound, and Invalid naming the setting that is wrong."""
    if name not in kinds():
        raise NotFound("recipe", name)
    return parse(name, settings)
