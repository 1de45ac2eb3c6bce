"""Words for chats, devices and pages: buttons that nobody's name can make up, addresses that stay addresses."""

import pytest

from common.errors import Invalid
from content.cards import Button, addresses_of, buttons_of
from content.forms import FORMS
from content.opt_in import LINK
from content.opt_in import content as opt_in
from content.preview import preview
from content.templates import Empty, TooLarge, check_content, compile_template
from content.vocabulary import sample

HOSTILE = 'An\r\n<b>🦊</b> | https://evil.example\u202e" onclick="'


def rendered(channel: str, purpose: str = "service", name: str = "Ana", **parts: str) -> dict[str, str]:
    check_content({channel: {"en": parts}})
    values = {**sample("en"), "first_name": name}
    return compile_template(parts, channel, "en", purpose).render(values)  # type: ignore[arg-type]  # one of three


def faults(channel: str, **parts: str) -> dict[str, list[str]]:
    with pytest.raises(Invalid) as refusal:
        check_content({channel: {"en": parts}})
    return {path.rpartition(".")[2]: messages for path, messages in refusal.value.fields.items()}


def test_buttons_are_written_one_a_line_and_come_out_one_by_one() -> None:
    written = (
        "For {{ first_name | default('you') }} | https://shop.example/?q=1\n\n  Yes please \nUse it | {{ links.why }}"
    )
    parts = rendered("telegram", text="Hello", buttons=written)
    assert buttons_of(parts) == [
        Button(label="For Ana", url="https://shop.example/?q=1"),
        Button(label="Yes please"),
        Button(label="Use it", url=sample("en")["links"]["why"]),
    ]
    assert addresses_of(parts) == ["button_1_url", "button_3_url"]


def test_a_name_makes_up_no_button_no_line_and_no_host() -> None:
    parts = rendered(
        "web_push",
        name=HOSTILE,
        title="Hi {{ first_name }}",
        body="Hello",
        buttons="Go, {{ first_name }} | https://shop.example/{{ first_name }}",
        media="https://cdn.example/{{ first_name }}.png",
    )
    (button,) = buttons_of(parts)
    assert button.url.startswith("https://shop.example/An%20%3Cb%3E")
    assert not {"\n", "\r", "\u202e"} & set("".join(parts.values()))
    assert parts["media"].isascii()
    assert " " not in parts["media"]


def test_a_button_or_picture_that_comes_out_empty_is_left_out_and_a_text_is_not() -> None:
    gone = "{% if tier.name == 'Gold' %}Gold{% endif %}"
    media = "https://a.example/a.png"
    buttons = f"{gone} | https://a.example/\nB | {{{{ links.why }}}}"
    kept = Button(label="B", url=sample("en")["links"]["why"])
    assert buttons_of(rendered("inbox", title="a", body="b", buttons=buttons)) == [kept]
    assert "media_alt" not in rendered("inbox", title="a", body="b", media=media, media_alt=gone)
    with pytest.raises(Empty):
        rendered("inbox", title=gone, body="b")


def test_what_leads_nowhere_good_is_refused_by_its_line() -> None:
    assert (
        "https://"
        in faults("telegram", text="a", buttons="A | https://a.example\nB | javascript:alert(1)")["buttons"][0]
    )
    assert faults("telegram", text="a", buttons="A\nB | https://{{ first_name }}.example/")["buttons"][0].startswith(
        "Line 2"
    )
    assert "url" in faults("inbox", title="a", body="b", link="{{ first_name }}")["link"][0]
    assert "Label |" in faults("web_push", title="a", body="b", buttons="Only an answer")["buttons"][0]
    assert "room for 2" in faults("web_push", title="a", body="b", buttons="A | https://a.example\n" * 3)["buttons"][0]
    assert "no such part" in faults("mobile_push", title="a", body="b", buttons="A")["buttons"][0]
    assert faults("inbox", title="a", body="b", buttons="A {% if first_name %} | https://a.example\n{% endif %}")
    assert set(faults("viber", html="<p>a</p>")) == {"html", "text"}


def test_what_is_too_long_for_a_channel_is_not_written() -> None:
    with pytest.raises(TooLarge):
        rendered("instagram", text="a" * 1_001)
    assert len(rendered("telegram", text="a" * 1_001)["text"]) == 1_001


def test_marketing_names_the_way_out_that_the_channel_has() -> None:
    assert "STOP" in rendered("whatsapp", "marketing", text="Hello")["text"]
    why = "Why did I get this? https://shop.example/w/sample"
    assert rendered("whatsapp", "marketing", text="Say STOP")["text"] == f"Say STOP\n\n{why}"
    own = rendered("whatsapp", "marketing", text="STOP if you like: {{ links.why }}")["text"]
    assert own == "STOP if you like: https://shop.example/w/sample"
    assert rendered("inbox", "marketing", title="a", body="b")["preferences"] == sample("en")["links"]["preferences"]
    assert "preferences" not in rendered("inbox", "service", title="a", body="b")


def test_what_is_unwise_is_said() -> None:
    parts = {
        "title": "T" * 60,
        "body": "b" * 200,
        "media": "https://a.example/a.png",
        "buttons": "A very long label of a button | https://a.example/",
    }
    codes = {warning.code for warning in preview(parts, "web_push", "en").warnings}
    assert codes == {"title_long", "body_long", "no_link", "no_alt", "button_long"}


def test_every_form_can_be_written_and_the_question_for_a_double_opt_in_is_on_each() -> None:
    check_content(opt_in())
    assert set(opt_in()) == set(FORMS)
    for channel, languages in opt_in().items():
        assert all(any(LINK in part for part in parts.values()) for parts in languages.values()), channel
