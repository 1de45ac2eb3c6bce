"""Sunset: asks who has long not reacted whether they still want letters; silence is a no."""

from typing import Annotated, Any, ClassVar

import msgspec

from campaigns.recipe import Kitchen, Plan, Recipe, every_of
from campaigns.recipe_words import NAME, Letter, by_email
from campaigns.steps import JourneyRules, JourneyStep

_ASK = {
    "en": Letter(
        subject=f"Shall we still write{NAME}?",
        preheader="One tap, and all stays as it is. Otherwise we stop.",
        body=[
            "You have not opened our letters for a long time, and that is fine. We do not want to fill your inbox.",
            "Would you like to hear of us? Then tap here. If not, you need do nothing: we stop by ourselves.",
        ],
        button="Yes, go on",
    ),
    "de": Letter(
        subject=f"Sollen wir noch schreiben{NAME}?",
        preheader="Ein Tippen, und alles bleibt. Sonst hören wir auf.",
        body=[
            "Du hast unsere Briefe lange nicht geöffnet, und das ist in Ordnung. Dein Postfach ist voll genug.",
            "Möchtest du weiter von uns hören? Dann tippe hier. Wenn nicht, brauchst du nichts zu tun: Wir hören von "
            "selbst auf.",
        ],
        button="Ja, bitte weiter",
    ),
}
_STOP = {
    "en": Letter(
        subject=f"We stop writing{NAME}",
        preheader="Orders are told of as before. Nothing else comes.",
        body=[
            "As we have not heard from you, this is our last letter with news and offers. We still tell of orders.",
            "You may come back at any time.",
        ],
        button="Go on after all",
        link="{{ links.preferences }}",
    ),
    "de": Letter(
        subject=f"Wir hören auf{NAME}",
        preheader="Zu Bestellungen hörst du weiter von uns, sonst nichts.",
        body=[
            "Da wir nichts gehört haben, ist das unser letzter Brief mit Neuem und Angeboten. Zu deinen Bestellungen "
            "hörst du weiter von uns.",
            "Du kannst jederzeit zurückkommen.",
        ],
        button="Doch weiter",
        link="{{ links.preferences }}",
    ),
}
Days = Annotated[int, msgspec.Meta(ge=1, le=3_650)]


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who got `received` letters in `silent_days` and neither opened nor clicked any, and has not ordered in
    `no_order_days`; they have `answer_days` to say yes.
    """

    silent_days: Days = 180
    no_order_days: Days = 365
    received: Annotated[int, msgspec.Meta(ge=1, le=1_000)] = 5
    answer_days: Annotated[int, msgspec.Meta(ge=1, le=90)] = 14
    cron: str = "0 10 2 * *"


class Sunset(Recipe[Settings]):
    """A question, a wait, a last letter; then marketing to them ends."""

    name: ClassVar[str] = "sunset"
    title: ClassVar[str] = "Sunset"
    summary: ClassVar[str] = (
        "Asks who has long not reacted whether to go on; who does not say yes is written to no more."
    )
    Settings: ClassVar[type[msgspec.Struct]] = Settings
    holdout_percent: ClassVar[float] = 0.0

    def make(self, kitchen: Kitchen) -> Plan:
        """A click on any link of the question is a yes, as is an order."""
        ask, stop = kitchen.template("ask", by_email(_ASK)), kitchen.template("stop", by_email(_STOP))
        own = self.settings
        silent: list[dict[str, Any]] = [
            {"rule": "received", "purpose": "marketing", "days": own.silent_days, "at_least": own.received},
            {"not": {"rule": "reacted", "did": "opened", "days": own.silent_days}},
            {"not": {"rule": "reacted", "did": "clicked", "days": own.silent_days}},
            {"not": {"rule": "days_since_last_order", "at_most": own.no_order_days}},
        ]
        segment = kitchen.segment(every_of(silent))
        last = JourneyStep(
            wait_minutes=own.answer_days * 24 * 60, template=stop.id, if_previous="not_clicked", otherwise="end"
        )
        campaign = kitchen.campaign(
            ask,
            {"kind": "recurring", "cron": own.cron, "time_zone": kitchen.shop.time_zone},
            segment=segment.id,
            steps=[JourneyStep(), last],
            journey=JourneyRules(exits=["ordered", "replied"], reentry="after", reentry_days=own.silent_days),
            ends_marketing=True,
        )
        return Plan(campaigns=[campaign], templates=[ask, stop], segments=[segment])
