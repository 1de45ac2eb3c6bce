"""What a recipe is: a campaign that many shops need, made ready from a few settings; one file in campaigns/recipes."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, ClassVar, Generic, TypeVar

import msgspec

from campaigns import recipes
from campaigns.campaign import Campaign
from campaigns.recipe_words import Letter, everywhere
from common.errors import Invalid
from common.keys import Scope
from common.kinds import scan
from content.templates import Content, Template
from customers.shop import Shop
from loyalty.goodwill import Goodwill
from loyalty.offer import Offer
from segments.segment import Segment


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """All that a recipe makes: drafts of campaigns, and what they name; `goodwill` where it sets the shop's policy."""

    campaigns: list[Campaign] = []
    templates: list[Template] = []
    segments: list[Segment] = []
    offers: list[Offer] = []
    goodwill: Goodwill | None = None


class Kitchen(msgspec.Struct, frozen=True, kw_only=True):
    """What a recipe works with. `mark` is what the ids of all that it makes begin with."""

    shop: Shop
    now: datetime
    mark: str
    name: str
    brand: str = "default"
    holdout_percent: float = 0.0

    def template(self, word: str, content: Content) -> Template:
        """Words under an id of their own."""
        return Template(id=f"{self.mark}-{word}", name=f"{self.name}: {word.replace('_', ' ')}", content=content)

    def words(self, word: str, letters: Mapping[str, Letter]) -> Template:
        """The words of letters, for every channel, under an id of their own."""
        return self.template(word, everywhere(letters, shop=bool(self.shop.url)))

    def segment(self, rules: Mapping[str, Any], *, tracked: bool = False) -> Segment:
        """Who it is for."""
        return Segment(
            id=f"{self.mark}-people",
            name=self.name,
            rules=dict(rules),
            tracked=tracked,
            created_at=self.now,
            updated_at=self.now,
        )

    def offer(self, word: str, kind: str, settings: Mapping[str, Any], valid_days: int) -> Offer:
        """What is given."""
        return Offer(
            id=f"{self.mark}-{word}",
            name=f"{self.name}: {word.replace('_', ' ')}",
            kind=kind,
            settings=dict(settings),
            valid_days=valid_days,
            created_at=self.now,
            updated_at=self.now,
        )

    def price(self, amount: int) -> dict[str, Any]:
        """An amount in minor units of the shop's currency, as offers have it."""
        return {"amount": amount, "currency": self.shop.currency}

    def campaign(self, template: Template, trigger: Mapping[str, Any], **settings: Any) -> Campaign:
        """A draft with these words and this trigger."""
        own = {"name": self.name, "brand": self.brand, "holdout_percent": self.holdout_percent}
        return Campaign(id=self.mark, template=template.id, trigger=dict(trigger), **{**own, **settings})


S = TypeVar("S", bound=msgspec.Struct)


class Recipe(ABC, Generic[S]):
    """A recipe: its `name`, a `summary` for a form, and `Settings` that all have a default where one makes sense."""

    name: ClassVar[str]
    summary: ClassVar[str]
    title: ClassVar[str]
    Settings: ClassVar[type[msgspec.Struct]]
    # Without a holdout nobody knows what it brought; what is owed to everybody has none.
    holdout_percent: ClassVar[float] = 10.0
    # Settings that make it, where those that are left out do not; for tests and for the document.
    example: ClassVar[Mapping[str, Any]] = {}
    # What a key must be allowed to make it.
    scope: ClassVar[Scope] = "campaigns"

    def __init__(self, settings: S) -> None:
        self.settings = settings

    @abstractmethod
    def make(self, kitchen: Kitchen) -> Plan:
        """All of it, kept nowhere yet; raises Invalid naming the setting that is wrong."""


@cache
def kinds() -> dict[str, type[Recipe[Any]]]:
    """Every recipe, by name."""
    return scan(recipes, Recipe)  # type: ignore[type-abstract]  # only concrete ones are returned


def parse(name: str, settings: Mapping[str, Any]) -> Recipe[Any]:
    """A recipe with its settings; raises Invalid naming the setting."""
    kind = kinds()[name]
    try:
        return kind(msgspec.convert(settings, kind.Settings))
    except msgspec.ValidationError as error:
        sentence, _, place = str(error).partition(" - at `$")
        raise Invalid.field(f"settings{place.rstrip('`')}", f"{sentence}.") from None


def every_of(rules: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """For whom all of these hold."""
    return {"all": [dict(one) for one in rules]}
