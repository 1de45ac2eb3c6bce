"""Welcoming who has agreed to be written to and not ordered yet: a greeting, and a little later a reason to begin."""

from typing import ClassVar

import msgspec

from campaigns.recipe import Kitchen, Plan, Recipe, every_of
from campaigns.recipe_offers import Gives, offers_of
from campaigns.recipe_words import CODE, NAME, Letter, by_email, shown, until
from campaigns.steps import JourneyRules, JourneyStep

_HELLO = {
    "en": Letter(
        subject=f"Welcome{NAME}",
        preheader="Who we are, and what people like here.",
        body=[
            "It is good to have you. We write when there is something worth your time, and not otherwise.",
            shown("What people come here for:"),
            "Questions? Answer this letter. A person reads it.",
        ],
        button="Look around",
    ),
    "de": Letter(
        subject=f"Willkommen{NAME}",
        preheader="Wer wir sind, und was hier gern gekauft wird.",
        body=[
            "Schön, dass du da bist. Wir schreiben, wenn es etwas gibt, das deine Zeit wert ist, und sonst nicht.",
            shown("Dafür kommen die meisten:"),
            "Fragen? Antworte auf diesen Brief. Ihn liest ein Mensch.",
        ],
        button="Umsehen",
    ),
}
_OFFER = {
    "en": Letter(
        subject=f"{{{{ offer.summary }}}} on your first order{NAME}",
        preheader="A code that is only yours.",
        body=["To make it easy: <strong>{{ offer.summary }}</strong>, with your own code:", CODE, until("Until")],
        button="Use it now",
    ),
    "de": Letter(
        subject=f"{{{{ offer.summary }}}} auf deine erste Bestellung{NAME}",
        preheader="Ein Code, der nur dir gehört.",
        body=["Damit der Anfang leicht fällt: <strong>{{ offer.summary }}</strong>, mit deinem eigenen Code:", CODE,
              until("Bis zum")],
        button="Jetzt einlösen",
    ),
}  # fmt: skip


class Settings(Gives, frozen=True, forbid_unknown_fields=True):
    """What is given, and after how many days."""

    offer_after_days: int = 3


class Welcome(Recipe[Settings]):
    """Two letters; an order ends it."""

    name: ClassVar[str] = "welcome"
    title: ClassVar[str] = "Welcome"
    summary: ClassVar[str] = "A greeting to who has agreed to be written to and not ordered yet, then a first offer."
    Settings: ClassVar[type[msgspec.Struct]] = Settings

    def make(self, kitchen: Kitchen) -> Plan:
        """By a tracked segment: whoever comes into it is found within the day."""
        hello, words = kitchen.template("hello", by_email(_HELLO)), kitchen.template("offer", by_email(_OFFER))
        offer, made = offers_of(self.settings, kitchen)
        agreed = {"rule": "consent", "channel": "email", "purpose": "marketing"}
        segment = kitchen.segment(every_of([{"rule": "profile_orders", "at_most": 0}, agreed]), tracked=True)
        later = JourneyStep(wait_minutes=self.settings.offer_after_days * 24 * 60, template=words.id, offer=offer)
        campaign = kitchen.campaign(
            hello,
            {"kind": "entered_segment", "segment": segment.id},
            segment=segment.id,
            steps=[JourneyStep(), later],
            journey=JourneyRules(exits=["ordered"], reentry="never"),
        )
        return Plan(campaigns=[campaign], templates=[hello, words], segments=[segment], offers=made)
