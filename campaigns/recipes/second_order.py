"""The second order: what others like them bought next, and, for who still hesitates, a reason to come back."""

from typing import Annotated, ClassVar

import msgspec

from campaigns.recipe import Kitchen, Plan, Recipe
from campaigns.recipe_offers import Gives, offers_of
from campaigns.recipe_words import CODE, NAME, Letter, given, shown, until
from campaigns.steps import JourneyRules, JourneyStep

_SHOW = {
    "en": Letter(
        subject=f"What goes with it{NAME}",
        preheader="Chosen by people who bought what you bought.",
        body=["We hope your order is doing well.", shown("People who chose the same came back for:")],
        button="Have a look",
        short=(
            "{% if recommendations %}People who chose the same came back for "
            "{{ recommendations | names | listed(2) }}.{% else %}We hope your order is doing well."
            "{% endif %}"
        ),
    ),
    "de": Letter(
        subject=f"Was gut dazu passt{NAME}",
        preheader="Gewählt von Menschen, die dasselbe gekauft haben.",
        body=["Hoffentlich macht deine Bestellung Freude.", shown("Wer dasselbe gewählt hat, kam zurück für:")],
        button="Mal ansehen",
        short=(
            "{% if recommendations %}Wer dasselbe gewählt hat, kam zurück für "
            "{{ recommendations | names | listed(2) }}.{% else %}Hoffentlich macht deine Bestellung "
            "Freude.{% endif %}"
        ),
    ),
    "fr": Letter(
        subject=f"Ce qui va bien avec{NAME}",
        preheader="Choisi par ceux qui ont acheté la même chose.",
        body=[
            "Nous espérons que votre commande vous plaît.",
            shown("Ceux qui ont fait le même choix sont revenus pour :"),
        ],
        button="Jeter un œil",
        short=(
            "{% if recommendations %}Ceux qui ont fait le même choix sont revenus pour "
            "{{ recommendations | names | listed(2) }}.{% else %}Nous espérons que votre commande vous "
            "plaît.{% endif %}"
        ),
    ),
    "es": Letter(
        subject=f"Lo que combina bien{NAME}",
        preheader="Elegido por quienes compraron lo mismo.",
        body=[
            "Esperamos que esté disfrutando de su pedido.",
            shown("Quienes eligieron lo mismo volvieron por:"),
        ],
        button="Echar un vistazo",
        short=(
            "{% if recommendations %}Quienes eligieron lo mismo volvieron por "
            "{{ recommendations | names | listed(2) }}.{% else %}Esperamos que esté disfrutando de su "
            "pedido.{% endif %}"
        ),
    ),
    "pt": Letter(
        subject=f"O que combina bem{NAME}",
        preheader="Escolhido por quem comprou o mesmo.",
        body=[
            "Esperamos que esteja a gostar da sua encomenda.",
            shown("Quem escolheu o mesmo voltou para:"),
        ],
        button="Dar uma vista de olhos",
        short=(
            "{% if recommendations %}Quem escolheu o mesmo voltou para "
            "{{ recommendations | names | listed(2) }}.{% else %}Esperamos que esteja a gostar da sua "
            "encomenda.{% endif %}"
        ),
    ),
}
_OFFER = {
    "en": Letter(
        subject=f"{{{{ offer.summary }}}} on your second order{NAME}",
        preheader="A code that is only yours.",
        body=[
            "The second time is the best: <strong>{{ offer.summary }}</strong>, with your own code:",
            CODE,
            until("Until"),
        ],
        button="Use it now",
        headline=f"For your second order{NAME}",
        short=given("en"),
    ),
    "de": Letter(
        subject=f"{{{{ offer.summary }}}} auf deine zweite Bestellung{NAME}",
        preheader="Ein Code, der nur dir gehört.",
        body=[
            "Das zweite Mal ist das schönste: <strong>{{ offer.summary }}</strong>, mit deinem Code:",
            CODE,
            until("Bis zum"),
        ],
        button="Jetzt einlösen",
        headline=f"Zu deiner zweiten Bestellung{NAME}",
        short=given("de"),
    ),
    "fr": Letter(
        subject=f"{{{{ offer.summary }}}} sur votre deuxième commande{NAME}",
        preheader="Un code rien que pour vous.",
        body=[
            "La deuxième fois est la meilleure : <strong>{{ offer.summary }}</strong>, avec votre propre code :",
            CODE,
            until("Jusqu'au"),
        ],
        button="L'utiliser maintenant",
        headline=f"Pour votre deuxième commande{NAME}",
        short=given("fr"),
    ),
    "es": Letter(
        subject=f"{{{{ offer.summary }}}} en su segundo pedido{NAME}",
        preheader="Un código solo para usted.",
        body=[
            "La segunda vez es la mejor: <strong>{{ offer.summary }}</strong>, con su propio código:",
            CODE,
            until("Hasta el"),
        ],
        button="Usarlo ahora",
        headline=f"Para su segundo pedido{NAME}",
        short=given("es"),
    ),
    "pt": Letter(
        subject=f"{{{{ offer.summary }}}} na sua segunda encomenda{NAME}",
        preheader="Um código só seu.",
        body=[
            "A segunda vez é a melhor: <strong>{{ offer.summary }}</strong>, com o seu próprio código:",
            CODE,
            until("Até"),
        ],
        button="Usar agora",
        headline=f"Para a sua segunda encomenda{NAME}",
        short=given("pt"),
    ),
}
Days = Annotated[int, msgspec.Meta(ge=1, le=365)]


class Settings(Gives, frozen=True, forbid_unknown_fields=True):
    """So many days after the first order, and so many after that with an offer."""

    after_days: Days = 21
    offer_after_days: Days = 14


class SecondOrder(Recipe[Settings]):
    """Two letters after the first order; the second order ends it."""

    name: ClassVar[str] = "second_order"
    title: ClassVar[str] = "Second order"
    summary: ClassVar[str] = "After the first order: what goes with it, then an offer; the second order ends it."
    Settings: ClassVar[type[msgspec.Struct]] = Settings

    def make(self, kitchen: Kitchen) -> Plan:
        """What to show first, the offer only for who has not come back."""
        show, words = kitchen.words("show", _SHOW), kitchen.words("offer", _OFFER)
        offer, made = offers_of(self.settings, kitchen)
        day = 24 * 60
        later = JourneyStep(wait_minutes=self.settings.offer_after_days * day, template=words.id, offer=offer)
        campaign = kitchen.campaign(
            show,
            {"kind": "first_order"},
            steps=[JourneyStep(wait_minutes=self.settings.after_days * day), later],
            journey=JourneyRules(exits=["ordered"], reentry="never"),
        )
        return Plan(campaigns=[campaign], templates=[show, words], offers=made)
