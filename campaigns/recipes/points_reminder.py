"""Reminding of points before they are lost."""

from typing import Annotated, ClassVar

import msgspec

from campaigns.recipe import Kitchen, Plan, Recipe
from campaigns.recipe_words import NAME, Letter

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
        short=(
            f"Of your {{{{ points.balance }}}} points, {_LOST} will be lost{{% if points.expiring_at %}} on "
            '{{ points.expiring_at | date("day") }}{% endif %}.'
        ),
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
        short=(
            "Von deinen {{ points.balance }} Punkten verfallen {{ points.expiring }}"
            '{% if points.expiring_at %} am {{ points.expiring_at | date("day") }}{% endif %}.'
        ),
    ),
    "fr": Letter(
        subject=f"Vos points expirent bientôt{NAME}",
        preheader="Ils valent quelque chose. Utilisez-les à temps.",
        body=[
            (
                "Vous avez {{ points.balance }} points. Vous pouvez en utiliser {{ points.expiring }}"
                '{% if points.expiring_at %} jusqu\'au {{ points.expiring_at | date("day") }}{% endif %} ; '
                "ensuite, ils sont perdus."
            ),
            "Ils sont à vous. Ce serait dommage.",
        ],
        button="Utiliser vos points",
        short=(
            "Vous avez {{ points.balance }} points. Utilisez-en {{ points.expiring }}"
            '{% if points.expiring_at %} avant le {{ points.expiring_at | date("day") }}{% endif %}.'
        ),
    ),
    "es": Letter(
        subject=f"Sus puntos caducan pronto{NAME}",
        preheader="Valen algo. Úselos a tiempo.",
        body=[
            (
                "Tiene {{ points.balance }} puntos. Puede usar {{ points.expiring }} de ellos"
                '{% if points.expiring_at %} hasta el {{ points.expiring_at | date("day") }}{% endif %}; '
                "después se pierden."
            ),
            "Son suyos. Sería una pena.",
        ],
        button="Usar sus puntos",
        short=(
            "Tiene {{ points.balance }} puntos. Use {{ points.expiring }}{% if points.expiring_at %} "
            'antes del {{ points.expiring_at | date("day") }}{% endif %}.'
        ),
    ),
    "pt": Letter(
        subject=f"Os seus pontos expiram em breve{NAME}",
        preheader="Valem alguma coisa. Use-os a tempo.",
        body=[
            (
                "Tem {{ points.balance }} pontos. Pode usar {{ points.expiring }} deles"
                '{% if points.expiring_at %} até {{ points.expiring_at | date("day") }}{% endif %}; depois '
                "perdem-se."
            ),
            "São seus. Seria uma pena.",
        ],
        button="Usar os seus pontos",
        short=(
            "Tem {{ points.balance }} pontos. Use {{ points.expiring }}{% if points.expiring_at %} "
            'antes de {{ points.expiring_at | date("day") }}{% endif %}.'
        ),
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
        words = kitchen.words("letter", _WORDS)
        trigger = {"kind": "points_expiring", "at_least": self.settings.at_least}
        return Plan(campaigns=[kitchen.campaign(words, trigger)], templates=[words])
