"""How-to after a purchase: care, tips and the answers to the usual questions, each when it is useful."""

from typing import Annotated, Any, ClassVar

import msgspec

from campaigns.recipe import Kitchen, Plan, Recipe
from campaigns.recipe_words import NAME, Letter
from campaigns.steps import JourneyRules, JourneyStep
from common.errors import Invalid
from content.wording import language_of

_FIRST = {
    "en": Letter(
        subject=f"Getting to know each other{NAME}",
        preheader="A few words on your order.",
        body=[
            "Your order has come{% if order.products %}: {{ order.products | listed(3) }}{% endif %}. Take a look "
            "whether all is as it should be.",
            "Anything unclear? Answer this letter and ask. A person reads it.",
        ],
        short=(
            "Your order has come{% if order.products %}: {{ order.products | listed(1) }}{% endif %}. "
            "Anything unclear? Ask us."
        ),
    ),
    "de": Letter(
        subject=f"Zum Kennenlernen{NAME}",
        preheader="Ein paar Worte zu deiner Bestellung.",
        body=[
            "Deine Bestellung ist da{% if order.products %}: {{ order.products | listed(3) }}{% endif %}. Sieh nach, "
            "ob alles so ist, wie es sein soll.",
            "Ist etwas unklar? Antworte auf diesen Brief und frag. Ihn liest ein Mensch.",
        ],
        short=(
            "Deine Bestellung ist da{% if order.products %}: {{ order.products | listed(1) }}"
            "{% endif %}. Ist etwas unklar? Frag uns."
        ),
    ),
    "fr": Letter(
        subject=f"Pour faire connaissance{NAME}",
        preheader="Quelques mots sur votre commande.",
        body=[
            (
                "Votre commande est arrivée{% if order.products %} : {{ order.products | listed(3) }}"
                "{% endif %}. Regardez si tout est comme il faut."
            ),
            "Quelque chose n'est pas clair ? Répondez à cette lettre et demandez. Une personne la lit.",
        ],
        short=(
            "Votre commande est arrivée{% if order.products %} : {{ order.products | listed(1) }}"
            "{% endif %}. Une question ? Demandez-nous."
        ),
    ),
    "es": Letter(
        subject=f"Para irse conociendo{NAME}",
        preheader="Unas palabras sobre su pedido.",
        body=[
            (
                "Su pedido ha llegado{% if order.products %}: {{ order.products | listed(3) }}{% endif %}. "
                "Mire si todo está como debe."
            ),
            "¿Hay algo que no esté claro? Responda a esta carta y pregunte. La lee una persona.",
        ],
        short=(
            "Su pedido ha llegado{% if order.products %}: {{ order.products | listed(1) }}{% endif %}. "
            "¿Alguna duda? Pregúntenos."
        ),
    ),
    "pt": Letter(
        subject=f"Para se irem conhecendo{NAME}",
        preheader="Umas palavras sobre a sua encomenda.",
        body=[
            (
                "A sua encomenda chegou{% if order.products %}: {{ order.products | listed(3) }}{% endif %}"
                ". Veja se está tudo como deve ser."
            ),
            "Algo não está claro? Responda a esta carta e pergunte. É lida por uma pessoa.",
        ],
        short=(
            "A sua encomenda chegou{% if order.products %}: {{ order.products | listed(1) }}{% endif %}"
            ". Alguma dúvida? Pergunte-nos."
        ),
    ),
}
_THEN = {
    "en": Letter(
        subject=f"How is it going{NAME}?",
        preheader="Questions come with use. Ask them.",
        body=[
            "By now you know how it does{% if order.products %}, your {{ order.products | listed(1) }}{% endif %}.",
            "Most questions come with use. Answer this letter, and we help.",
        ],
        short="Most questions come with use. Ask, and we help.",
    ),
    "de": Letter(
        subject=f"Wie läuft es{NAME}?",
        preheader="Fragen kommen beim Benutzen. Stell sie.",
        body=[
            "Inzwischen kennst du es{% if order.products %}: {{ order.products | listed(1) }}{% endif %}.",
            "Die meisten Fragen kommen beim Benutzen. Antworte auf diesen Brief, und wir helfen.",
        ],
        short="Die meisten Fragen kommen beim Benutzen. Frag, und wir helfen.",
    ),
    "fr": Letter(
        subject=f"Comment cela se passe-t-il{NAME} ?",
        preheader="Les questions viennent à l'usage. Posez-les.",
        body=[
            (
                "Vous connaissez maintenant votre achat{% if order.products %} : "
                "{{ order.products | listed(1) }}{% endif %}."
            ),
            "La plupart des questions viennent à l'usage. Répondez à cette lettre, et nous vous aidons.",
        ],
        short="La plupart des questions viennent à l'usage. Posez-les, et nous vous aidons.",
    ),
    "es": Letter(
        subject=f"¿Qué tal va{NAME}?",
        preheader="Las dudas llegan con el uso. Pregunte.",
        body=[
            (
                "A estas alturas ya conoce bien su compra{% if order.products %}: "
                "{{ order.products | listed(1) }}{% endif %}."
            ),
            "La mayoría de las dudas llegan con el uso. Responda a esta carta, y le ayudamos.",
        ],
        short="La mayoría de las dudas llegan con el uso. Pregunte, y le ayudamos.",
    ),
    "pt": Letter(
        subject=f"Como está a correr{NAME}?",
        preheader="As dúvidas surgem com o uso. Pergunte.",
        body=[
            (
                "Por esta altura já conhece bem a sua compra{% if order.products %}: "
                "{{ order.products | listed(1) }}{% endif %}."
            ),
            "A maioria das dúvidas surge com o uso. Responda a esta carta, e ajudamos.",
        ],
        short="A maioria das dúvidas surge com o uso. Pergunte, e ajudamos.",
    ),
}


