"""A fragment becomes a whole letter: framed, styled tag by tag, with a text part and the ways out."""

import lxml.html
import pytest

from content.links import rewrite
from content.templates import FORMS, compile_template
from content.vocabulary import sample
from content.wording import WORDINGS
from customers.consent import Purpose

HTML = """<h1>Hi {{ first_name }}</h1>
<p>See <a href="https://shop.example/a?b=1&amp;c=2">what is new</a>.</p>
{% if voucher %}
<p class="code">{{ voucher.code }}</p>
{% endif %}
<p>You had:</p>
<ul>
{% for product in last_order.products %}
  <li>{{ product }}</li>
{% endfor %}
</ul>
<table>{% for product in last_order.products %}
<tr><td>{{ loop.index }}</td><td>{{ product }}</td></tr>{% endfor %}</table>
<p><a class="button" href="{{ shop.url }}">To the shop</a></p>"""


def written(html: str = HTML, locale: str = "en", purpose: Purpose = "marketing", **parts: str) -> dict[str, str]:
    compiled = compile_template({"subject": "Hello", "html": html, **parts}, "email", locale, purpose)
    return compiled.render(sample(locale))


def test_the_text_part_is_made_from_the_html() -> None:
    assert (
        written()["text"]
        == """Hi Ana

See what is new <https://shop.example/a?b=1&c=2>.

ANA-7K4M-2P

You had:

  * Night Ferry
  * Slow Weather
  * The Glass Orchard

1 Night Ferry

2 Slow Weather

3 The Glass Orchard

To the shop: https://shop.example/

--\x20
Our shop, 1 Harbour Lane, 20457 Hamburg
Unsubscribe: https://shop.example/u/sample
Choose what you get: https://shop.example/p/sample
Why did I get this?: https://shop.example/w/sample"""
    )


def test_a_text_part_of_the_writers_own_is_kept_and_gets_the_foot() -> None:
    text = written(text="Dear {{ first_name }},\n\n  A < B & C")["text"]
    assert text.startswith("Dear Ana,\n\n  A < B & C\n\n-- \n")
    assert "https://shop.example/u/sample" in text


def test_styles_stand_on_the_tags_and_nothing_is_loaded() -> None:
    tree = lxml.html.document_fromstring(written()["html"])
    assert "background-color: #8a2846" in tree.xpath("//a[@class='button']/@style")[0]
    assert "color: #ffffff" in tree.xpath("//a[@class='button']/@style")[0]
    assert not tree.xpath("//link | //script")
    # But for the picture that tells that the letter was opened.
    assert all(src.endswith(".gif") for src in tree.xpath("//img/@src"))
    assert tree.xpath("//img/@width") == ["1"]
    assert "@import" not in written()["html"]


def test_the_rows_of_a_loop_stay_rows_of_their_table() -> None:
    tree = lxml.html.document_fromstring(written()["html"])
    assert [row.text_content() for row in tree.xpath("//table//table//table//tr")] == [
        "1Night Ferry", "2Slow Weather", "3The Glass Orchard",
    ]  # fmt: skip


@pytest.mark.parametrize("locale", sorted(WORDINGS))
def test_marketing_carries_the_ways_out_and_the_postal_address_in_its_language(locale: str) -> None:
    letter = written(locale=locale)
    tree = lxml.html.document_fromstring(letter["html"])
    foot = tree.xpath("//div[@class='foot']")[0]
    assert tree.get("lang") == locale
    assert foot.xpath(".//a/@href") == [f"https://shop.example/{page}/sample" for page in "upw"]
    assert foot.xpath(".//a")[0].text == WORDINGS[locale].unsubscribe
    for part in (foot.text_content(), letter["text"]):
        assert "1 Harbour Lane" in part
        assert WORDINGS[locale].unsubscribe in part


def test_a_writers_own_way_out_is_not_doubled() -> None:
    letter = written('<p>a</p><p><a href="{{ links.unsubscribe }}">No more of this</a></p>')
    assert letter["html"].count("/u/sample") == 1


@pytest.mark.parametrize("purpose", ["service", "transactional"])
def test_what_is_no_marketing_has_nothing_to_unsubscribe_from(purpose: Purpose) -> None:
    letter = written(purpose=purpose)
    assert "/u/" not in letter["html"] + letter["text"]
    assert "1 Harbour Lane" in letter["text"]


def test_a_language_from_right_to_left_is_set_so() -> None:
    assert lxml.html.document_fromstring(written(locale="ar")["html"]).get("dir") == "rtl"


def test_the_preheader_stands_first_and_is_escaped() -> None:
    tree = lxml.html.document_fromstring(
        written(preheader="{{ first_name }} & <co>, {% if voucher %}look{% endif %}")["html"]
    )
    assert tree.xpath("//body/*")[0].get("class") == "preheader"
    assert tree.xpath("//body/*")[0].text_content().startswith("Ana & <co>, look")


def test_a_logo_takes_the_place_of_the_name_and_says_it() -> None:
    compiled = compile_template({"subject": "Hello", "html": "<p>a</p>"}, "email", "en")
    values = sample("en")
    values["brand"] = {**values["brand"], "logo_url": "https://shop.example/logo.png"}
    tree = lxml.html.document_fromstring(compiled.render(values)["html"])
    assert tree.xpath("//img[not(@width='1')]/@alt") == ["Our shop"]


@pytest.mark.parametrize(("colour", "ink"), [("#ffffff", "#000000"), ("#ffe000", "#000000"), ("#8a2846", "#ffffff")])
def test_the_button_can_be_read_on_any_brand_colour(colour: str, ink: str) -> None:
    compiled = compile_template({"subject": "Hello", "html": '<a class="button" href="https://a">a</a>'}, "email", "en")
    values = sample("en")
    values["brand"] = {**values["brand"], "colour": colour}
    tree = lxml.html.document_fromstring(compiled.render(values)["html"])
    assert f"color: {ink}" in tree.xpath("//a[@class='button']/@style")[0].split("background-color")[0] + tree.xpath(
        "//a[@class='button']/@style"
    )[0].replace(f"background-color: {colour}", "")


def test_links_are_wrapped_unescaped_and_those_left_alone_stay() -> None:
    seen: list[str] = []

    def wrap(address: str) -> str:
        seen.append(address)
        return address if "/u/" in address else "https://t.example/c/1?to=2&x=3"

    html = rewrite(written()["html"], wrap)
    tree = lxml.html.document_fromstring(html)
    assert "https://shop.example/a?b=1&c=2" in seen
    assert tree.xpath("//td[@class='words']//a/@href") == ["https://t.example/c/1?to=2&x=3"] * 2
    assert "https://shop.example/u/sample" in tree.xpath("//a/@href")


def test_a_link_that_is_no_web_address_is_never_wrapped() -> None:
    html = written('<p><a href="mailto:hello@shop.example">mail</a> <a href="tel:+4930123">call</a></p>')["html"]
    wrapped = rewrite(html, lambda address: f"https://t.example/{address[-3:]}")
    assert 'href="mailto:hello@shop.example"' in wrapped
    assert 'href="tel:+4930123"' in wrapped


def test_every_form_has_its_parts() -> None:
    assert (FORMS["email"].required, FORMS["email"].either) == ({"subject"}, {"html", "mjml"})
    assert FORMS["sms"].required == {"text"}
