"""The demo's words can be saved, say what they should to anybody, and cost two segments of a text message at most."""

import pytest

from cli.demo.content import templates
from content.preview import Preview, preview
from content.templates import Content, check_content
from content.vocabulary import sample

WRITTEN = [
    pytest.param(template["content"], channel, locale, id=f"{name}-{channel}-{locale}")
    for name, template in templates().items()
    for channel in ("email", "sms")
    for locale in ("en", "de")
]


def seen(content: Content, channel: str, locale: str, **changed: object) -> Preview:
    shop = {"brand": {**sample(locale)["brand"], "name": "Blue Door Records"}}
    return preview(content[channel][locale], channel, locale, {**sample(locale), **shop, **changed})


@pytest.mark.parametrize(("content", "channel", "locale"), WRITTEN)
def test_the_words_may_stand_and_nothing_about_them_is_unwise(content: Content, channel: str, locale: str) -> None:
    check_content(content)
    assert seen(content, channel, locale).warnings == []


@pytest.mark.parametrize(("content", "channel", "locale"), WRITTEN)
def test_whoever_has_no_name_and_whose_order_has_no_packer_is_written_to_all_the_same(
    content: Content, channel: str, locale: str
) -> None:
    order = {**sample(locale)["last_order"], "packed_by": "", "products": []}
    parts = seen(content, channel, locale, first_name="", last_name="", last_order=order).parts
    for text in (parts["text"], parts.get("subject", "")):
        assert "None" not in text
        assert " ," not in text
        assert ", ." not in text


@pytest.mark.parametrize(("content", "channel", "locale"), WRITTEN)
def test_a_text_message_is_two_segments_at_most_with_a_long_name_a_real_link_and_the_way_to_why(
    content: Content, channel: str, locale: str
) -> None:
    if channel == "sms":
        counted = seen(content, channel, locale, first_name="Maximiliane").sms
        assert counted is not None
        assert counted.encoding == "GSM-7"
        assert counted.segments <= 2


def test_each_says_what_it_is_for() -> None:
    known = templates()
    win_back, thanks, invitation = (
        known[name]["content"] for name in ("we-miss-you", "thank-you-note", "invite-a-friend")
    )
    for locale in ("en", "de"):
        for channel in ("email", "sms"):
            assert "ANA-7K4M-2P" in seen(win_back, channel, locale).parts["text"]  # type: ignore[arg-type]
            assert "Marta" in seen(thanks, channel, locale).parts["text"]  # type: ignore[arg-type]
            assert "Night Ferry" in seen(thanks, channel, locale).parts["text"]  # type: ignore[arg-type]
            invited = seen(invitation, channel, locale).parts["text"]  # type: ignore[arg-type]
            assert "https://shop.example/r/ANA4KXW" in invited
            assert "10 % off" in invited
            assert "€5.00 off" in invited
