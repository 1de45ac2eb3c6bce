"""Welcoming who has agreed to be written to and not ordered yet: a greeting, and a little later a reason to begin."""

from typing import ClassVar

import msgspec

from campaigns.recipe import Kitchen, Plan, Recipe, every_of
from campaigns.recipe_offers import Gives, offers_of
from campaigns.recipe_words import CODE, NAME, Letter, given, shown, until, written_for
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
        short="It is good to have you. We write when it is worth your time, and not otherwise.",
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
        short="Schön, dass du da bist. Wir schreiben, wenn es deine Zeit wert ist, und sonst nicht.",
    ),
    "fr": Letter(
        subject=f"Bienvenue{NAME}",
        preheader="Qui nous sommes, et ce qu'on aime ici.",
        body=[
            "Nous sommes ravis de vous accueillir. Nous écrivons quand cela vaut votre temps, et jamais autrement.",
            shown("Ce que l'on vient chercher chez nous :"),
            "Des questions ? Répondez à cette lettre. Une personne la lit.",
        ],
        button="Découvrir la boutique",
        short="Ravis de vous accueillir. Nous écrivons quand cela en vaut la peine, et jamais autrement.",
    ),
    "es": Letter(
        subject=f"Le damos la bienvenida{NAME}",
        preheader="Quiénes somos y qué gusta aquí.",
        body=[
            "Qué bien que haya venido. Escribimos cuando algo merece su tiempo, y si no, no.",
            shown("Lo que más se busca aquí:"),
            "¿Preguntas? Responda a esta carta. La lee una persona.",
        ],
        button="Echar un vistazo",
        short="Qué bien que haya venido. Escribimos cuando algo merece su tiempo, y si no, no.",
    ),
    "pt": Letter(
        subject=f"Damos-lhe as boas-vindas{NAME}",
        preheader="Quem somos e do que se gosta aqui.",
        body=[
            "É bom contar consigo. Escrevemos quando algo merece o seu tempo, e só então.",
            shown("O que mais se procura aqui:"),
            "Perguntas? Responda a esta carta. É lida por uma pessoa.",
        ],
        button="Dar uma vista de olhos",
        short="É bom contar consigo. Escrevemos quando algo merece o seu tempo, e só então.",
    ),
}
_OFFER = {
    "en": Letter(
        subject=f"{{{{ offer.summary }}}} on your first order{NAME}",
        preheader="A code that is only yours.",
        body=["To make it easy: <strong>{{ offer.summary }}</strong>, with your own code:", CODE, until("Until")],
        button="Use it now",
        headline=f"For your first order{NAME}",
        short=given("en"),
    ),
    "de": Letter(
        subject=f"{{{{ offer.summary }}}} auf deine erste Bestellung{NAME}",
        preheader="Ein Code, der nur dir gehört.",
        body=[
            "Damit der Anfang leicht fällt: <strong>{{ offer.summary }}</strong>, mit deinem eigenen Code:",
            CODE,
            until("Bis zum"),
        ],
        button="Jetzt einlösen",
        headline=f"Zu deiner ersten Bestellung{NAME}",
        short=given("de"),
    ),
    "fr": Letter(
        subject=f"{{{{ offer.summary }}}} sur votre première commande{NAME}",
        preheader="Un code rien que pour vous.",
        body=[
            "Pour bien commencer : <strong>{{ offer.summary }}</strong>, avec votre propre code :",
            CODE,
            until("Jusqu'au"),
        ],
        button="L'utiliser maintenant",
        headline=f"Pour votre première commande{NAME}",
        short=given("fr"),
    ),
    "es": Letter(
        subject=f"{{{{ offer.summary }}}} en su primer pedido{NAME}",
        preheader="Un código solo para usted.",
        body=[
            "Para que empezar sea fácil: <strong>{{ offer.summary }}</strong>, con su propio código:",
            CODE,
            until("Hasta el"),
        ],
        button="Usarlo ahora",
        headline=f"Para su primer pedido{NAME}",
        short=given("es"),
    ),
    "pt": Letter(
        subject=f"{{{{ offer.summary }}}} na sua primeira encomenda{NAME}",
        preheader="Um código só seu.",
        body=[
            "Para começar com o pé direito: <strong>{{ offer.summary }}</strong>, com o seu próprio código:",
            CODE,
            until("Até"),
        ],
        button="Usar agora",
        headline=f"Para a sua primeira encomenda{NAME}",
        short=given("pt"),
    ),
}


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
        hello, words = kitchen.words("hello", _HELLO), kitchen.words("offer", _OFFER)
        offer, made = offers_of(self.settings, kitchen)
        agreed = {
            "any": [{"rule": "consent", "channel": one, "purpose": "marketing"} for one in ("email", *written_for())]
        }
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
