"""No template and no value makes a machine work or remember much (T17): counted in calls and bytes, not by a clock.

A Python function takes 0.1 µs or more to be called, so that the calls allowed here stay well within 300 ms.
"""

import sys
import tracemalloc
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest

from common.errors import Invalid
from common.money import Money
from content.errors import Unwritable
from content.form import Compiled
from content.render import OUTPUT_LIMIT
from content.templates import check_content, compile_template
from content.vocabulary import FIELDS, VARIABLES, Kind, sample
from tests.content import attacks

MEMORY = 64 * 1024 * 1024
CALLS = 300_000
COLUMN = "<mjml><mj-body><mj-section><mj-column>{}</mj-column></mj-section></mj-body></mjml>"
MJML_BOMBS = {
    "deep": "<mj-text>" * 20_000,
    "wide": COLUMN.format("<mj-text>a</mj-text>" * 4_000),
    "a long attribute": COLUMN.format(f'<mj-text padding="{"1px " * 20_000}">a</mj-text>'),
    "many attributes": COLUMN.format("<mj-text " + 'align="left" ' * 7_000 + ">a</mj-text>"),
    "quotes never closed": COLUMN.format("<mj-text align='" * 6_000),
    "brackets": "<" * 99_000,
    "entities": COLUMN.format("<mj-text>" + "&amp;" * 19_000 + "</mj-text>"),
    "a document type": "<!DOCTYPE a [<!ENTITY b 'cc'>]>" + COLUMN.format("<mj-text>&b;</mj-text>"),
}
TEMPLATES = {
    **{f"text: {name}": {"sms": {"en": {"text": one}}} for name, one in {
        **attacks.ESCAPES, **attacks.TAGS, **attacks.BOMBS}.items()},
    **{f"html: {name}": {"email": {"en": {"subject": "a", "html": one}}} for name, one in attacks.MARKUP.items()},
    **{f"mjml: {name}": {"email": {"en": {"subject": "a", "mjml": one}}} for name, one in MJML_BOMBS.items()},
}  # fmt: skip

_TEXT = "<script>{{ ''.__class__ }}{% for a in range(9) %}\u202e\x00\r\n"
VALUES: dict[str, Callable[[], Any]] = {
    "long": lambda: "A" * 1_000_000,
    "long and invisible": lambda: "\u200b\u202e\n" * 1_000_000,
    "jinja": lambda: _TEXT * 1_000,
    "many": lambda: ["A" * 10_000] * 100_000,
    "many things": lambda: [{"name": "A" * 10_000, "price": Money(1, "EUR"), "quantity": 1}] * 100_000,
    "things of no kind": lambda: [{"name": {"a": [1]}, "price": "EUR", "link": "javascript:alert(1)"}] * 100_000,
    "deep": lambda: _nested(900),
    "a huge number": lambda: 10**100_000,
    "no number": lambda: float("nan"),
    "infinity": lambda: float("-inf"),
    "huge money": lambda: Money(10**100_000, "EUR"),
    "money of nowhere": lambda: Money(1, "{{}}"),
    "the last day": lambda: datetime.max.replace(tzinfo=UTC),
    "the first day": lambda: datetime.min.replace(tzinfo=UTC),
    "a script's address": lambda: "javascript:alert(1)",
    "an address without end": lambda: "https://a.example/" + "a" * 10_000_000,
    "bytes": lambda: b"\xff" * 1_000,
    "an object": object,
    "a function": lambda: print,
}


def _nested(depth: int) -> Any:
    value: Any = "a"
    for _ in range(depth):
        value = {"name": value}
    return value


def cost(work: Callable[[], object]) -> tuple[int, int]:
    """How many calls a piece of work makes, and how many bytes it holds at most."""
    calls = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"}

    tracemalloc.start()
    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(None)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return calls, peak


def test_every_template_is_refused_or_harmless_and_cheap_at_save() -> None:
    harmless = {"mjml: wide", "mjml: entities", "mjml: a long attribute"}
    for name, content in TEMPLATES.items():
        refused: list[bool] = []

        def save(content: Any = content, refused: list[bool] = refused) -> None:
            try:
                check_content(content)
            except Invalid:
                refused.append(True)

        calls, peak = cost(save)
        assert refused or name in harmless, name
        assert calls <= CALLS, (name, calls)
        assert peak <= MEMORY, (name, peak)
    assert len(TEMPLATES) >= 60


def written() -> list[Compiled]:
    """Templates that say every word there is, in text, HTML, links and loops."""
    filters = {Kind.MONEY: "| money", Kind.DATE: "| date", Kind.TEXTS: "| listed(20)", Kind.NUMBER: "| number"}
    filters |= dict.fromkeys(FIELDS, "| names | listed(20)")
    said = "".join(
        f"{{% if {name} %}}{{{{ {name} {filters.get(one.kind, '')} }}}} {{% endif %}}"
        for name, one in VARIABLES.items()
        if one.kind != Kind.TRUTH
    )
    loops = "".join(
        f"{{% for one in {name} %}}{{{{ one{'.name' if one.kind in FIELDS else ''} }}}}{{% else %}}-{{% endfor %}}"
        for name, one in VARIABLES.items()
        if one.kind in {Kind.TEXTS, *FIELDS}
    )
    link = '<a href="{{ shop.url }}?n={{ first_name | default("x") | urlencode }}">a</a>'
    html = {"subject": "Hi {{ first_name | default('x') }}", "html": f"<p>{said}</p><p>{loops}</p><p>{link}</p>"}
    return [
        compile_template({"text": said + loops}, "webhook", "en"),
        compile_template(html, "email", "de"),
    ]


@pytest.mark.parametrize("name", VALUES)
def test_every_value_is_written_as_text_or_not_at_all_and_cheaply(name: str) -> None:
    hostile = VALUES[name]()
    for compiled in written():
        values = {path.split(".")[0]: None for path in VARIABLES}
        for path in VARIABLES:
            group, _, field = path.partition(".")
            values[group] = {**(values[group] or {}), field: hostile} if field else hostile  # type: ignore[dict-item]
        values |= {"links": sample("en")["links"], "brand": sample("en")["brand"], "shop": sample("en")["shop"]}
        out: list[dict[str, str]] = []

        def render(compiled: Compiled = compiled, values: Any = values, out: list[dict[str, str]] = out) -> None:
            with suppress(Unwritable):
                out.append(compiled.render(values))

        calls, peak = cost(render)
        assert calls <= CALLS, calls
        assert peak <= MEMORY, peak
        for part in out[0].values() if out else ():
            assert len(part) <= OUTPUT_LIMIT
            assert "<script" not in part or compiled.form.channel == "webhook" or "{{ ''" in part
            assert "<class" not in part
            assert " object at 0x" not in part
