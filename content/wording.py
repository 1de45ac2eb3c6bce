"""What Encore itself says in a message, by language: the footer of an e-mail, the way out of a text message."""

import msgspec


class Wording(msgspec.Struct, frozen=True, kw_only=True):
    """The fixed words of one language. `stop` and `why_short` use GSM-7 characters only, so that they never cost a
    segment by their letters; `why_short` fits on a button of 20 characters.
    """

    unsubscribe: str
    preferences: str
    why: str
    why_short: str
    stop: str


WORDINGS = {
    "en": Wording(
        unsubscribe="Unsubscribe",
        preferences="Choose what you get",
        why="Why did I get this?",
        why_short="Why this?",
        stop="Reply STOP to opt out",
    ),
    "de": Wording(
        unsubscribe="Abmelden",
        preferences="Auswählen, was kommt",
        why="Warum bekomme ich das?",
        why_short="Warum das?",
        stop="Abmelden: STOP",
    ),
    "fr": Wording(
        unsubscribe="Se désabonner",
        preferences="Choisir ce que je reçois",
        why="Pourquoi ce message ?",
        why_short="Pourquoi ?",
        stop="Pour ne plus rien recevoir : STOP",
    ),
    "es": Wording(
        unsubscribe="Darse de baja",
        preferences="Elegir lo que recibo",
        why="¿Por qué recibo esto?",
        why_short="¿Por qué?",
        stop="Para darte de baja, responde STOP",
    ),
    "pt": Wording(
        unsubscribe="Cancelar a subscrição",
        preferences="Escolher o que recebo",
        why="Porque recebi isto?",
        why_short="Por que motivo?",
        stop="Para sair, responda STOP",
    ),
    "it": Wording(
        unsubscribe="Annulla l'iscrizione",
        preferences="Scegli che cosa ricevere",
        why="Perché ricevo questo messaggio?",
        why_short="Perché?",
        stop="Per non ricevere altro: STOP",
    ),
    "nl": Wording(
        unsubscribe="Afmelden",
        preferences="Kiezen wat ik krijg",
        why="Waarom krijg ik dit?",
        why_short="Waarom?",
        stop="Afmelden? Antwoord STOP",
    ),
}
FALLBACK = "en"
_RIGHT_TO_LEFT = frozenset({"ar", "he", "fa", "ur", "yi", "ps", "dv", "ckb"})


def wording(locale: str) -> Wording:
    """The words for a locale's language, in English where we have none."""
    return WORDINGS.get(language_of(locale), WORDINGS[FALLBACK])


def language_of(locale: str) -> str:
    """`pt` for `pt-BR`."""
    return locale.partition("-")[0].lower()


def direction(locale: str) -> str:
    """Which way the language runs: ltr or rtl."""
    return "rtl" if language_of(locale) in _RIGHT_TO_LEFT else "ltr"
