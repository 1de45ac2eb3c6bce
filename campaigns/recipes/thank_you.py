"""Thanking for a first order: a note that reads as if written by hand, signed by who packed it."""

from typing import Annotated, ClassVar

import msgspec

from campaigns.recipe import Kitchen, Plan, Recipe
from campaigns.recipe_words import NAME, Letter, by_email
from campaigns.steps import JourneyRules, JourneyStep

_WORDS = {
    "en": Letter(
        subject=f"Thank you{NAME}",
        preheader="A note from the packing table.",
        body=[
            '{{ variety | vary("Your first order came across my table", "I had your first order in my hands", '
            '"I packed your first order") }}'
            "{% if order.products %}, with {{ order.products | listed(3) }} inside{% endif %}.",
            "I wrapped it the way I like my own parcels. Should anything be less than perfect, answer this letter: a "
            "person reads it, often me.",
            "It means a lot that you chose us.",
        ],
        signature='{{ order.packed_by | default("Your packers") }}, {{ brand.name }}',
    ),
    "de": Letter(
        subject=f"Danke{NAME}",
        preheader="Ein Gruß vom Packtisch.",
        body=[
            '{{ variety | vary("Deine erste Bestellung kam über meinen Tisch", "Ich hatte deine erste Bestellung in '
            'der Hand", "Ich habe deine erste Bestellung gepackt") }}'
            "{% if order.products %}, mit {{ order.products | listed(3) }} darin{% endif %}.",
            "Ich habe alles so verpackt, wie ich meine eigenen Pakete mag. Stimmt etwas nicht, antworte auf diesen "
            "Brief: Ihn liest ein Mensch, oft ich.",
            "Schön, dass du dich für uns entschieden hast.",
        ],
        signature='{{ order.packed_by | default("Dein Packtisch") }}, {{ brand.name }}',
    ),
}


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """So many hours after the first order came in."""

    after_hours: Annotated[int, msgspec.Meta(ge=0, le=720)] = 24


class ThankYou(Recipe[Settings]):
    """One letter to who ordered for the first time."""

    name: ClassVar[str] = "thank_you"
    title: ClassVar[str] = "Thank you"
    summary: ClassVar[str] = "A note to who ordered for the first time, naming what it was, signed by who packed it."
    Settings: ClassVar[type[msgspec.Struct]] = Settings
    holdout_percent: ClassVar[float] = 0.0

    def make(self, kitchen: Kitchen) -> Plan:
        """Once in a life."""
        words = kitchen.template("note", by_email(_WORDS))
        campaign = kitchen.campaign(
            words,
            {"kind": "first_order"},
            purpose="service",
            steps=[JourneyStep(wait_minutes=self.settings.after_hours * 60)],
            journey=JourneyRules(reentry="never"),
        )
        return Plan(campaigns=[campaign], templates=[words])
