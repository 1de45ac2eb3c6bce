"""Everybody gets their own words, in their own figures; nobody gets "Hello None", "Hello " or somebody else's HTML."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import lxml.html
import pytest

from common.errors import Invalid
from common.money import Money
from content.errors import Empty, MissingValue, TooLarge, Unwritable
from content.templates import Template, compile_template, pick_locale
from content.vocabulary import FIELDS, VARIABLES, Kind, sample

NAUGHTY = Path(__file__).resolve().parents[3] / "shared" / "data" / "hostile" / "blns.json"


def values(**changed: Any) -> dict[str, Any]:
    """An invented person's values, with some in another way; `voucher__code` stands for voucher.code."""
    found = sample("en-GB")
    for name, value in changed.items():
        group, _, field = name.partition("__")
        if field:
            found[group] = {**found[group], field: value}
        else:
            found[group] = value
    return found


def say(source: str, written_in: str = "en", **changed: Any) -> str:
    """A service text, rendered: nothing is added to it."""
    return compile_template({"text": source}, "sms", written_in, "service").render(values(**changed))["text"]


def letter(
    html: str, subject: str = "Hello", locale: str = "en", purpose: str = "marketing", **changed: Any
) -> dict[str, str]:
    compiled = compile_template({"subject": subject, "html": html}, "email", locale, purpose)  # type: ignore[arg-type]
    return compiled.render(values(**changed))


@pytest.mark.parametrize(
    ("written_in", "receiver", "expected"),
    [
        ("en", "en-US", "$1,234.50, March 9, 2026, 1,000 points"),
        ("en", "en-GB", "US$1,234.50, 9 March 2026, 1,000 points"),
        ("de", "de-DE", "1.234,50 $, 9. März 2026, 1.000 points"),
        ("de", "de-CH", "$ 1\u2019234.50, 9. März 2026, 1\u2019000 points"),
        ("en", "fr-FR", "$1,234.50, March 9, 2026, 1,000 points"),
        ("pt", "pt-BR", "US$ 1.234,50, 9 de março de 2026, 1.000 points"),
    ],
)
def test_figures_are_written_as_the_receiver_writes_them_in_the_language_of_the_text(
    written_in: str, receiver: str, expected: str
) -> None:
    # In a text message without the no-break spaces, which cost it half of its room.
    text = "{{ profile.spend | money }}, {{ last_order.placed_at | date }}, {{ profile.orders | number }} points"
    at = datetime(2026, 3, 9, 12, tzinfo=UTC)
    spent = Money(123_450, "USD")
    said = say(text, written_in, locale=receiver, profile__spend=spent, profile__orders=1000, last_order__placed_at=at)
    assert said == expected


def test_money_has_the_decimals_of_its_currency() -> None:
    assert say("{{ profile.spend | money }}", profile__spend=Money(1250, "JPY")).endswith("1,250")
    assert say("{{ profile.spend | money }}", profile__spend=Money(10**17 + 1, "EUR")) == "€1,000,000,000,000,000.01"


def test_a_day_is_the_receivers_own_day() -> None:
    late = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
    assert say("{{ voucher.valid_until | date }}", voucher__valid_until=late) == "31 December 2026"
    assert (
        say("{{ voucher.valid_until | date }}", voucher__valid_until=late, time_zone="Europe/Berlin")
        == "1 January 2027"
    )
    assert (
        say("{{ voucher.valid_until | date }}", voucher__valid_until=late, time_zone="Mars/Base") == "31 December 2026"
    )


@pytest.mark.parametrize(
    ("locale", "number", "expected"),
    [
        ("en", 1, "1 day"),
        ("en", 2, "2 days"),
        ("fr", 0, "0 day"),
        ("pl", 2, "2 dni"),
        ("pl", 5, "5 days"),
        ("de", 1234, "1.234 days"),
    ],
)
def test_words_follow_the_number_as_the_language_has_it(locale: str, number: int, expected: str) -> None:
    text = "{{ profile.days_since | plural(one='# day', few='# dni', other='# days') }}"
    assert say(text, locale, locale=locale, profile__days_since=number) == expected


