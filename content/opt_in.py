"""The message that asks for a double opt-in, as it is before a shop writes its own, and what it asks for."""

from collections.abc import Mapping

from content.forms import FORMS
from content.templates import Content

# The template's id: a shop that writes another asks with PUT /v1/templates/opt-in. It must say the link.
TEMPLATE = "opt-in"
NAME = "Double opt-in"
LINK = "opt_in.link"

_HTML = (
    '<p>{hello}</p><p>{{{{ opt_in.wording }}}}</p><p><a href="{{{{ opt_in.link }}}}">{button}</a></p><p>{not_you}</p>'
)

_WORDS = {
    "en": {
        "wording": "I would like {shop} to write to me about offers and news. I can say no at any time.",
        "subject": "One more tap: please confirm",
        "hello": "You asked to hear from {{ shop.name }}. Please confirm that it was you:",
        "button": "Yes, it was me",
        "not_you": "It was not you? Then do nothing, and you hear no more of it.",
        "text": "{{ shop.name }}: please confirm that you want to hear from us: {{ opt_in.link }}",
    },
    "de": {
        "wording": "Ich möchte von {shop} Angebote und Neuigkeiten bekommen. Ich kann jederzeit Nein sagen.",
        "subject": "Nur noch ein Klick: bitte bestätigen",
        "hello": "Du möchtest von {{ shop.name }} hören. Bitte bestätige, dass du das warst:",
        "button": "Ja, das war ich",
        "not_you": "Das warst nicht du? Dann tu nichts, und du hörst nichts mehr davon.",
        "text": "{{ shop.name }}: Bitte bestätige, dass du von uns hören möchtest: {{ opt_in.link }}",
    },
    "fr": {
        "wording": "Je souhaite recevoir les offres et nouvelles de {shop}. Je peux dire non à tout moment.",
        "subject": "Encore un clic : merci de confirmer",
        "hello": "Vous souhaitez recevoir nos messages ({{ shop.name }}). Confirmez que c'était bien vous :",
        "button": "Oui, c'était moi",
        "not_you": "Ce n'était pas vous ? Ne faites rien, et vous n'en entendrez plus parler.",
        "text": "{{ shop.name }} : merci de confirmer que vous voulez nos messages : {{ opt_in.link }}",
    },
    "es": {
        "wording": "Quiero recibir ofertas y novedades de {shop}. Puedo decir que no en cualquier momento.",
        "subject": "Solo un toque más: confírmelo",
        "hello": "Ha pedido recibir mensajes de {{ shop.name }}. Confirme que fue usted:",
        "button": "Sí, fui yo",
        "not_you": "¿No fue usted? No haga nada y no volverá a saber de esto.",
        "text": "{{ shop.name }}: confirme que quiere recibir nuestros mensajes: {{ opt_in.link }}",
    },
    "pt": {
        "wording": "Quero receber ofertas e novidades de {shop}. Posso dizer que não a qualquer momento.",
        "subject": "Só mais um toque: confirme",
        "hello": "Pediu para receber mensagens de {{ shop.name }}. Confirme que foi você:",
        "button": "Sim, fui eu",
        "not_you": "Não foi você? Não faça nada e não ouvirá mais falar disto.",
        "text": "{{ shop.name }}: confirme que quer receber as nossas mensagens: {{ opt_in.link }}",
    },
}

WORDINGS: dict[str, str] = {language: words["wording"] for language, words in _WORDS.items()}


def content() -> Content:
    """The template's content for every channel, in every language there are words for."""
    made = {"email": {language: _letter(words) for language, words in _WORDS.items()}}
    for channel, form in FORMS.items():
        if channel != "email":
            made[channel] = {language: _card(words, form.required) for language, words in _WORDS.items()}
    return made


def _letter(words: Mapping[str, str]) -> dict[str, str]:
    return {"subject": words["subject"], "html": _HTML.format(**words)}


def _card(words: Mapping[str, str], parts: frozenset[str]) -> dict[str, str]:
    """In one text, or as a title and a body that lead to the page where they are tapped."""
    if parts == {"text"}:
        return {"text": words["text"]}
    return {"title": words["subject"], "body": words["hello"], "link": f"{{{{ {LINK} }}}}"}
