"""Reminding of points before they are lost."""

from typing import Annotated, ClassVar

import msgspec

from campaigns.recipe import Kitchen, Plan, Recipe
from campaigns.recipe_words import NAME, Letter, by_email

_LOST = '{{ points.expiring | plural(one="one point", other="# points") }}'
_WORDS = {
    "en": Letter(
        subject=f"Your points end soon{NAME}",
        preheader="They are worth something. Use them in time.",
        body=[
            f"You have {{{{ points.balance }}}} points. Of these, {_LOST} will be lost"
            '{% if points.expiring_at %} on {{ points.expiring_at | date("day") }}{% endif %}.',
            "They are yours. It would be a pity.",
        ],
        button="Use your points",
    ),
    "de": Letter(
        subject=f"Deine Punkte verfallen bald{NAME}",
        preheader="Sie sind etwas wert. Nutze sie rechtzeitig.",
        body=[
            "Du hast {{ points.balance }} Punkte. Davon verfallen {{ points.expiring }}"
            '{% if points.expiring_at %} am {{ points.expiring_at | date("day") }}{% endif %}.',
            "Sie gehören dir. Es wäre schade darum.",
        ],
        button="Punkte einlösen",
    ),
}


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From so many points on; how many days ahead is the points programme's `notice_days`."""

    at_least: Annotated[int, msgspec.Meta(ge=1, le=10**9)] = 50


class PointsReminder(Recipe[Settings]):
    """One letter for each day on which points are lost."""

    name: ClassVar[str] = "points_reminder"
    title: ClassVar[str] = "Points reminder"
    summary: ClassVar[str] = "A word in time to who is about to lose points."
    Settings: ClassVar[type[msgspec.Struct]] = Settings

    def make(self, kitchen: Kitchen) -> Plan:
        """By the trigger."""
        words = kitchen.template("letter", by_email(_WORDS))
        trigger = {"kind": "points_expiring", "at_least": self.settings.at_least}
        return Plan(campaigns=[kitchen.campaign(words, trigger)], templates=[words])
