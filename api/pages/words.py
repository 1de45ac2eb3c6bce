"""The words of the pages, one catalogue file per language beside this module, and which language to take."""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from babel import Locale
from flask import request

FALLBACK = "en"
_CATALOGUES = files("api.pages") / "languages"


@cache
def languages() -> tuple[str, ...]:
    """The languages that there is a catalogue for."""
    names = (entry.name for entry in _CATALOGUES.iterdir())
    return tuple(sorted(name.removesuffix(".json") for name in names if name.endswith(".json")))


@cache
def words(language: str) -> Mapping[str, str]:
    """The catalogue of a language: a text by its key."""
    catalogue: dict[str, str] = json.loads((_CATALOGUES / f"{language}.json").read_text("utf-8"))
    return catalogue


def direction_of(language: str) -> str:
    """Which way a language is written: "ltr" or "rtl"."""
    return str(Locale.parse(language).text_direction)


def language_of(*locales: str) -> str:
    """The first of these locales that there are words for ("pt-BR" is served by "pt"), else the fallback."""
    for locale in locales:
        language = locale.replace("_", "-").split("-")[0].lower()
        if language in languages():
            return language
    return FALLBACK


def language_of_visitor(*otherwise: str) -> str:
    """What the visitor's browser asks for, else the first of the other locales that there are words for."""
    return request.accept_languages.best_match(languages()) or language_of(*otherwise)
