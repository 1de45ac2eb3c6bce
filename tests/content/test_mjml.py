"""MJML becomes a letter with its ways out, text part and preheader; what is broken or unsafe is refused by its line."""

from typing import Any

import lxml.html
import pytest

from common.errors import Invalid
from content.preview import preview
from content.templates import check_content, compile_template
from content.vocabulary import sample
from tests.content import attacks

LETTER = """\
<mjml>
  <mj-head>
    <mj-attributes><mj-all font-family="Georgia, serif" /><mj-text font-size="17px" /></mj-attributes>
    <mj-style>.quiet { color: #625b53; }</mj-style>
  </mj-head>
  <mj-body background-color="#f4f1ec">
    <mj-section background-color="#ffffff"><mj-column>
      <mj-text color="{{ brand.colour }}">
        Hello {{ first_name }}, <a href='{{ shop.url }}new?a=1&amp;b=2'>look</a>
      </mj-text>
      {% if voucher %}
      <mj-text>Your code: <b>{{ voucher.code }}</b></mj-text>
      {% endif %}
      <mj-button href="{{ shop.url }}" background-color="{{ brand.colour }}">To the shop</mj-button>
    </mj-column></mj-section>
    {% for product in recommendations %}
    <mj-section background-color="#ffffff">
      <mj-column>
        <mj-image src="{{ product.image }}" alt="é {{ product.name }}\u00a0" href="{{ product.link }}" />
      </mj-column>
      <mj-column><mj-text>{{ product.name }}, {{ product.price | money }}</mj-text></mj-column>
    </mj-section>
    {% endfor %}
  </mj-body>
</mjml>"""
COLUMN = "<mjml><mj-body><mj-section><mj-column>\n{}\n</mj-column></mj-section></mj-body></mjml>"
BODY = "<mjml><mj-body>\n{}\n</mj-body></mjml>"


def written(mjml: str = LETTER, locale: str = "en", **changed: Any) -> dict[str, str]:
    parts = {"subject": "Hello", "preheader": "Look, {{ first_name }}", "mjml": mjml}
    return compile_template(parts, "email", locale).render({**sample(locale), **changed})


def fault(mjml: str) -> str:
    with pytest.raises(Invalid) as found:
        check_content({"email": {"en": {"subject": "Hello", "mjml": mjml}}})
    [messages] = found.value.fields.values()
    assert list(found.value.fields) == ["content.email.en.mjml"]
    return messages[0]


def test_a_letter_is_filled_in_block_by_block_and_has_its_ways_out() -> None:
    letter = written(first_name="<b>Ana")
    tree = lxml.html.document_fromstring(letter["html"])
    words = tree.text_content()
    assert "Hello <b>Ana, look" in words
    assert "color:#8a2846" in letter["html"].replace(" ", "")
    assert [image.get("alt") for image in tree.xpath("//img[not(@width='1')]")] == [
        "é The Glass Orchard\u00a0", "é Night Ferry\u00a0", "é Slow Weather\u00a0",
    ]  # fmt: skip
    links = [link.get("href") for link in tree.iter("a")]
    assert links[0] == "https://shop.example/new?a=1&b=2"
    assert links[-3:] == [f"https://shop.example/{page}/sample" for page in "upw"]
    assert "1 Harbour Lane" in words
    assert tree.get("lang") == "en"
    assert tree.xpath("//title/text()") == ["Hello"]
    assert "Look, <b>Ana" in tree.xpath("//body/div")[0].text_content()
    assert not tree.xpath("//link | //script")
    for mark in ("\ue000", "q0x", "\\u{", "@import", "{{"):
        assert mark not in letter["html"]


def test_the_text_part_comes_from_the_blocks() -> None:
    text = written()["text"]
    assert text.startswith(
        "Hello Ana, look <https://shop.example/new?a=1&b=2>\n\nYour code: ANA-7K4M-2P\n\nTo the shop: https"
    )
    assert "é The Glass Orchard" in text
    assert "The Glass Orchard, €24.50" in text
    assert "Unsubscribe: https://shop.example/u/sample" in text
    assert "Your code" not in written(voucher=None)["text"]


def test_a_language_from_right_to_left_is_set_so() -> None:
    assert lxml.html.document_fromstring(written(locale="ar")["html"]).get("dir") == "rtl"


