"""WhatsApp's approved templates: how they are named, in which language they go out, and what they cannot carry."""

import re
from collections.abc import Iterator

import msgspec

from content.form import Form, Parts
from content.render import Piece
from content.syntax import NotAllowed, tokens
from content.warn import Warn
from customers.consent import Purpose

PART, LINKS = "template", "template_links"
# As Meta takes them (Business Management API, Message Templates): the name, and a language with or without a country.
_NAMED = re.compile(r"\s*[a-z0-9_]{1,512}(/([a-z]{2,3})(_[A-Z]{2})?)?\s*")
# What may stand beside statements, which may put a name together; how it comes out nobody can tell before.
_PIECE = re.compile(r"\s*[a-z0-9_]*(/[a-z]{0,3}(_[A-Z]{0,2})?)?\s*")
_STATEMENT = re.compile(r"\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
# Languages that Meta knows with a country alone.
_WITH_COUNTRY = {"pt": "pt_PT", "zh": "zh_CN", "zh-Hans": "zh_CN", "zh-Hant": "zh_TW"}


def approved(form: Form) -> Form:
    """The form of a channel with approved templates: their names are checked, and their language is the content's."""

    def compile(parts: Parts, locale: str, purpose: Purpose) -> dict[str, Piece]:  # noqa: A001  # the form's own word
        return form.compile(_with_language(parts, locale), locale, purpose)

    return msgspec.structs.replace(form, compile=compile, check_new=check_name)


def check_name(part: str, source: str) -> None:
    """Raises NotAllowed where a template's name or language is none that Meta takes."""
    if part != PART or not source.strip():
        return
    bare = all(kind == "data" for _, kind, _ in tokens(source))
    pieces = [source] if bare else _STATEMENT.split(source)
    shape = _NAMED if bare else _PIECE
    for piece in pieces:
        if not shape.fullmatch(piece):
            why = (
                "lower-case letters, digits and _, and a language as Meta writes it: winback, winback/de, winback/pt_BR"
            )
            raise NotAllowed(
                source.count("\n", 0, source.find(piece)) + 1, f"An approved template is named with {why}."
            )
    if not bare and "/" not in _STATEMENT.sub("", source):
        raise NotAllowed(1, "Where a statement stands in it, write the language too: {% if … %}winback/de{% endif %}.")


def language_for(locale: str) -> str:
    """Meta's word for a language: pt-BR is pt_BR, and a script is left out."""
    language, *rest = locale.split("-")
    if country := next((one for one in rest if len(one) == 2), ""):
        return f"{language}_{country}"
    return _WITH_COUNTRY.get("-".join([language, *(one for one in rest if len(one) == 4)]), language)


def lint_approved(written: Parts) -> Iterator[Warn]:
    """Marketing by an approved template that leads nowhere of ours."""
    if written.get(PART, "").strip() and not written.get(LINKS, "").strip():
        text = (
            "Outside of the 24 hours the approved template goes out as Meta has it: without template_links it has no "
            "link to why it came, no UTM parameters, and no click is counted."
        )
        yield Warn(code="no_template_links", part=LINKS, message=text)


def _with_language(parts: Parts, locale: str) -> Parts:
    name = parts.get(PART, "").strip()
    named = name and "/" not in name and "{" not in name
    return {**parts, PART: f"{name}/{language_for(locale)}"} if named else parts
