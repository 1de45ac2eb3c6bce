"""A preview shows what somebody would get, and what is unwise about it."""

from typing import Any

from content.lint import lint_languages
from content.preview import preview
from content.vocabulary import sample

GOOD = {"subject": "Hello {{ first_name }}", "preheader": "News", "html": '<p><a href="https://a.example">a</a></p>'}


def codes(parts: dict[str, str], channel: str = "email", locale: str = "en", **more: Any) -> list[str]:
    return [warning.code for warning in preview(parts, channel, locale, **more).warnings]


def test_a_good_letter_has_no_warnings() -> None:
    assert codes(GOOD) == []


def test_each_thing_that_is_unwise_is_said() -> None:
    assert codes({**GOOD, "subject": "A" * 61}) == ["subject_long"]
    assert codes({**GOOD, "subject": "READ THESE NEWS"}) == ["shouting"]
    assert codes({**GOOD, "subject": "Yes!!"}) == ["shouting"]
    assert codes({**GOOD, "preheader": ""}) == ["no_preheader"]
    assert codes({**GOOD, "html": '<img src="https://a.example/b.png">'}) == ["no_alt"]
    assert codes({**GOOD, "html": '<img src="https://a.example/b.png" alt="">'}) == []
    assert codes({**GOOD, "html": '<a href="http://a.example">a</a>'}) == ["plain_http"]
    assert codes({**GOOD, "html": "<p>" + "long " * 19_000 + "</p>"}) == []
    assert codes({**GOOD, "html": "<p>" + "é " * 40_000 + "</p>"}) == ["gmail_clips"]
    assert codes(GOOD, locale="pl") == ["footer_in_english"]
    assert codes(GOOD, locale="pl", purpose="service") == []


def test_a_text_message_comes_with_its_cost() -> None:
    seen = preview({"text": "Hi {{ first_name }}, it\u2019s us. " + "a" * 200}, "sms", "en")
    assert seen.sms is not None
    assert (seen.sms.encoding, seen.sms.segments) == ("UCS-2", 4)
    assert [warning.code for warning in seen.warnings] == ["sms_long", "sms_unicode"]
    assert preview(GOOD, "email", "en").sms is None


def test_the_invented_person_or_the_given_one() -> None:
    assert preview(GOOD, "email", "en").parts["subject"] == "Hello Ana"
    given = {**sample("en"), "first_name": "Bo"}
    assert preview(GOOD, "email", "en", given).parts["subject"] == "Hello Bo"


def test_a_channel_not_written_in_the_shops_language_is_told() -> None:
    content = {"email": {"en": {}, "de": {}}, "sms": {"de": {}}}
    assert [warning.part for warning in lint_languages(content, "en-GB")] == ["sms"]
    assert [warning.part for warning in lint_languages(content, "fr")] == ["email", "sms"]
