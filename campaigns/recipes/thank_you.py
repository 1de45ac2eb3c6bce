"""Thanking for a first order: a note that reads as if written by hand, signed by who packed it."""

from typing import Annotated, ClassVar

import msgspec

from campaigns.recipe import Kitchen, Plan, Recipe
from campaigns.recipe_words import NAME, Letter
from campaigns.steps import JourneyRules, JourneyStep

_WORDS = {
    "en": Letter(
        subject=f"Thank you{NAME}",
        preheader="A note from the packing table.",
        body=[
            '{{ variety | vary("Your first order came across my table", "I had your first order in my hands", '
            '"I packed your first order") }}'
            "{% if order.products %}, with {{ order.products | listed(3) }} inside{% endif %}.",
            "I wrapped it the way I like my own parcels. Should anything be less than perfect, answer this letter: a "
            "person reads it, often me.",
            "It means a lot that you chose us.",
        ],
        signature='{{ order.packed_by | default("Your packers") }}, {{ brand.name }}',
        short=(
            "I packed your first order{% if order.products %}, with {{ order.products | listed(1) }} "
            'inside{% endif %}. Enjoy it! {{ order.packed_by | default("Your packers") }}'
        ),
    ),
    "de": Letter(
        subject=f"Danke{NAME}",
        preheader="Ein Gruß vom Packtisch.",
        body=[
            '{{ variety | vary("Deine erste Bestellung kam über meinen Tisch", "Ich hatte deine erste Bestellung in '
            'der Hand", "Ich habe deine erste Bestellung gepackt") }}'
            "{% if order.products %}, mit {{ order.products | listed(3) }} darin{% endif %}.",
            "Ich habe alles so verpackt, wie ich meine eigenen Pakete mag. Stimmt etwas nicht, antworte auf diesen "
            "Brief: Ihn liest ein Mensch, oft ich.",
            "Schön, dass du dich für uns entschieden hast.",
        ],
        signature='{{ order.packed_by | default("Dein Packtisch") }}, {{ brand.name }}',
        short=(
            "Ich habe deine erste Bestellung gepackt{% if order.products %}, mit "
            "{{ order.products | listed(1) }} darin{% endif %}. Viel Freude damit! "
            '{{ order.packed_by | default("Dein Packtisch") }}'
        ),
    ),
    "fr": Letter(
        subject=f"Merci{NAME}",
        preheader="Un mot de la table d'emballage.",
        body=[
            (
                '{{ variety | vary("Votre première commande est passée par ma table", '
                '"J\'ai eu votre première commande entre les mains", "J\'ai emballé votre première commande") }}'
                "{% if order.products %}, avec {{ order.products | listed(3) }} dedans{% endif %}."
            ),
            (
                "J'ai tout emballé comme j'aime recevoir mes propres colis. Si quelque chose ne va pas, "
                "répondez à cette lettre : une personne la lit, souvent moi."
            ),
            "Merci de nous avoir choisis.",
        ],
        signature="{{ order.packed_by | default(\"L'équipe d'emballage\") }}, {{ brand.name }}",
        short=(
            "J'ai emballé votre première commande{% if order.products %}, avec "
            "{{ order.products | listed(1) }} dedans{% endif %}. Profitez-en bien ! "
            '{{ order.packed_by | default("L\'équipe") }}'
        ),
    ),
    "es": Letter(
        subject=f"Gracias{NAME}",
        preheader="Una nota desde la mesa de embalaje.",
        body=[
            (
                '{{ variety | vary("Su primer pedido pasó por mi mesa", "Tuve su primer pedido en mis manos", '
                '"Preparé su primer pedido") }}'
                "{% if order.products %}, con {{ order.products | listed(3) }} dentro{% endif %}."
            ),
            (
                "Lo envolví como me gusta recibir mis propios paquetes. Si algo no está perfecto, responda "
                "a esta carta: la lee una persona, a menudo yo."
            ),
            "Nos alegra mucho que nos haya elegido.",
        ],
        signature='{{ order.packed_by | default("El equipo de embalaje") }}, {{ brand.name }}',
        short=(
            "Preparé su primer pedido{% if order.products %}, con {{ order.products | listed(1) }} "
            'dentro{% endif %}. ¡Que lo disfrute! {{ order.packed_by | default("El equipo") }}'
        ),
    ),
    "pt": Letter(
        subject=f"Obrigado{NAME}",
        preheader="Um bilhete da mesa de embalagem.",
        body=[
            (
                '{{ variety | vary("A sua primeira encomenda passou pela minha mesa", '
                '"Tive a sua primeira encomenda nas mãos", "Preparei a sua primeira encomenda") }}'
                "{% if order.products %}, com {{ order.products | listed(3) }} lá dentro{% endif %}."
            ),
            (
                "Embalei tudo como gosto de receber as minhas próprias encomendas. Se algo não estiver "
                "perfeito, responda a esta carta: é lida por uma pessoa, muitas vezes por mim."
            ),
            "É muito bom que nos tenha escolhido.",
        ],
        signature='{{ order.packed_by | default("A equipa de embalagem") }}, {{ brand.name }}',
        short=(
            "Preparei a sua primeira encomenda{% if order.products %}, com "
            "{{ order.products | listed(1) }} lá dentro{% endif %}. Bom proveito! "
            '{{ order.packed_by | default("A equipa") }}'
        ),
    ),
}


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """So many hours after the first order came in."""

    after_hours: Annotated[int, msgspec.Meta(ge=0, le=720)] = 24


class ThankYou(Recipe[Settings]):
    """One letter to who ordered for the first time."""

    name: ClassVar[str] = "thank_you"
    title: ClassVar[str] = "Thank you"
    summary: ClassVar[str] = "A note to who ordered for the first time, naming what it was, signed by who packed it."
    Settings: ClassVar[type[msgspec.Struct]] = Settings
    holdout_percent: ClassVar[float] = 0.0

    def make(self, kitchen: Kitchen) -> Plan:
        """Once in a life."""
        words = kitchen.words("note", _WORDS)
        campaign = kitchen.campaign(
            words,
            {"kind": "first_order"},
            purpose="service",
            steps=[JourneyStep(wait_minutes=self.settings.after_hours * 60)],
            journey=JourneyRules(reentry="never"),
        )
        return Plan(campaigns=[campaign], templates=[words])
