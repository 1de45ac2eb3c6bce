"""A template that could do more than write is refused at save, by its path and line, and costs next to nothing."""

import tracemalloc

import pytest

from common.errors import Invalid
from content.allowlist import check
from content.syntax import NotAllowed
from content.templates import check_content
from tests.content import attacks

TEXT_ATTACKS = {**attacks.ESCAPES, **attacks.TAGS, **attacks.BOMBS}
MEMORY = 64 * 1024 * 1024


def refused(content: dict[str, dict[str, dict[str, str]]]) -> dict[str, list[str]]:
    """The faults that are found, for no more memory than is promised."""
    tracemalloc.start()
    try:
        with pytest.raises(Invalid) as found:
            check_content(content)
        assert tracemalloc.get_traced_memory()[1] < MEMORY
    finally:
        tracemalloc.stop()
    return found.value.fields


def test_there_are_more_than_sixty_attacks() -> None:
    assert len(TEXT_ATTACKS) + len(attacks.MARKUP) > 60


@pytest.mark.parametrize("attack", TEXT_ATTACKS.values(), ids=TEXT_ATTACKS)
def test_an_escape_or_a_bomb_is_refused_by_path_and_line(attack: str) -> None:
    faults = refused({"sms": {"en": {"text": f"Hello\n{attack}\n"}}})
    assert list(faults) == ["content.sms.en.text"]
    line = int(faults["content.sms.en.text"][0].removeprefix("Line ").partition(":")[0])
    assert line in ({1} if attack.startswith("AAA") else {2, 3})
    assert len(faults["content.sms.en.text"][0]) < 1_500


@pytest.mark.parametrize("attack", TEXT_ATTACKS.values(), ids=TEXT_ATTACKS)
def test_it_is_refused_in_html_too(attack: str) -> None:
    faults = refused({"email": {"en": {"subject": "Hello", "html": f"<p>Hello</p>\n<p>{attack}</p>"}}})
    assert list(faults) == ["content.email.en.html"]


@pytest.mark.parametrize("attack", attacks.MARKUP.values(), ids=attacks.MARKUP)
def test_html_that_no_mail_should_hold_is_refused_by_path_and_line(attack: str) -> None:
    faults = refused({"email": {"en": {"subject": "Hello", "html": f"<p>{{{{ first_name }}}}</p>\n{attack}\n"}}})
    assert list(faults) == ["content.email.en.html"]
    assert faults["content.email.en.html"][0].startswith(("Line 2: ", "Line 3: "))


def test_all_faults_are_told_at_once() -> None:
    bad = {"subject": "{{ nobody }}", "html": "<script></script>", "colour": "red"}
    faults = refused({"email": {"en": bad, "english": {}}, "fax": {}, "sms": {"de": {"text": " "}}})
    assert set(faults) == {
        "content.email.en.subject", "content.email.en.html", "content.email.en.colour", "content.email.english",
        "content.email.english.html", "content.email.english.subject", "content.fax", "content.sms.de.text",
    }  # fmt: skip


def test_an_unknown_variable_is_named_with_the_one_that_was_meant() -> None:
    with pytest.raises(NotAllowed, match=r"Line 2: voucher\.cod is not known\. Did you mean voucher\.code\?"):
        check("Hello\n{{ voucher.cod }}")


@pytest.mark.parametrize(
    ("source", "hint"),
    [
        ("{{ profile.spend }}", "{{ profile.spend | money }}"),
        ("{{ voucher.valid_until }}", "{{ voucher.valid_until | date }}"),
        ("{{ last_order.products }}", "{{ last_order.products | listed }}"),
        ("{{ voucher }}", "name what of it is meant"),
        ("{{ first_name == 'Ana' }}", "use it in an if"),
        ("{{ first_name | money }}", "is for a money, not a text"),
        ("{{ first_name | money | upper }}", "is for a money, not a text"),
        ("{{ first_name | shout }}", "There is no filter 'shout'"),
        ("{{ profile.orders | plural(one='a') }}", "words by form"),
        ("{% if first_name is divisibleby(3) %}{% endif %}", "There is no test"),
        ("{% if first_name > 3 %}{% endif %}", "Numbers can be compared with numbers"),
        ("{{ 'a' if first_name }}", "needs an `else"),
        ("{{ none }}", "None is not allowed"),
        ("{{ voucher.valid_until | default('soon') | date }}", "default cannot stand in for a date"),
    ],
)
def test_what_cannot_be_written_comes_with_what_can(source: str, hint: str) -> None:
    with pytest.raises(NotAllowed) as refusal:
        check(source)
    assert hint in refusal.value.why


def test_what_people_write_is_allowed() -> None:
    checked = check(
        "Hi {{ first_name | default('there') | upper }}{# a note #}, {{ profile.spend | money }}\n"
        "{% if voucher and profile.orders >= 3 %}{{ voucher.valid_until | date('day') | default('soon') }}"
        "{% elif first_name == 'Ana' or not last_name %}{{ first_name or 'you' }}{% else %}-{% endif %}\n"
        "{%- for title in last_order.products -%}{{ loop.index }}. {{ title }}{{ '' if loop.last else ', ' }}"
        "{%- else %}nothing{% endfor %}"
    )
    assert checked.names == {
        "first_name", "last_name", "profile.spend", "profile.orders", "voucher", "voucher.valid_until",
        "last_order.products",
    }  # fmt: skip