def test_a_block_that_is_left_out_takes_its_outlook_table_with_it() -> None:
    columns = "{% if voucher %}<mj-column><mj-text>A</mj-text></mj-column>{% endif %}<mj-column></mj-column>"
    section = BODY.format(f"<mj-section>{columns}</mj-section>")
    for voucher in (None, {"code": "X"}):
        html = written(section, voucher=voucher)["html"]
        assert html.count("<td") == html.count("</td"), voucher
        assert html.count("<table") == html.count("</table")


@pytest.mark.parametrize(
    ("mjml", "line", "why"),
    [
        ("<p>a</p>", 1, "stands between tags"),
        ("<mjml>\n</mjml>", 1, "MJML is <mjml>"),
        ("<mjml><mj-body></mj-body>\n<mj-body></mj-body></mjml>", 1, "MJML is <mjml>"),
        ("<mjml>\n<mj-body/></mjml>", 2, "holds nothing"),
        ("<mjml><mj-body>\n<mj-section></mj-body></mjml>", 2, "<mj-section> is open"),
        ("<mjml><mj-body>\n\n</mj-body>", 3, "<mjml> is never closed"),
        (BODY.format("<mj-foo/>"), 2, "<mj-foo> is not known"),
        (BODY.format("<mj-text>a</mj-text>"), 2, "may not stand in <mj-body>"),
        (BODY.format("<mj-include path='/etc/passwd' />"), 2, "Other files cannot be put in"),
        (BODY.format("<mj-raw><script>a</script></mj-raw>"), 2, "inside mj-text"),
        (BODY.format("hello"), 2, "'hello' stands between tags"),
        (BODY.format("<!-- a -->"), 2, "stands between tags"),
        (BODY.format('<mj-section background-url="https://a"></mj-section>'), 2, "'background-url' of <mj-section>"),
        (BODY.format('<mj-section padding="url(https://a)"></mj-section>'), 2, "load or compute"),
        (BODY.format('<mj-section css-class="{{ first_name }}"></mj-section>'), 2, "only a colour"),
        (BODY.format("<mj-section full-width></mj-section>"), 2, 'name="value"'),
        (BODY.format("<mj-section onclick='a()'></mj-section>"), 2, "'onclick' of <mj-section>"),
        (COLUMN.format("<mj-text>a <b>b</mj-text>"), 2, "<b> is never closed"),
        (COLUMN.format("<mj-text>a</div></mj-text>"), 2, "</div> closes what was not opened"),
        (COLUMN.format("<mj-text>q0x1x0q</mj-text>"), 2, "mean something"),
        (COLUMN.format("<mj-image alt='a\"b' src='https://a' />"), 2, "may not hold"),
        (COLUMN.format("<mj-image src='{{ first_name }}' alt='a' />"), 2, "a variable that is a url"),
        (COLUMN.format("<mj-button href=' javascript:alert(1)'>a</mj-button>"), 2, "must start with https://"),
        (COLUMN.format("<mj-text {% if first_name %}align='left'{% endif %}>a</mj-text>"), 2, "stands between tags"),
        (COLUMN.format("<mj-text>{{ nobody }}</mj-text>"), 2, "nobody is not known"),
        ("<mjml><mj-head>\n<mj-style>a { background: url(https://a) }</mj-style></mj-head><mj-body></mj-body></mjml>",
         2, "A style may not load"),
    ],
)  # fmt: skip
def test_what_is_broken_or_unsafe_is_refused_by_its_line(mjml: str, line: int, why: str) -> None:
    message = fault(mjml)
    assert message.startswith(f"Line {line}: ")
    assert why in message


def test_no_attack_on_html_or_jinja_gets_through_a_block() -> None:
    for name, attack in {**attacks.MARKUP, **attacks.ESCAPES, **attacks.TAGS}.items():
        if name not in {"out of its frame"}:
            assert fault(COLUMN.format(f"<mj-text>{attack}</mj-text>")).startswith("Line "), name
    assert fault(COLUMN.format(f"<mj-text>{attacks.MARKUP['out of its frame']}</mj-text>"))


def test_a_letter_is_either_html_or_mjml() -> None:
    for more in ({}, {"html": "<p>a</p>", "mjml": LETTER}):
        with pytest.raises(Invalid, match="Write one of html and mjml"):
            check_content({"email": {"en": {"subject": "Hello", **more}}})


def test_what_is_unwise_is_told_of_mjml_too() -> None:
    mjml = COLUMN.format("<mj-image src='https://a' /><mj-button href='http://a.example'>a</mj-button>")
    codes = {warning.code for warning in preview({"subject": "Hi", "mjml": mjml}, "email", "en").warnings}
    assert {"no_alt", "plain_http"} <= codes
