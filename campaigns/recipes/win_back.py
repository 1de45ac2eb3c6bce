"""Winning back who is late for themselves, or likely gone, by the least that works for such people."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

import msgspec

from campaigns.experiments.variants import Variant
from campaigns.ladder import Ladder
from campaigns.recipe import Kitchen, Plan, Recipe
from campaigns.recipe_words import CODE, NAME, Letter, given, shown, until
from common.errors import Invalid
from common.money import Money

Amount = Annotated[int, msgspec.Meta(ge=0, le=10**12)]
Percent = Annotated[float, msgspec.Meta(ge=1, le=90)]
Days = Annotated[int, msgspec.Meta(ge=1, le=3_660)]

_NOTE = {
    "en": Letter(
        subject=f"We miss you{NAME}",
        preheader="It has been a while. Here is what has come in.",
        body=[
            'It has been {{ profile.days_since | plural(one="a day", other="# days") }} since your last order'
            "{% if last_order.products %}, with {{ last_order.products | listed(2) }}{% endif %}. We hope it still "
            "gives you joy.",
            shown("Picked out for you:"),
            "Is something not as it should be? Answer this letter. A person reads it.",
        ],
        button="Have a look",
        short=(
            "{% if recommendations %}Picked out for you: "
            "{{ recommendations | names | listed(2) }}.{% else %}It has been a while. Come and see "
            "what is new.{% endif %}"
        ),
    ),
    "de": Letter(
        subject=f"Du fehlst uns{NAME}",
        preheader="Lange nichts gehört. Das ist inzwischen neu.",
        body=[
            'Deine letzte Bestellung ist {{ profile.days_since | plural(one="einen Tag", other="# Tage") }} her'
            "{% if last_order.products %}, darin: {{ last_order.products | listed(2) }}{% endif %}. Hoffentlich macht "
            "sie dir noch Freude.",
            shown("Für dich ausgesucht:"),
            "Stimmt etwas nicht? Antworte auf diesen Brief. Ihn liest ein Mensch.",
        ],
        button="Mal ansehen",
        short=(
            "{% if recommendations %}Für dich ausgesucht: "
            "{{ recommendations | names | listed(2) }}.{% else %}Es ist eine Weile her. Sieh mal, was "
            "neu ist.{% endif %}"
        ),
    ),
    "fr": Letter(
        subject=f"Vous nous manquez{NAME}",
        preheader="Cela fait longtemps. Voici ce qui est arrivé depuis.",
        body=[
            (
                "Votre dernière commande remonte à "
                '{{ profile.days_since | plural(one="un jour", other="# jours") }}'
                "{% if last_order.products %} : {{ last_order.products | listed(2) }}{% endif %}. Nous "
                "espérons qu'elle vous fait encore plaisir."
            ),
            shown("Choisis pour vous :"),
            "Quelque chose ne va pas ? Répondez à cette lettre. Une personne la lit.",
        ],
        button="Jeter un œil",
        short=(
            "{% if recommendations %}Choisis pour vous : "
            "{{ recommendations | names | listed(2) }}.{% else %}Cela fait longtemps. Venez voir ce "
            "qui est nouveau.{% endif %}"
        ),
    ),
    "es": Letter(
        subject=f"Le echamos de menos{NAME}",
        preheader="Ha pasado un tiempo. Esto es lo que ha llegado.",
        body=[
            (
                '{{ profile.days_since | plural(one="Ha pasado un día", other="Han pasado # días") }} '
                "desde su último pedido{% if last_order.products %}, con "
                "{{ last_order.products | listed(2) }}{% endif %}. Esperamos que lo siga disfrutando."
            ),
            shown("Elegidos para usted:"),
            "¿Algo no está bien? Responda a esta carta. La lee una persona.",
        ],
        button="Echar un vistazo",
        short=(
            "{% if recommendations %}Elegidos para usted: "
            "{{ recommendations | names | listed(2) }}.{% else %}Ha pasado un tiempo. Venga a ver las "
            "novedades.{% endif %}"
        ),
    ),
    "pt": Letter(
        subject=f"Sentimos a sua falta{NAME}",
        preheader="Já passou algum tempo. Eis o que chegou.",
        body=[
            (
                '{{ profile.days_since | plural(one="Passou um dia", other="Passaram # dias") }} desde a '
                "sua última encomenda{% if last_order.products %}, com "
                "{{ last_order.products | listed(2) }}{% endif %}. Esperamos que ainda lhe dê prazer."
            ),
            shown("Escolhidos para si:"),
            "Algo não está bem? Responda a esta carta. É lida por uma pessoa.",
        ],
        button="Dar uma vista de olhos",
        short=(
            "{% if recommendations %}Escolhidos para si: "
            "{{ recommendations | names | listed(2) }}.{% else %}Já passou algum tempo. Venha ver o "
            "que há de novo.{% endif %}"
        ),
    ),
}
_OFFER = {
    "en": Letter(
        subject=f"{{{{ offer.summary }}}} for you{NAME}",
        preheader="A code that is only yours.",
        body=[
            "We would love to see you again. So here is <strong>{{ offer.summary }}</strong>, with a code that belongs "
            "to you and nobody else:",
            CODE,
            until("Enter it at checkout. It works once, until"),
            shown("Perhaps one of these:"),
        ],
        button="Use it now",
        headline=f"We would love to see you again{NAME}",
        short=given("en"),
    ),
    "de": Letter(
        subject=f"{{{{ offer.summary }}}} für dich{NAME}",
        preheader="Ein Code, der nur dir gehört.",
        body=[
            "Wir würden uns freuen, dich wiederzusehen. Darum: <strong>{{ offer.summary }}</strong>, mit einem Code, "
            "der nur dir gehört:",
            CODE,
            until("Gib ihn an der Kasse ein. Er gilt einmal, bis zum"),
            shown("Vielleicht etwas davon:"),
        ],
        button="Jetzt einlösen",
        headline=f"Wir würden dich gern wiedersehen{NAME}",
        short=given("de"),
    ),
    "fr": Letter(
        subject=f"{{{{ offer.summary }}}} pour vous{NAME}",
        preheader="Un code rien que pour vous.",
        body=[
            (
                "Nous aimerions beaucoup vous revoir. Voici donc <strong>{{ offer.summary }}</strong>, "
                "avec un code qui n'appartient qu'à vous :"
            ),
            CODE,
            until("Saisissez-le au moment de payer. Valable une fois, jusqu'au"),
            shown("Peut-être l'un de ceux-ci :"),
        ],
        button="L'utiliser maintenant",
        headline=f"Nous aimerions vous revoir{NAME}",
        short=given("fr"),
    ),
    "es": Letter(
        subject=f"{{{{ offer.summary }}}} para usted{NAME}",
        preheader="Un código solo para usted.",
        body=[
            (
                "Nos encantaría volver a verle. Por eso, <strong>{{ offer.summary }}</strong>, con un "
                "código que es solo suyo:"
            ),
            CODE,
            until("Escríbalo al pagar. Vale una sola vez, hasta el"),
            shown("Quizá alguno de estos:"),
        ],
        button="Usarlo ahora",
        headline=f"Nos encantaría volver a verle{NAME}",
        short=given("es"),
    ),
    "pt": Letter(
        subject=f"{{{{ offer.summary }}}} para si{NAME}",
        preheader="Um código só seu.",
        body=[
            (
                "Gostaríamos muito que voltasse. Por isso, <strong>{{ offer.summary }}</strong>, com um "
                "código que é só seu:"
            ),
            CODE,
            until("Escreva-o ao pagar. Vale uma só vez, até"),
            shown("Talvez um destes:"),
        ],
        button="Usar agora",
        headline=f"Gostaríamos que voltasse{NAME}",
        short=given("pt"),
    ),
}


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`percents` are the rungs above the plain note, the least first; one code takes off `code_most` at most, in minor
    units, a person's `person_most` in a year and all of them `total_most`, where they are set.
    """

    percents: Annotated[list[Percent], msgspec.Meta(min_length=1, max_length=8)] = msgspec.field(
        default_factory=lambda: [10.0, 20.0]
    )
    code_most: Annotated[int, msgspec.Meta(ge=1, le=10**12)] = 2_000
    person_most: Amount | None = None
    total_most: Amount | None = None
    margin_percent: Annotated[float, msgspec.Meta(gt=0, le=100)] = 40.0
    rest_days: Days = 60
    code_days: Annotated[int, msgspec.Meta(ge=1, le=365)] = 14
    cron: str = "0 10 * * 2"


