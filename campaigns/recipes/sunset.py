"""Sunset: asks who has long not reacted whether they still want letters; silence is a no."""

from typing import Annotated, Any, ClassVar

import msgspec

from campaigns.recipe import Kitchen, Plan, Recipe, every_of
from campaigns.recipe_words import NAME, Letter
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
        short="Would you like to hear of us? Then tap here. If not, do nothing: we stop by ourselves.",
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
        short=("Möchtest du weiter von uns hören? Dann tippe hier. Wenn nicht, tu nichts: Wir hören von selbst auf."),
    ),
    "fr": Letter(
        subject=f"Devons-nous encore écrire{NAME} ?",
        preheader="Un geste, et rien ne change. Sinon, nous arrêtons.",
        body=[
            (
                "Vous n'avez pas ouvert nos lettres depuis longtemps, et ce n'est pas grave. Nous ne "
                "voulons pas remplir votre boîte."
            ),
            (
                "Souhaitez-vous avoir de nos nouvelles ? Alors touchez ici. Sinon, vous n'avez rien à "
                "faire : nous arrêtons de nous-mêmes."
            ),
        ],
        button="Oui, continuez",
        short=(
            "Souhaitez-vous encore nos nouvelles ? Touchez ici. Sinon, ne faites rien : nous arrêtons de nous-mêmes."
        ),
    ),
    "es": Letter(
        subject=f"¿Seguimos escribiendo{NAME}?",
        preheader="Un toque, y todo sigue igual. Si no, lo dejamos.",
        body=[
            "Hace mucho que no abre nuestras cartas, y no pasa nada. No queremos llenarle el buzón.",
            (
                "¿Quiere tener noticias nuestras? Entonces toque aquí. Si no, no tiene que hacer nada: "
                "dejamos de escribir."
            ),
        ],
        button="Sí, sigan",
        short="¿Quiere tener noticias nuestras? Toque aquí. Si no, no haga nada: dejamos de escribir.",
    ),
    "pt": Letter(
        subject=f"Continuamos a escrever{NAME}?",
        preheader="Um toque, e tudo fica igual. Se não, paramos.",
        body=[
            "Há muito que não abre as nossas cartas, e não faz mal. Não queremos encher-lhe a caixa de correio.",
            (
                "Gostaria de ter notícias nossas? Então toque aqui. Se não, não precisa de fazer nada: "
                "deixamos de escrever."
            ),
        ],
        button="Sim, continuem",
        short="Gostaria de ter notícias nossas? Toque aqui. Se não, não faça nada: deixamos de escrever.",
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
        short=("As we have not heard from you, this is our last message with offers. You may come back at any time."),
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
        short=("Da wir nichts gehört haben, ist das die letzte Nachricht mit Neuem. Du kannst jederzeit zurückkommen."),
    ),
    "fr": Letter(
        subject=f"Nous cessons d'écrire{NAME}",
        preheader="Pour vos commandes, rien ne change. Rien d'autre ne vient.",
        body=[
            (
                "Comme nous n'avons pas eu de vos nouvelles, ceci est notre dernière lettre avec des "
                "nouveautés et des offres. Pour vos commandes, nous écrivons toujours."
            ),
            "Vous pouvez revenir à tout moment.",
        ],
        button="Continuer quand même",
        link="{{ links.preferences }}",
        short=("Sans réponse de votre part, ceci est notre dernier message. Vous pouvez revenir à tout moment."),
    ),
    "es": Letter(
        subject=f"Dejamos de escribir{NAME}",
        preheader="De sus pedidos sí le avisamos. Nada más.",
        body=[
            (
                "Como no hemos sabido de usted, esta es nuestra última carta con novedades y ofertas. De "
                "sus pedidos le seguimos avisando."
            ),
            "Puede volver cuando quiera.",
        ],
        button="Seguir recibiéndolas",
        link="{{ links.preferences }}",
        short="Como no hemos sabido de usted, este es nuestro último mensaje. Puede volver cuando quiera.",
    ),
    "pt": Letter(
        subject=f"Deixamos de escrever{NAME}",
        preheader="Das suas encomendas damos notícia. Nada mais.",
        body=[
            (
                "Como não tivemos notícias suas, esta é a nossa última carta com novidades e ofertas. Das "
                "suas encomendas continuamos a dar notícia."
            ),
            "Pode voltar quando quiser.",
        ],
        button="Continuar a receber",
        link="{{ links.preferences }}",
        short="Como não tivemos notícias suas, esta é a nossa última mensagem. Pode voltar quando quiser.",
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
        ask, stop = kitchen.words("ask", _ASK), kitchen.words("stop", _STOP)
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
