"""Birthdays: a gift on the day, by the customer's own calendar."""

from typing import Annotated, ClassVar

import msgspec

from campaigns.recipe import Kitchen, Plan, Recipe
from campaigns.recipe_offers import Gives, offers_of
from campaigns.recipe_words import CODE, NAME, Letter, given, until

_WORDS = {
    "en": Letter(
        subject=f"Happy birthday{NAME}",
        preheader="Something from us for your day.",
        body=[
            "All the best from all of us. This is for you: <strong>{{ offer.summary }}</strong>.",
            CODE,
            until("It works once, until"),
        ],
        button="Choose something",
        short=given("en"),
    ),
    "de": Letter(
        subject=f"Alles Gute zum Geburtstag{NAME}",
        preheader="Etwas von uns zu deinem Tag.",
        body=[
            "Alles Gute von uns allen. Das ist für dich: <strong>{{ offer.summary }}</strong>.",
            CODE,
            until("Er gilt einmal, bis zum"),
        ],
        button="Etwas aussuchen",
        short=given("de"),
    ),
    "fr": Letter(
        subject=f"Joyeux anniversaire{NAME}",
        preheader="Un petit quelque chose pour votre jour.",
        body=[
            (
                "Toute l'équipe vous souhaite une belle journée. Ceci est pour vous : <strong>"
                "{{ offer.summary }}</strong>."
            ),
            CODE,
            until("Valable une fois, jusqu'au"),
        ],
        button="Choisir quelque chose",
        short=given("fr"),
    ),
    "es": Letter(
        subject=f"Feliz cumpleaños{NAME}",
        preheader="Un detalle nuestro para su día.",
        body=[
            "Le deseamos lo mejor, de parte de todos. Esto es para usted: <strong>{{ offer.summary }}</strong>.",
            CODE,
            until("Vale una sola vez, hasta el"),
        ],
        button="Elegir algo",
        short=given("es"),
    ),
    "pt": Letter(
        subject=f"Feliz aniversário{NAME}",
        preheader="Um mimo nosso para o seu dia.",
        body=[
            "Tudo de bom, da parte de todos nós. Isto é para si: <strong>{{ offer.summary }}</strong>.",
            CODE,
            until("Vale uma só vez, até"),
        ],
        button="Escolher algo",
        short=given("pt"),
    ),
}


class Settings(Gives, frozen=True, forbid_unknown_fields=True):
    """What is given, and how many days ahead."""

    days_before: Annotated[int, msgspec.Meta(ge=0, le=60)] = 0


class Birthday(Recipe[Settings]):
    """One letter a year."""

    name: ClassVar[str] = "birthday"
    title: ClassVar[str] = "Birthday"
    summary: ClassVar[str] = "A gift on each customer's birthday, or some days before."
    Settings: ClassVar[type[msgspec.Struct]] = Settings

    def make(self, kitchen: Kitchen) -> Plan:
        """By the trigger."""
        words = kitchen.words("letter", _WORDS)
        offer, made = offers_of(self.settings, kitchen)
        trigger = {"kind": "birthday", "days_before": self.settings.days_before}
        return Plan(campaigns=[kitchen.campaign(words, trigger, offer=offer)], templates=[words], offers=made)