@pytest.mark.parametrize(
    ("locale", "count", "expected"),
    [
        ("en", 1, "A"),
        ("en-GB", 2, "A and B"),
        ("en-GB", 3, "A, B and C"),
        ("en-GB", 5, "A, B and 3 more"),
        ("de", 5, "A, B und 3 weitere"),
    ],
)
def test_lists_are_spoken(locale: str, count: int, expected: str) -> None:
    said = say(
        "{{ last_order.products | listed(2) }}", locale, locale=locale, last_order__products=list("ABCDE"[:count])
    )
    assert said == expected


@pytest.mark.parametrize("nothing", [None, "", "  ", "\u200b\n".strip("\u200b"), "\r\n", "\u202e"])
def test_a_name_that_says_nothing_is_missing(nothing: str | None) -> None:
    with pytest.raises(MissingValue) as error:
        say("Hello {{ first_name }}", first_name=nothing)
    assert error.value.name == "first_name"
    assert say("Hello {{ first_name | default('there') }}", first_name=nothing) == "Hello there"
    assert say("Hello{% if first_name %} {{ first_name }}{% endif %}!", first_name=nothing) == "Hello!"
    assert say("Hello {{ first_name or last_name }}", first_name=nothing) == "Hello Souza"


@pytest.mark.parametrize("name", [name for name, variable in VARIABLES.items() if variable.kind not in {Kind.COLOUR}])
def test_every_value_of_the_vocabulary_may_be_missing_and_is_then_named(name: str) -> None:
    filters = {Kind.MONEY: "| money", Kind.DATE: "| date", Kind.TEXTS: "| listed", Kind.NUMBER: "| number"}
    filters |= dict.fromkeys(FIELDS, "| names | listed")
    expression = f"{name} {filters.get(VARIABLES[name].kind, '')}"
    compiled = compile_template({"text": "x {{ " + expression + " }}"}, "sms", "en")
    with pytest.raises(MissingValue) as error:
        compiled.render({})
    assert error.value.name == name
    assert error.value.reason == "missing_value"


def test_products_and_lines_are_gone_through_field_by_field() -> None:
    each = "{{ it.quantity }} x {{ it.name }} {{ it.total | money }}{% if it.link %} !{% endif %};"
    lines = "{% for it in order.lines %}" + each + "{% endfor %}"
    bought = [
        {"name": "A & B", "quantity": 2, "price": Money(150, "EUR"), "total": Money(300, "EUR"), "link": "https://a"},
        {"name": "C", "quantity": 1, "total": Money(50, "EUR"), "link": "javascript:alert(1)"},
        {"quantity": 1, "total": Money(50, "EUR")},
    ]
    assert say(lines, order__lines=bought) == "2 x A & B €3.00 !;1 x C €0.50;"
    assert say("{{ order.lines | names | listed }}", order__lines=bought) == "A & B and C"
    with pytest.raises(MissingValue) as error:
        say("{% for it in order.lines %}{{ it.price | money }}{% endfor %}", order__lines=bought)
    assert error.value.name == "price"
    each = '<p><a href="{{ one.link }}"><img src="{{ one.image }}" alt="{{ one.name }}"></a></p>'
    html = "{% for one in recommendations %}" + each + "{% endfor %}"
    shown = [{"name": '"><script>', "price": Money(1, "EUR"), "image": "https://a/i.png", "link": "https://a/?x=1&y=2"}]
    tree = lxml.html.document_fromstring(letter(html, recommendations=shown)["html"])
    assert tree.xpath("//img[not(@width='1')]/@alt") == ['"><script>']
    assert tree.xpath("//td[@class='words']//a/@href") == ["https://a/?x=1&y=2"]


