"""A preview shows what somebody would get, and what is unwise about it."""

from typing import Any

from content.colours import contrast
from content.lint import lint_languages
from content.plain_words import PLAIN_WORDS
from content.preview import preview
from content.spam_words import SPAM_WORDS
from content.vocabulary import sample
from content.wording import WORDINGS

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
    words = "<p>" + "Some words. " * 20 + "</p>"
    assert codes({**GOOD, "html": words + '<img src="https://a.example/b.png">'}) == ["no_alt"]
    assert codes({**GOOD, "html": words + '<img src="https://a.example/b.png" alt="">'}) == []
    assert codes({**GOOD, "html": '<p>A b</p><img src="https://a.example/b.png" alt="">'}) == ["mostly_pictures"]
    assert codes({**GOOD, "html": words + '<img src="http://a.example/b.svg" alt="">'}) == ["plain_http", "not_shown"]
    assert codes({**GOOD, "html": '<a href="http://a.example">a</a>'}) == ["plain_http"]
    assert codes({**GOOD, "html": "<p>" + "long. " * 16_000 + "</p>"}) == []
    assert codes({**GOOD, "html": "<p>" + "é. " * 30_000 + "</p>"}) == ["gmail_clips"]
    assert codes(GOOD, locale="pl") == ["footer_in_english"]
    assert codes(GOOD, locale="pl", purpose="service") == []


def test_a_text_message_comes_with_its_cost() -> None:
    seen = preview({"text": "Hi {{ first_name }}, it\u2019s us. " + "a" * 200}, "sms", "en")
    assert seen.sms is not None
    assert (seen.sms.encoding, seen.sms.segments) == ("UCS-2", 5)
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


def test_a_warning_names_its_line_and_its_reason() -> None:
    html = "<p>Hello</p>\n<p style='color:#999999; background-color:#ffffff'>Can you read this?</p>\n\n"
    html += "<div style='display:flex; gap: 2px'>a</div>"
    seen = preview({**GOOD, "html": html}, "email", "en").warnings
    assert [(one.code, one.line) for one in seen] == [("not_shown", 4), ("not_shown", 4), ("low_contrast", 0)]
    assert "display: flex is dropped by Outlook on Windows" in seen[0].message
    assert "“Can you read this?” is #999999 on #ffffff, a contrast of 2.8" in seen[2].message
    assert round(contrast("#000000", "#ffffff"), 2) == 21
    assert codes({**GOOD, "html": html.replace("#999999", "#595959").replace("display:flex; gap: 2px", "")}) == []


def test_what_mail_programs_lose_of_a_style_sheet_is_told_once_for_each() -> None:
    style = "@media (max-width:480px) { .a:hover { color: #11223344; border-radius: 4px } } td + p { font-size: 1rem }"
    mjml = (
        f"<mjml><mj-head><mj-style>{style}</mj-style></mj-head><mj-body><mj-section><mj-column><mj-text>Hello</mj-text>"
    )
    mjml += "</mj-column></mj-section></mj-body></mjml>"
    letter = {"subject": "a", "preheader": "b", "mjml": mjml}
    told = [one.message for one in preview(letter, "email", "en").warnings if one.code == "not_shown"]
    names = ["@media", "what changes under the pointer", "choosing by neighbours (+ ~)", "rem", "rounded corners"]
    assert all(sum(message.startswith(f"{name} is") for message in told) == 1 for name in names), told
    assert len(told) == len(names) + 1  # and colours of 8 digits
    plain = mjml.replace(style, ".a { color: #112233; padding: 4px }")
    assert "not_shown" not in {one.code for one in preview({**letter, "mjml": plain}, "email", "en").warnings}


def test_every_language_of_ours_has_words_that_cost_readers_and_a_longer_one_counts_once() -> None:
    assert SPAM_WORDS.keys() == PLAIN_WORDS.keys() == WORDINGS.keys()
    for words in (*SPAM_WORDS.values(), *PLAIN_WORDS.values()):
        assert len(words) == len(set(words)) >= 30
        assert all(word == word.lower().strip() for word in words)
    assert codes({"text": "Only for a limited time only"}, "sms") == []
    assert codes({"text": "Klik hier. Het is vrijblijvend."}, "sms", "nl") == ["spam_words"]


def test_words_that_cost_readers_are_named_with_better_ones() -> None:
    assert codes({**GOOD, "html": "<p>Congratulations! Click here.</p>"}) == ["spam_words"]
    assert codes({**GOOD, "html": "<p>Click here. A cheapskate is no winners circle.</p>"}) == []
    [hard] = preview({"text": "Utilise your code prior to Friday."}, "sms", "en").warnings
    assert (hard.code, hard.part) == ("hard_words", "text")
    assert "“utilise” (use), “prior to” (before)" in hard.message
    assert codes({"text": "Bezüglich deiner Bestellung"}, "sms", "de") == ["hard_words"]
    assert codes({"title": "a", "body": "word " * 33, "link": "https://a"}, "inbox") == ["long_sentence"]


def test_a_letter_whose_way_out_is_left_out_for_somebody_is_told() -> None:
    own = '{% if first_name %}<p><a href="{{ links.unsubscribe }}">Stop</a></p>{% endif %}<p>Hello</p>'
    nameless = {**sample("en"), "first_name": ""}
    parts = {"subject": "Hi", "preheader": "a", "html": own}
    assert codes(parts) == []
    assert codes(parts, values=nameless) == ["no_unsubscribe"]
    assert codes(parts, values=nameless, purpose="service") == []
