"""Replenishment: a word in time to who is about to use up what they buy again."""

from typing import Annotated, ClassVar

import msgspec

from campaigns.recipe import Kitchen, Plan, Recipe
from campaigns.recipe_words import NAME, Letter
from campaigns.steps import JourneyRules

_WORDS = {
    "en": Letter(
        subject=f"Nearly used up{NAME}?",
        preheader="Order in time, and it is there when you need it.",
        body=[
            "By your own rhythm it should soon be time again"
            "{% if due.names %}: {{ due.names | listed(3) }}{% endif %}.",
            "Still plenty left? Then leave it be.",
        ],
        button="Order again",
        short=(
            "By your own rhythm it should soon be time again{% if due.names %}: {{ due.names | listed(1) }}{% endif %}."
        ),
    ),
    "de": Letter(
        subject=f"Bald aufgebraucht{NAME}?",
        preheader="Jetzt bestellen, und es ist da, wenn du es brauchst.",
        body=[
            "Nach deinem eigenen Rhythmus ist es bald wieder so weit"
            "{% if due.names %}: {{ due.names | listed(3) }}{% endif %}.",
            "Noch genug da? Dann lass dir Zeit.",
        ],
        button="Wieder bestellen",
        short=(
            "Nach deinem eigenen Rhythmus ist es bald wieder so weit{% if due.names %}: "
            "{{ due.names | listed(1) }}{% endif %}."
        ),
    ),
    "fr": Letter(
        subject=f"Bientôt fini{NAME} ?",
        preheader="Commandez à temps, et ce sera là quand il le faudra.",
        body=[
            (
                "D'après votre rythme, il sera bientôt temps de recommander{% if due.names %} : "
                "{{ due.names | listed(3) }}{% endif %}."
            ),
            "Il en reste assez ? Alors rien ne presse.",
        ],
        button="Commander à nouveau",
        short=(
            "D'après votre rythme, il sera bientôt temps de recommander{% if due.names %} : "
            "{{ due.names | listed(1) }}{% endif %}."
        ),
    ),
    "es": Letter(
        subject=f"¿Se está acabando{NAME}?",
        preheader="Pida a tiempo y lo tendrá cuando lo necesite.",
        body=[
            (
                "Por su propio ritmo, pronto será hora de reponer{% if due.names %}: "
                "{{ due.names | listed(3) }}{% endif %}."
            ),
            "¿Aún queda bastante? Entonces no hay prisa.",
        ],
        button="Volver a pedir",
        short=(
            "Por su propio ritmo, pronto será hora de reponer{% if due.names %}: "
            "{{ due.names | listed(1) }}{% endif %}."
        ),
    ),
    "pt": Letter(
        subject=f"Quase a acabar{NAME}?",
        preheader="Encomende a tempo, e estará lá quando precisar.",
        body=[
            (
                "Pelo seu próprio ritmo, em breve será altura de repor{% if due.names %}: "
                "{{ due.names | listed(3) }}{% endif %}."
            ),
            "Ainda tem bastante? Então não há pressa.",
        ],
        button="Encomendar de novo",
        short=(
            "Pelo seu próprio ritmo, em breve será altura de repor{% if due.names %}: "
            "{{ due.names | listed(1) }}{% endif %}."
        ),
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
        words = kitchen.words("note", _WORDS)
        trigger = {"kind": "replenishment_due", "days_before": self.settings.days_before}
        if self.settings.products:
            trigger |= {"products": list(self.settings.products)}
        campaign = kitchen.campaign(words, trigger, journey=JourneyRules(exits=["ordered"]))
        return Plan(campaigns=[campaign], templates=[words])
