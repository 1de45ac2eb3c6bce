"""The message that asks a survey's question, as it is before a shop writes its own; the questions, and the thanks."""

from collections.abc import Mapping

from content.forms import FORMS
from content.templates import Content

# The template's id: a shop writes another with PUT /v1/templates/survey. It must say the link.
TEMPLATE, NAME = "survey", "A question"
_HTML = '<p>{hello}</p><p>{{{{ survey.question }}}}</p><p><a href="{{{{ survey.link }}}}">{button}</a></p><p>{why}</p>'

_WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "0-10": "How likely are you to recommend {shop} to a friend?",
        "1-5": "How content are you with us?",
        "subject": "One question, one tap",
        "hello": 'Hello {{ first_name | default("there") }},',
        "button": "Answer from {{ survey.low }} to {{ survey.high }}",
        "why": "It takes ten seconds, and a person reads what you write.",
        "text": "{{ survey.question }} Answer with a number from {{ survey.low }} to {{ survey.high }}, or here: ",
        "thanks": "Thank you. A person reads what you told us.",
    },
    "de": {
        "0-10": "Wie wahrscheinlich ist es, dass du {shop} weiterempfiehlst?",
        "1-5": "Wie zufrieden bist du mit uns?",
        "subject": "Eine Frage, ein Klick",
        "hello": 'Hallo {{ first_name | default("") }},',
        "button": "Antworte von {{ survey.low }} bis {{ survey.high }}",
        "why": "Es dauert zehn Sekunden, und ein Mensch liest, was du schreibst.",
        "text": "{{ survey.question }} Antworte mit einer Zahl von {{ survey.low }} bis {{ survey.high }}, oder hier: ",
        "thanks": "Danke. Ein Mensch liest, was du uns gesagt hast.",
    },
    "fr": {
        "0-10": "Recommanderiez-vous {shop} à un ami ?",
        "1-5": "Êtes-vous content de nous ?",
        "subject": "Une question, un clic",
        "hello": 'Bonjour {{ first_name | default("") }},',
        "button": "Répondez de {{ survey.low }} à {{ survey.high }}",
        "why": "Cela prend dix secondes, et une personne lit ce que vous écrivez.",
        "text": "{{ survey.question }} Répondez par un chiffre de {{ survey.low }} à {{ survey.high }}, ou ici : ",
        "thanks": "Merci. Une personne lit ce que vous nous avez dit.",
    },
    "es": {
        "0-10": "¿Recomendaría {shop} a un amigo?",
        "1-5": "¿Está contento con nosotros?",
        "subject": "Una pregunta, un toque",
        "hello": 'Hola {{ first_name | default("") }},',
        "button": "Responda del {{ survey.low }} al {{ survey.high }}",
        "why": "Son diez segundos, y una persona lee lo que escribe.",
        "text": "{{ survey.question }} Responda con un número del {{ survey.low }} al {{ survey.high }}, o aquí: ",
        "thanks": "Gracias. Una persona lee lo que nos ha dicho.",
    },
    "pt": {
        "0-10": "Recomendaria {shop} a um amigo?",
        "1-5": "Está contente connosco?",
        "subject": "Uma pergunta, um toque",
        "hello": 'Olá {{ first_name | default("") }},',
        "button": "Responda de {{ survey.low }} a {{ survey.high }}",
        "why": "São dez segundos, e uma pessoa lê o que escreve.",
        "text": "{{ survey.question }} Responda com um número de {{ survey.low }} a {{ survey.high }}, ou aqui: ",
        "thanks": "Obrigado. Uma pessoa lê o que nos disse.",
    },
}


def question(scale: str, locale: str) -> str:
    """Our own question for a scale; `{shop}` is to be put in."""
    return _of(locale)[scale]


def thanks(locale: str) -> str:
    """What is said to who answered by a reply."""
    return _of(locale)["thanks"]


def content() -> Content:
    """The template's content for every channel, in every language there are words for."""
    made: Content = {channel: {} for channel in FORMS}
    for channel, form in FORMS.items():
        for language, words in _WORDS.items():
            made[channel][language] = _parts(channel, words, form.required)
    return made


def _parts(channel: str, words: Mapping[str, str], required: frozenset[str]) -> dict[str, str]:
    if channel == "email":
        return {"subject": words["subject"], "html": _HTML.format(**words)}
    if required == {"text"}:
        return {"text": f"{{{{ shop.name }}}}: {words['text']}{{{{ survey.link }}}}"}
    return {"title": words["subject"], "body": "{{ survey.question }}", "link": "{{ survey.link }}"}


def _of(locale: str) -> Mapping[str, str]:
    return _WORDS.get(locale.partition("-")[0], _WORDS["en"])
