"""A surprise for the shop's best customers: unannounced, and for each at most once in a long while."""

from typing import Annotated, ClassVar

import msgspec

from campaigns.recipe import Kitchen, Plan, Recipe
from campaigns.recipe_offers import Gives, offers_of
from campaigns.recipe_words import CODE, NAME, Letter, given, until
from campaigns.steps import JourneyRules

_WORDS = {
    "en": Letter(
        subject=f"Just because{NAME}",
        preheader="No occasion. Only a thank-you.",
        body=[
            "There is no occasion. You are among the people who keep this shop open, and we wanted to say so.",
            "<p>Please take <strong>{{ offer.summary }}</strong>:</p>",
            CODE,
            until("It works once, until"),
        ],
        button="Choose something",
        short=given("en"),
    ),
    "de": Letter(
        subject=f"Einfach so{NAME}",
        preheader="Kein Anlass. Nur ein Dankeschön.",
        body=[
            "Es gibt keinen Anlass. Du gehörst zu denen, für die es uns gibt, und das wollten wir einmal sagen.",
            "<p>Bitte nimm <strong>{{ offer.summary }}</strong>:</p>",
            CODE,
            until("Der Code gilt einmal, bis zum"),
        ],
        button="Etwas aussuchen",
        short=given("de"),
    ),
    "fr": Letter(
        subject=f"Juste comme ça{NAME}",
        preheader="Aucune occasion. Juste un merci.",
        body=[
            (
                "Il n'y a pas d'occasion. Vous êtes de ceux grâce à qui cette boutique vit, et nous "
                "voulions vous le dire."
            ),
            "<p>Ceci est pour vous : <strong>{{ offer.summary }}</strong>.</p>",
            CODE,
            until("Valable une fois, jusqu'au"),
        ],
        button="Choisir quelque chose",
        short=given("fr"),
    ),
    "es": Letter(
        subject=f"Porque sí{NAME}",
        preheader="Sin motivo. Solo para dar las gracias.",
        body=[
            (
                "No hay ningún motivo. Usted es de las personas gracias a las que esta tienda sigue "
                "abierta, y queríamos decírselo."
            ),
            "<p>Esto es para usted: <strong>{{ offer.summary }}</strong>.</p>",
            CODE,
            until("Vale una sola vez, hasta el"),
        ],
        button="Elegir algo",
        short=given("es"),
    ),
    "pt": Letter(
        subject=f"Só porque sim{NAME}",
        preheader="Sem motivo. Só um obrigado.",
        body=[
            "Não há motivo nenhum. É uma das pessoas graças a quem esta loja está aberta, e queríamos dizer-lho.",
            "<p>Isto é para si: <strong>{{ offer.summary }}</strong>.</p>",
            CODE,
            until("Vale uma só vez, até"),
        ],
        button="Escolher algo",
        short=given("pt"),
    ),
}


class Settings(Gives, frozen=True, forbid_unknown_fields=True):
    """A `gift` is a product's id that goes into the next parcel, in place of a percentage; `gift_worth` its price in
    minor units. Each of the best gets it once in `days`; the best are looked for when `cron` says so.
    """

    gift: Annotated[str, msgspec.Meta(max_length=64)] = ""
    gift_name: Annotated[str, msgspec.Meta(max_length=200)] = ""
    gift_worth: Annotated[int, msgspec.Meta(ge=1, le=10**12)] = 1_000
    days: Annotated[int, msgspec.Meta(ge=1, le=3_650)] = 365
    cron: str = "0 10 1 * *"


class VipSurprise(Recipe[Settings]):
    """One letter to each of the best, once a year."""

    name: ClassVar[str] = "vip_surprise"
    title: ClassVar[str] = "Just because"
    summary: ClassVar[str] = "An unannounced gift or discount to the shop's best customers, once in a long while."
    Settings: ClassVar[type[msgspec.Struct]] = Settings

    def make(self, kitchen: Kitchen) -> Plan:
        """The best are those whom RFM calls champions."""
        words = kitchen.words("letter", _WORDS)
        own = self.settings
        if own.gift:
            worth = kitchen.price(own.gift_worth)
            gift = {"product": own.gift, "name": own.gift_name, "worth": worth}
            made = [kitchen.offer("gift", "gift", gift, own.code_days)]
            offer = made[0].id
        else:
            offer, made = offers_of(own, kitchen)
        segment = kitchen.segment({"rule": "rfm_cell", "any_of": ["champions"]})
        campaign = kitchen.campaign(
            words,
            {"kind": "recurring", "cron": own.cron, "time_zone": kitchen.shop.time_zone},
            segment=segment.id,
            offer=offer,
            journey=JourneyRules(reentry="after", reentry_days=own.days),
        )
        return Plan(campaigns=[campaign], templates=[words], segments=[segment], offers=made)