class WinBack(Recipe[Settings]):
    """A ladder from a plain note to bigger offers, every week."""

    name: ClassVar[str] = "win_back"
    title: ClassVar[str] = "Win-back"
    summary: ClassVar[str] = "Late for themselves, or likely gone: each gets the least that works, under caps on money."
    Settings: ClassVar[type[msgspec.Struct]] = Settings

    def make(self, kitchen: Kitchen) -> Plan:
        """Half of them begin with the note; the rest is shared by the offers, the bigger the less."""
        own = self.settings
        if own.percents != sorted(set(own.percents)):
            raise Invalid.field("settings.percents", "The least first, each once.")
        note, words = kitchen.words("note", _NOTE), kitchen.words("offer", _OFFER)
        top = own.percents[-1]
        offers = [
            kitchen.offer(
                f"off_{percent:g}".replace(".", "_"),
                "percent",
                self._settings(kitchen, percent / top, percent),
                own.code_days,
            )
            for percent in own.percents
        ]
        variants = [Variant(id="note", name="A plain note", share=50.0, template=note.id)]
        weights = [2.0**-place for place in range(len(offers))]
        for percent, offer, weight in zip(own.percents, offers, weights, strict=True):
            share = 50 * weight / sum(weights)
            variants.append(
                Variant(id=f"off-{percent:g}".replace(".", "-"), share=share, template=words.id, offer=offer.id)
            )
        late = {"any": [{"rule": "later_than_usual"}, {"rule": "late_for_self"}, {"rule": "likely_gone"}]}
        segment = kitchen.segment(late)
        campaign = kitchen.campaign(
            note,
            {"kind": "recurring", "cron": own.cron, "time_zone": kitchen.shop.time_zone},
            segment=segment.id,
            variants=variants,
            ladder=self._ladder(kitchen),
        )
        return Plan(campaigns=[campaign], templates=[note, words], segments=[segment], offers=offers)

    def _settings(self, kitchen: Kitchen, part: float, percent: float) -> Mapping[str, Any]:
        """A smaller offer takes off less at most, too."""
        return {"percent": percent, "at_most": kitchen.price(max(1, round(self.settings.code_most * part)))}

    def _ladder(self, kitchen: Kitchen) -> Ladder:
        own, currency = self.settings, kitchen.shop.currency
        return Ladder(
            margin_percent=own.margin_percent,
            person_most=None if own.person_most is None else Money(own.person_most, currency),
            total_most=None if own.total_most is None else Money(own.total_most, currency),
            rest_days=own.rest_days,
        )
