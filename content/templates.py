"""Templates: content per channel and language, in versions that never change."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Protocol

import msgspec

from common.errors import Invalid
from content.errors import Empty, MissingValue, TooLarge, Unwritable
from content.form import Compiled, Form, Parts
from content.forms import FORMS
from content.syntax import NotAllowed
from customers.consent import Purpose

__all__ = [
    "FORMS", "Compiled", "Content", "Empty", "MissingValue", "Template", "Templates", "TooLarge", "Unwritable",
    "check_content", "compile_template", "pick_locale",
]  # fmt: skip

# channel -> locale -> part -> source
Content = dict[str, dict[str, dict[str, str]]]

LOCALES_LIMIT = 40
_LOCALE = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?")


class Template(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename={"id": "_id"}):
    """What is written to people: `content` is channel -> locale -> part -> source. A version never changes."""

    id: str
    name: str
    content: Content
    version: int = 0
    created_at: datetime | None = None


class Templates(Protocol):
    """The templates as they are kept, every version of each."""

    def put(self, template: Template, expected_version: int | None = None) -> Template:
        """Keep content as the next version; raises Stale when `expected_version` is given and is not the latest."""
        ...

    def get(self, id: str, version: int | None = None) -> Template:
        """A version, the latest where none is named; raises NotFound."""
        ...

    def page(self, after: str, limit: int) -> list[Template]:
        """The latest version of each template, in the order of ids after `after`."""
        ...

    def versions(self, id: str, after: int, limit: int) -> list[Template]:
        """The versions of one template greater than `after`, oldest first; raises NotFound."""
        ...


def check_content(content: Content) -> None:
    """Raises Invalid with every part that may not stand, by its path (`content.email.en.html`) and line."""
    fields: dict[str, list[str]] = {}
    if not content:
        fields["content"] = [f"Write for at least one channel: {', '.join(FORMS)}."]
    for path, message in _faults(content):
        fields.setdefault(path, []).append(message)
    if fields:
        path, messages = next(iter(fields.items()))
        raise Invalid(f"{path}: {messages[0]}", fields)


def compile_template(parts: Parts, channel: str, locale: str = "en", purpose: Purpose = "marketing") -> Compiled:
    """One channel's content in one language, ready to be rendered; the same parts are compiled once.

    Raises Invalid naming the part and its line (`html`), and the channel where there is no such.
    """
    return _compiled(channel, locale, purpose, tuple(sorted(parts.items())))


def pick_locale(template: Template, channel: str, wanted: str, default: str) -> str | None:
    """The language to write in: pt-BR, else pt, else the shop's default; None where there is none of them."""
    written = template.content.get(channel, {})
    return next((tag for tag in [*_fallbacks(wanted), *_fallbacks(default)] if tag in written), None)


def _fallbacks(locale: str) -> Iterator[str]:
    steps = locale.split("-")
    yield from ("-".join(steps[:end]) for end in range(len(steps), 0, -1))


def _faults(content: Content) -> Iterator[tuple[str, str]]:
    for channel, locales in content.items():
        form = FORMS.get(channel)
        if form is None:
            yield f"content.{channel[:40]}", f"There is no such channel to write for; there are {', '.join(FORMS)}."
        elif not locales or len(locales) > LOCALES_LIMIT:
            yield f"content.{channel}", f"Write in at least one language, and at most {LOCALES_LIMIT}."
        else:
            for locale, parts in locales.items():
                yield from _faults_of_language(f"content.{channel}.{locale[:40]}", form, locale, parts)


def _faults_of_language(path: str, form: Form, locale: str, parts: Parts) -> Iterator[tuple[str, str]]:
    if not _LOCALE.fullmatch(locale):
        yield path, "This is no language: write it as en, pt-BR or zh-Hant-TW."
    faulty = False
    for part, message in _faults_of_parts(form, parts):
        faulty = True
        yield f"{path}.{part}", message
    if not faulty:
        yield from ((f"{path}.{part}", message) for part, message in _faults_together(form, locale, parts))


def _faults_of_parts(form: Form, parts: Parts) -> Iterator[tuple[str, str]]:
    for part in sorted(form.required - parts.keys()):
        yield part, "This part is needed."
    if form.either and len(given := form.either & parts.keys()) != 1:
        yield max(given) if given else min(form.either), f"Write one of {' and '.join(sorted(form.either))}."
    known = form.required | form.either | form.optional
    for part, source in parts.items():
        if part not in known:
            yield part[:40], f"There is no such part; there are {', '.join(sorted(known))}."
        elif part in form.required | form.either and not source.strip():
            yield part, "This part is needed."
        else:
            try:
                form.check(part, source)
            except NotAllowed as error:
                yield part, str(error)


def _faults_together(form: Form, locale: str, parts: Parts) -> Iterator[tuple[str, str]]:
    """What shows only when the parts are put together, and what is asked of new words alone."""
    for part, source in parts.items():
        try:
            form.check_new(part, source)
        except NotAllowed as error:
            yield part, str(error)
    try:
        form.compile(parts, locale, "marketing")
    except NotAllowed as error:
        yield max(parts, key=lambda part: len(parts[part])), str(error)


@lru_cache(maxsize=256)
def _compiled(channel: str, locale: str, purpose: Purpose, parts: Sequence[tuple[str, str]]) -> Compiled:
    form = FORMS.get(channel)
    if form is None:
        raise Invalid.field("channel", f"There is no such channel to write for; there are {', '.join(FORMS)}.")
    faults: dict[str, list[str]] = {part: [message] for part, message in _faults_of_parts(form, dict(parts))}
    if faults:
        part, messages = next(iter(faults.items()))
        raise Invalid(f"{part}: {messages[0]}", faults)
    try:
        pieces = form.compile(dict(parts), locale, purpose)
    except NotAllowed as error:
        raise Invalid.field("content", str(error)) from None
    names: frozenset[str] = frozenset().union(*(piece.names for piece in pieces.values()))
    return Compiled(form=form, locale=locale, pieces=pieces, names=names)