def test_wordings_take_turns_and_gender_has_its_words() -> None:
    said = [say('{{ variety | vary("Dear", "Hello", "Hi") }}', variety=number) for number in range(4)]
    assert said == ["Dear", "Hello", "Hi", "Dear"]
    assert say("{% if variety | turn(3) == 2 %}a{% else %}b{% endif %}", variety=5) == "a"
    words = '{{ gender | gendered(female="Chère", male="Cher", other="Bonjour") }}'
    assert [say(words, "fr", gender=one) for one in ("female", "male", "", None)] == [
        "Chère", "Cher", "Bonjour", "Bonjour",
    ]  # fmt: skip


def test_attributes_of_the_shops_own_can_be_said() -> None:
    assert say("{{ attributes.shoe_size }}", attributes={"shoe_size": "42"}) == "42"
    assert say("{{ attributes.pet | default('friend') }}", attributes={}) == "friend"
    for hidden in ("attributes.__class__", "attributes.a__b", "attributes.a.b", "attributes._x", "attributes.items()"):
        with pytest.raises(Invalid):
            say("{{ " + hidden + " }}")


@pytest.mark.parametrize("wrong", [{"a": 1}, ["a"], True, "tomorrow", [None, 5, {"a": 1}, ""]])
def test_a_value_of_another_kind_says_nothing(wrong: Any) -> None:
    """Values may come from the shop's own events, and those from anywhere."""
    for text, names in (
        ("{{ voucher.valid_until | date }}", {"voucher__valid_until": wrong}),
        ("{{ profile.spend | money }}", {"profile__spend": wrong}),
        ("{{ profile.orders }}", {"profile__orders": wrong}),
        ("{{ first_name }}", {"first_name": [wrong]}),
        ("{{ voucher.code }}", {"voucher": wrong}),
        ("{{ last_order.products | listed }}", {"last_order__products": {"a": wrong}}),
    ):
        with pytest.raises(MissingValue):
            say(text, **names)


def test_zero_is_a_number_and_not_missing() -> None:
    assert say("{{ profile.orders }} orders", profile__orders=0) == "0 orders"


def test_a_missing_list_takes_the_else_and_without_one_is_missing() -> None:
    assert say("{% for p in last_order.products %}{{ p }}{% else %}nothing{% endfor %}", last_order={}) == "nothing"
    with pytest.raises(MissingValue):
        say("You bought: {% for p in last_order.products %}{{ p }}{% endfor %}", last_order={})


def test_values_of_whatever_kind_never_reach_python() -> None:
    hostile = "{{ ''.__class__ }}{% for x in range(9) %}"
    assert say("Hi {{ first_name }}", first_name=hostile) == f"Hi {hostile}"
    assert "{{" in letter("<p>{{ first_name }}</p>", first_name=hostile)["html"]


def test_a_url_that_is_none_and_a_colour_that_is_none_are_missing() -> None:
    for wrong in ("javascript:alert(1)", "//evil.example", "https://a b", "https://a\n", 5, ""):
        with pytest.raises(MissingValue):
            letter('<a href="{{ shop.url }}">a</a>', shop__url=wrong)
    for wrong in ("red", "#fff", "#8a2846;background:url(https://evil.example)", None):
        with pytest.raises(MissingValue):
            letter("<p>a</p>", brand__colour=wrong)


@pytest.mark.parametrize(
    "name",
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "' onmouseover='alert(1)",
        "</td></tr></table>",
        "&lt;b&gt;",
    ],
)
def test_a_hostile_name_is_only_ever_text(name: str) -> None:
    html = (
        '<p title="{{ first_name }}">{{ first_name }}</p>'
        '<p><a href="{{ shop.url }}?n={{ first_name }}">{{ first_name | upper }}</a></p>'
    )
    written = letter(html, subject="Hi {{ first_name }}", first_name=name)
    tree = lxml.html.document_fromstring(written["html"])
    assert not tree.xpath("//script | //img[not(@width='1')] | //*[@onerror or @onmouseover or @onclick]")
    assert tree.xpath("//td[@class='words']/p")[0].text_content() == name
    assert tree.xpath("//td[@class='words']/p/@title") == [name]
    assert len(tree.xpath("//table")) == 2
    assert written["subject"] == f"Hi {name}"
    assert name in written["text"]


