"""Replenishment: a word in time to who is about to use up what they buy again."""

from typing import Annotated, ClassVar

import msgspec

from campaigns.recipe import Kitchen, Plan, Recipe
from campaigns.recipe_words import NAME, Letter, by_email
from campaigns.steps import JourneyRules

_WORDS = {
    "en": Letter(
        subject=f"Nearly used up{NAME}?",
        preheader="Order in time, and it is there when you need it.",
        body=[
            "By your own rhythm it should soon be time again"
            "{% if last_order.again %}: {{ last_order.again | listed(3) }}{% endif %}.",
            "Still plenty left? Then leave it be.",
        ],
        button="Order again",
    ),
    "de": Letter(
        subject=f"Bald aufgebraucht{NAME}?",
        preheader="Jetzt bestellen, und es ist da, wenn du es brauchst.",
        body=[
            "Nach deinem eigenen Rhythmus ist es bald wieder so weit"
            "{% if last_order.again %}: {{ last_order.again | listed(3) }}{% endif %}.",
            "Noch genug da? Dann lass dir Zeit.",
        ],
        button="Wieder bestellen",
    ),
}


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """So many days before it is used up; of these `products` only, where any are named."""

    days_before: Annotated[int, msgspec.Meta(ge=0, le=60)] = 3
    products: Annotated[list[str], msgspec.Meta(max_length=200)] = []


class Replenishment(Recipe[Settings]):
    """One letter for each time that something runs out."""

    name: ClassVar[str] = "replenishment"
    title: ClassVar[str] = "Nearly used up"
    summary: ClassVar[str] = "A word to who is about to use up what they buy again, by their own interval."
    Settings: ClassVar[type[msgspec.Struct]] = Settings

    def make(self, kitchen: Kitchen) -> Plan:
        """An order before it goes out ends it."""
        words = kitchen.template("note", by_email(_WORDS))
        trigger = {"kind": "replenishment_due", "days_before": self.settings.days_before}
        if self.settings.products:
            trigger |= {"products": list(self.settings.products)}
        campaign = kitchen.campaign(words, trigger, journey=JourneyRules(exits=["ordered"]))
        return Plan(campaigns=[campaign], templates=[words])