# A tip whose first paragraph is longer is for letters alone.
SHORT = 300


class Tip(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One letter: so many days after the delivery, in the shop's own words and language."""

    after_days: Annotated[int, msgspec.Meta(ge=0, le=365)]
    subject: Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=r"^[^{}<>\r\n]+$")]
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=5_000, pattern=r"^[^{}<>]+$")]


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`tips` of the shop's own, or two letters that ask how it is; `products` are those that they are about."""

    tips: Annotated[list[Tip], msgspec.Meta(max_length=10)] = []
    products: Annotated[list[str], msgspec.Meta(max_length=200)] = []


class HowTo(Recipe[Settings]):
    """A letter a step, from the delivery on."""

    name: ClassVar[str] = "how_to"
    title: ClassVar[str] = "How-to"
    summary: ClassVar[str] = "Care, tips and answers after a delivery, each when it is useful."
    Settings: ClassVar[type[msgspec.Struct]] = Settings
    holdout_percent: ClassVar[float] = 0.0
    example: ClassVar[dict[str, Any]] = {
        "tips": [
            {"after_days": 1, "subject": "The first day", "text": "Let it rest for an hour.\n\nThen switch it on."},
            {"after_days": 7, "subject": "After a week", "text": "Wipe it with a dry cloth."},
        ]
    }

    def make(self, kitchen: Kitchen) -> Plan:
        """What is shipped to is about an order, so no consent to marketing is needed."""
        tips = sorted(self.settings.tips, key=lambda tip: tip.after_days)
        days = [tip.after_days for tip in tips] or [1, 14]
        if len(set(days)) < len(days):
            raise Invalid.field("settings.tips", "Each on a day of its own.")
        if tips:
            language = language_of(kitchen.shop.locale)
            letters = [{language: _letter(tip)} for tip in tips]
        else:
            letters = [_FIRST, _THEN]
        words = [kitchen.words(f"tip_{place}", one) for place, one in enumerate(letters, 1)]
        waits = [(day - before) * 24 * 60 for before, day in zip([0, *days], days, strict=False)]
        steps = [JourneyStep(wait_minutes=wait, template=one.id) for wait, one in zip(waits, words, strict=True)]
        bought = {"rule": "bought", "any_of": list(self.settings.products)} if self.settings.products else None
        segments = [kitchen.segment(bought)] if bought else []
        campaign = kitchen.campaign(
            words[0],
            {"kind": "order_delivered"},
            purpose="service",
            segment=segments[0].id if segments else "",
            steps=steps,
            journey=JourneyRules(reentry="left"),
        )
        return Plan(campaigns=[campaign], templates=words, segments=segments)


def _letter(tip: Tip) -> Letter:
    paragraphs = [" ".join(one.split()) for one in tip.text.split("\n\n")]
    short = paragraphs[0] if len(paragraphs[0]) <= SHORT else ""
    kept = [one for one in paragraphs if one]
    return Letter(subject=tip.subject, preheader=paragraphs[0][:150], body=kept, short=short)
