"""Birthdays: a gift on the day, by the customer's own calendar."""

from typing import Annotated, ClassVar

import msgspec

from campaigns.recipe import Kitchen, Plan, Recipe
from campaigns.recipe_offers import Gives, offers_of
from campaigns.recipe_words import CODE, NAME, Letter, by_email, until

_WORDS = {
    "en": Letter(
        subject=f"Happy birthday{NAME}",
        preheader="Something from us for your day.",
        body=["All the best from all of us. This is for you: <strong>{{ offer.summary }}</strong>.", CODE,
              until("It works once, until")],
        button="Choose something",
    ),
    "de": Letter(
        subject=f"Alles Gute zum Geburtstag{NAME}",
        preheader="Etwas von uns zu deinem Tag.",
        body=["Alles Gute von uns allen. Das ist für dich: <strong>{{ offer.summary }}</strong>.", CODE,
              until("Er gilt einmal, bis zum")],
        button="Etwas aussuchen",
    ),
}  # fmt: skip


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
        words = kitchen.template("letter", by_email(_WORDS))
        offer, made = offers_of(self.settings, kitchen)
        trigger = {"kind": "birthday", "days_before": self.settings.days_before}
        return Plan(campaigns=[kitchen.campaign(words, trigger, offer=offer)], templates=[words], offers=made)