def test_a_name_right_after_an_angle_bracket_makes_no_tag() -> None:
    written = letter("<p>a</p><{{ first_name }}>", first_name="script")
    assert "&lt;script&gt;" in written["html"]


@pytest.mark.parametrize(
    "subject",
    ["Hi {{ first_name }}", "Hi {{ last_name | default('a\\r\\nBcc: b@c') }}", "Hi\r\nBcc: b@c {{ first_name }}"],
)
def test_a_subject_is_one_line_whatever_is_put_into_it(subject: str) -> None:
    for hostile in (
        "Ana\r\nBcc: everybody@example.com",
        "Ana\nX: y",
        "Ana\x00\x0b\x85\u2028\u2029b",
        "Ana\u202egpj.exe",
    ):
        written = letter("<p>a</p>", subject=subject, first_name=hostile, last_name=None)
        assert written["subject"].startswith("Hi ")
        assert written["subject"].isprintable()


def test_a_part_that_comes_out_empty_makes_no_message() -> None:
    with pytest.raises(Empty):
        letter("<p>a</p>", subject="{% if first_name %}{% endif %}")
    with pytest.raises(Empty):
        say("{% if not first_name %}a{% endif %}")


def test_what_comes_out_too_long_makes_no_message() -> None:
    with pytest.raises(TooLarge):
        say("{{ first_name }}", first_name="A" * 2_000)
    with pytest.raises(TooLarge):
        letter("<p>{% for p in last_order.products %}" + "{{ first_name }}" * 400 + "{% endfor %}</p>",
               first_name="A" * 10_000, last_order__products=["a"] * 5_000)  # fmt: skip


def test_the_same_words_are_compiled_once_and_rendered_for_many() -> None:
    parts = {"text": "Hello {{ first_name }}"}
    first = compile_template(parts, "sms", "en")
    assert compile_template(dict(parts), "sms", "en") is first
    assert compile_template(parts, "sms", "en", "service") is not first
    assert [first.render(values(first_name=name))["text"].split("\n")[0] for name in "AB"] == ["Hello A", "Hello B"]


def test_an_unknown_channel_or_part_cannot_be_compiled() -> None:
    for channel, parts in (("fax", {"text": "a"}), ("sms", {"html": "a"}), ("sms", {"text": "{{ x }}"})):
        with pytest.raises(Invalid):
            compile_template(parts, channel, "en")


def test_the_language_falls_back_from_region_to_language_to_the_shops() -> None:
    template = Template(id="a", name="a", content={"sms": {"pt": {}, "en": {}, "zh-Hant": {}}, "email": {"de": {}}})
    assert pick_locale(template, "sms", "pt-BR", "en") == "pt"
    assert pick_locale(template, "sms", "zh-Hant-TW", "en") == "zh-Hant"
    assert pick_locale(template, "sms", "fr", "en-GB") == "en"
    assert pick_locale(template, "sms", "", "en") == "en"
    assert pick_locale(template, "email", "fr", "en") is None
    assert pick_locale(template, "push", "en", "en") is None


@pytest.mark.skipif(not NAUGHTY.exists(), reason=f"no naughty strings at {NAUGHTY}")
def test_naughty_strings_go_through_as_text_or_not_at_all() -> None:
    html = '<p title="{{ first_name }}">{{ first_name }}</p>'
    plain = lxml.html.document_fromstring(letter(html, first_name="Ana")["html"])
    shape = [element.tag for element in plain.iter()]
    for name in json.loads(NAUGHTY.read_text(encoding="utf-8")):
        try:
            written = letter(html, subject="{{ first_name }}", first_name=name)
        except Unwritable:
            continue
        assert [element.tag for element in lxml.html.document_fromstring(written["html"]).iter()] == shape
        assert "\n" not in written["subject"]
        assert "\r" not in written["subject"]
