"""Inviting friends: asked of those who came back and with whom nothing is amiss, when their parcel has arrived."""

from typing import Annotated, Any, ClassVar

import msgspec

from campaigns.recipe import Kitchen, Plan, Recipe, every_of
from campaigns.recipe_words import NAME, Letter, by_email
from campaigns.steps import JourneyRules, JourneyStep

_WORDS = {
    "en": Letter(
        subject=f"Somebody who would like it too{NAME}?",
        preheader="Something for your friend, and something for you.",
        body=[
            "Is there somebody who has not found us yet, and should? Send them your link. Both of you get something:",
            "<p><strong>Your friend:</strong> {{ referral.friend_reward }}.<br>"
            "<strong>You:</strong> {{ referral.advocate_reward }}, as soon as their order is there to stay.</p>",
            "Or say it out loud. This is your code:",
            '<p class="code">{{ referral.code }}</p>',
        ],
        button="Your link to share",
        link="{{ referral.link }}",
    ),
    "de": Letter(
        subject=f"Wer würde sich auch freuen{NAME}?",
        preheader="Etwas für deine Freunde, und etwas für dich.",
        body=[
            "Gibt es jemanden, der uns noch nicht kennt und kennen sollte? Schick deinen Link weiter. Ihr habt beide "
            "etwas davon:",
            "<p><strong>Für deine Freunde:</strong> {{ referral.friend_reward }}.<br>"
            "<strong>Für dich:</strong> {{ referral.advocate_reward }}, sobald die Bestellung behalten wird.</p>",
            "Oder sag es einfach weiter. Das ist dein Code:",
            '<p class="code">{{ referral.code }}</p>',
        ],
        button="Dein Link zum Teilen",
        link="{{ referral.link }}",
    ),
}


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The `programme` by its id; asked so many days after a delivery, from so many orders on, and again no sooner than
    after `again_days`.
    """

    programme: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    after_days: Annotated[int, msgspec.Meta(ge=0, le=365)] = 5
    orders: Annotated[int, msgspec.Meta(ge=1, le=1_000)] = 2
    again_days: Annotated[int, msgspec.Meta(ge=1, le=3_650)] = 180


class ReferralInvitation(Recipe[Settings]):
    """One letter, now and then."""

    name: ClassVar[str] = "referral_invitation"
    title: ClassVar[str] = "Invite a friend"
    summary: ClassVar[str] = "Asks who came back, and with whom nothing is amiss, to invite friends."
    Settings: ClassVar[type[msgspec.Struct]] = Settings
    example: ClassVar[dict[str, Any]] = {"programme": "friends"}

    def make(self, kitchen: Kitchen) -> Plan:
        """Whether anything is amiss is looked at again when it is due."""
        words = kitchen.template("invitation", by_email(_WORDS))
        own = self.settings
        segment = kitchen.segment(
            every_of([{"rule": "profile_orders", "at_least": own.orders}, {"rule": "open_incidents", "at_most": 0}])
        )
        campaign = kitchen.campaign(
            words,
            {"kind": "order_delivered"},
            segment=segment.id,
            referral_programme=own.programme,
            steps=[JourneyStep(wait_minutes=own.after_days * 24 * 60, segment=segment.id)],
            journey=JourneyRules(reentry="after", reentry_days=own.again_days),
        )
        return Plan(campaigns=[campaign], templates=[words], segments=[segment])
