"""A text message is counted as it is billed, and carries the way out."""

import pytest

from content.sms import segments
from content.templates import compile_template
from content.vocabulary import sample
from content.wording import WORDINGS


@pytest.mark.parametrize(
    ("text", "encoding", "units", "parts", "left"),
    [
        ("", "GSM-7", 0, 1, 160),
        ("a" * 160, "GSM-7", 160, 1, 0),
        ("a" * 161, "GSM-7", 161, 2, 145),
        ("a" * 306, "GSM-7", 306, 2, 0),
        ("a" * 307, "GSM-7", 307, 3, 152),
        ("€" * 80, "GSM-7", 160, 1, 0),
        ("€" * 81, "GSM-7", 162, 2, 143),  # 76 fit into the first part: an escape is never parted from its character
        ("a" * 152 + "€" + "a" * 8, "GSM-7", 162, 2, 143),
        ("äöüÄÖÜßéèàñ¿¡§Ç", "GSM-7", 15, 1, 145),
        ("{}[]~|^\\", "GSM-7", 16, 1, 144),
        ("ç", "UCS-2", 1, 1, 69),
        ("ż" * 70, "UCS-2", 70, 1, 0),
        ("ż" * 71, "UCS-2", 71, 2, 63),
        ("ż" * 134, "UCS-2", 134, 2, 0),
        ("🎵", "UCS-2", 2, 1, 68),
        ("🎵" * 35, "UCS-2", 70, 1, 0),
        ("🎵" * 36, "UCS-2", 72, 2, 61),  # 33 fit into the first part: a pair is never parted
        ("👩‍👧", "UCS-2", 5, 1, 65),
        ("it\u2019s", "UCS-2", 4, 1, 66),
    ],
)
def test_segments(text: str, encoding: str, units: int, parts: int, left: int) -> None:
    count = segments(text)
    assert (count.encoding, count.units, count.segments, count.left) == (encoding, units, parts, left)


def test_the_characters_that_make_it_dear_are_named() -> None:
    assert segments("it\u2019s \u2013 5 € \u2019").unicode == ["\u2019", "\u2013"]


@pytest.mark.parametrize("locale", sorted(WORDINGS))
def test_the_way_out_never_costs_a_segment_by_its_letters(locale: str) -> None:
    assert segments(WORDINGS[locale].stop + WORDINGS[locale].why_short).encoding == "GSM-7"
    assert len(WORDINGS[locale].why_short) <= 20  # of a button on a card
    assert "STOP" in WORDINGS[locale].stop


def test_marketing_says_how_to_stop_and_where_it_says_why_in_its_language_once() -> None:
    def text(source: str, locale: str = "en", purpose: str = "marketing") -> str:
        compiled = compile_template({"text": source}, "sms", locale, purpose)  # type: ignore[arg-type]
        return compiled.render(sample(locale))["text"]

    why = "https://shop.example/w/sample"
    assert text("Hi {{ first_name }}\n") == f"Hi Ana\nReply STOP to opt out\nWhy this? {why}"
    assert text("Hi", "de-AT") == f"Hi\nAbmelden: STOP\nWarum das? {why}"
    assert text("Hi", "ja") == f"Hi\nReply STOP to opt out\nWhy this? {why}"
    assert text("Hi. Send STOP to stop: {{ links.why }}") == f"Hi. Send STOP to stop: {why}"
    assert text("Your parcel is on its way", purpose="transactional") == "Your parcel is on its way"


def test_a_space_that_holds_an_amount_together_costs_nothing() -> None:
    text = "{{ profile.spend | money }} {{ first_name }}"
    rendered = compile_template({"text": text}, "sms", "fr", "service").render(
        {**sample("fr"), "first_name": "\u00c9va"}
    )
    assert rendered["text"] == "184,30 \u20ac \u00c9va"
    assert segments(rendered["text"]).encoding == "GSM-7"
