"""The catalogues say the same things in every language, and a brand's colour is always readable."""

import re
from string import Formatter

import pytest

from api.pages.brand import DARK_CARD, _luminance, colours, contrast
from api.pages.words import direction_of, language_of, languages, words
from customers.shop import Brand


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("language", ["de", "en", "es", "fr", "pt"])
def test_a_language_has_every_text_with_the_same_places_to_fill(language: str) -> None:
    english, other = words("en"), words(language)
    assert set(other) == set(english)
    for key, text in other.items():
        assert text.strip(), key
        assert fields(text) == fields(english[key]), key
        same = key.startswith("channel_")  # most are names
        assert language == "en" or text != english[key] or len(text) < 8 or same, key


def test_a_locale_is_served_by_its_language_else_in_english() -> None:
    assert languages() == ("de", "en", "es", "fr", "pt")
    assert [language_of("pt-BR"), language_of("de_AT"), language_of("ja", "fr"), language_of("", "xx")] == [
        "pt",
        "de",
        "fr",
        "en",
    ]


def test_a_language_is_written_its_own_way() -> None:
    assert {direction_of(language) for language in languages()} == {"ltr"}
    assert [direction_of(language) for language in ("ar", "he", "fa")] == ["rtl", "rtl", "rtl"]


@pytest.mark.parametrize("colour", ["#8a2846", "#ffff00", "#ffffff", "#000000", "#777777", "red;} body{", ""])
def test_whatever_the_colour_what_is_written_in_it_and_on_it_can_be_read(colour: str) -> None:
    found = colours(Brand(colour=colour))
    assert all(re.fullmatch(r"#[0-9a-fA-F]{6}", value) for value in found.values())
    assert contrast(_luminance(found["accent"]), 1.0) >= 4.5
    assert contrast(_luminance(found["glow"]), _luminance(DARK_CARD)) >= 4.5
    assert contrast(_luminance(found["ink"]), _luminance(found["brand"])) >= 4.5
