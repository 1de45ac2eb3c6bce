"""The words of bad news: on every channel and in every language all that has to be said, however long it is."""

from copy import deepcopy
from typing import Any

import pytest

from content import bad_news
from content.bad_news_words import WHAT
from content.sms import segments
from content.templates import check_content, compile_template
from content.vocabulary import sample

LANGUAGES = sorted(WHAT)
PAGE = "https://shop.example/t/sample"


def rendered(template: str, channel: str, language: str, **incident: Any) -> dict[str, str]:
    values = deepcopy(sample(language))
    values["order"] |= incident.pop("order", {})
    values["incident"] |= incident
    parts = bad_news.content(template, "news")[channel][language]
    return compile_template(parts, channel, language, "service").render(values)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_channel_says_why_when_what_next_what_instead_until_when_and_where(language: str) -> None:
    for channel, languages in bad_news.content(bad_news.BAD).items():
        for cause in WHAT[language]:
            said = rendered(bad_news.BAD, channel, language, cause=cause, reason="Wet", expected_at=None)
            other = rendered(bad_news.BAD, channel, language, cause="delayed" if cause != "delayed" else "damaged")
            text = said["text"] if channel == "email" else "\n".join(said.values())
            for word in ("Wet", "The Glass Orchard", "ANA-7K4M-2P", "2026" if language in ("fr", "pt") else "6", PAGE):
                assert word in text, (channel, cause, word)
            assert said != other
            assert "10042" in text or cause == "unhappy"
        nobody = rendered(bad_news.BAD, channel, language, call=None, code=None)
        body = next(part for part in ("text", "body") if part in nobody)
        assert len(nobody[body]) < len(rendered(bad_news.BAD, channel, language, code=None)[body]), channel
        assert "ANA-7K4M-2P" not in nobody[body]
        assert languages.keys() == WHAT.keys()


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_others_wrote_at_length_takes_no_more_room_than_there_is(language: str) -> None:
    long = {"reason": "rain " * 100, "substitutes": ["p" * 200] * 9, "makegood": "g" * 300}
    for template in bad_news.NAMES:
        content = bad_news.content(template, "news")
        check_content(content)
        for channel in content:
            for cause in WHAT[language]:
                order = {"id": "N" * 64, "page": f"https://shop.example/t/{'x' * 120}"}
                assert rendered(template, channel, language, cause=cause, order=order, **long)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_text_message_is_short_and_in_the_cheap_alphabet(language: str) -> None:
    for template in bad_news.NAMES:
        for cause in WHAT[language]:
            told = segments(rendered(template, "sms", language, cause=cause, reason="Snow", call=None)["text"])
            assert (told.encoding, told.unicode) == ("GSM-7", [])
            assert told.segments <= 3
            cut = segments(rendered(template, "sms", language, cause=cause, reason="snow " * 90)["text"])
            assert cut.encoding == "GSM-7"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_template_of_metas_gets_three_values_and_the_page_and_is_none_without_an_order(language: str) -> None:
    for template in bad_news.NAMES:
        said = rendered(template, "whatsapp", language, cause="damaged")
        assert said["template"] == f"news/{'pt_PT' if language == 'pt' else language}"
        values = said["values"].splitlines()
        assert (len(values), values[0], said["template_links"]) == (3, "10042", PAGE)
        assert all(value.strip() for value in values)
        assert "template" not in rendered(template, "whatsapp", language, cause="unhappy", order={"page": None})
        assert not {"template", "values"} & bad_news.content(template)["whatsapp"][language].keys()


def test_words_of_ours_are_known_from_a_shops_own() -> None:
    ours = bad_news.content(bad_news.BAD, "news")
    assert bad_news.is_ours(bad_news.BAD, ours)
    assert not bad_news.is_ours(bad_news.DATE, ours)
    theirs = deepcopy(ours)
    theirs["whatsapp"]["en"]["text"] += " Yours, Marta"
    assert not bad_news.is_ours(bad_news.BAD, theirs)
    assert not bad_news.is_ours(bad_news.BAD, {"email": ours["email"]})
