"""Inviting friends: asked of those who came back and with whom nothing is amiss, when their parcel has arrived."""

from typing import Annotated, Any, ClassVar

import msgspec

from campaigns.recipe import Kitchen, Plan, Recipe, every_of
from campaigns.recipe_words import NAME, Letter
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
        short=(
            "Send your link to a friend: {{ referral.friend_reward }} for them, {{ referral.advocate_reward }} for you."
        ),
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
        short=(
            "Schick deinen Link weiter: {{ referral.friend_reward }} für deine Freunde, "
            "{{ referral.advocate_reward }} für dich."
        ),
    ),
    "fr": Letter(
        subject=f"Quelqu'un à qui cela plairait aussi{NAME} ?",
        preheader="Quelque chose pour vos amis, et quelque chose pour vous.",
        body=[
            (
                "Connaissez-vous quelqu'un qui ne nous a pas encore trouvés, et qui devrait ? Envoyez-lui "
                "votre lien. Vous y gagnez tous les deux :"
            ),
            (
                "<p><strong>Vos amis :</strong> {{ referral.friend_reward }}.<br><strong>Vous :</strong> "
                "{{ referral.advocate_reward }}, dès qu'il est sûr que leur commande est gardée.</p>"
            ),
            "Ou dites-le de vive voix. Voici votre code :",
            '<p class="code">{{ referral.code }}</p>',
        ],
        button="Votre lien à partager",
        link="{{ referral.link }}",
        short=(
            "Envoyez votre lien : {{ referral.friend_reward }} pour vos amis, {{ referral.advocate_reward }} pour vous."
        ),
    ),
    "es": Letter(
        subject=f"¿Alguien a quien también le gustaría{NAME}?",
        preheader="Algo para sus amigos y algo para usted.",
        body=[
            "¿Conoce a alguien que aún no nos ha descubierto y debería? Envíele su enlace. Los dos salen ganando:",
            (
                "<p><strong>Sus amigos:</strong> {{ referral.friend_reward }}.<br><strong>Usted:</strong> "
                "{{ referral.advocate_reward }}, en cuanto sea seguro que se quedan con el pedido.</p>"
            ),
            "O dígalo de viva voz. Este es su código:",
            '<p class="code">{{ referral.code }}</p>',
        ],
        button="Su enlace para compartir",
        link="{{ referral.link }}",
        short=(
            "Envíe su enlace: {{ referral.friend_reward }} para sus amigos, {{ referral.advocate_reward }} para usted."
        ),
    ),
    "pt": Letter(
        subject=f"Alguém que também iria gostar{NAME}?",
        preheader="Algo para os seus amigos e algo para si.",
        body=[
            "Conhece alguém que ainda não nos descobriu, e devia? Envie-lhe o seu link. Ganham os dois:",
            (
                "<p><strong>Para os seus amigos:</strong> {{ referral.friend_reward }}.<br><strong>Para "
                "si:</strong> {{ referral.advocate_reward }}, assim que for certo que ficam com a "
                "encomenda.</p>"
            ),
            "Ou diga-o de viva voz. Este é o seu código:",
            '<p class="code">{{ referral.code }}</p>',
        ],
        button="O seu link para partilhar",
        link="{{ referral.link }}",
        short=(
            "Envie o seu link: {{ referral.friend_reward }} para os seus amigos, "
            "{{ referral.advocate_reward }} para si."
        ),
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
        words = kitchen.words("invitation", _WORDS)
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
