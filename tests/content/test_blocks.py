"""Each branch of an `if` and each turn of a `for` is whole: it closes the tags it opens, and no others."""

import pytest

from common.errors import Invalid
from content.templates import check_content

MJML = "<mjml><mj-body><mj-section><mj-column>\n{}\n</mj-column></mj-section></mj-body></mjml>"
HALF = {
    "<p>a</p>\n{% if first_name %}<b>{% endif %}x</b>": ("html", 2, "<b> is not closed within {% if first_name %}"),
    "<b>x\n{% if first_name %}\n</b>{% endif %}": ("html", 3, "</b> closes, within {% if first_name %}"),
    "<b>{% if first_name %}</b><b>{% endif %}x</b>": ("html", 1, "</b> closes, within {% if first_name %}"),
    "{% if first_name %}<b>a</b>{% else %}<i>{% endif %}x</i>": ("html", 1, "<i> is not closed within {% else %}"),
    "{% if first_name %}<p>{% endif %}x</p>{% if last_name %}</p>{% endif %}": ("html", 1, "</p> closes"),
    "{% for one in recommendations %}<div>{{ one.name }}{% endfor %}</div>": ("html", 1, "<div> is not closed within"),
    "<div>{% for one in recommendations %}{% if one.link %}</div><div>{% endif %}{% endfor %}</div>": (
        "html", 1, "</div> closes, within {% if one.link %}",
    ),
    "{% for p in recommendations %}</mj-column></mj-section>\n<mj-section><mj-column>{% endfor %}": (
        "mjml", 2, "</mj-column> closes, within {% for p in recommendations %}",
    ),
    "{% if first_name %}<mj-text>A{% endif %}</mj-text>": ("mjml", 2, "<mj-text> is not closed within"),
    "<mj-text>a {% if first_name %}<b>{% endif %}x</b></mj-text>": ("mjml", 2, "<b> is not closed within"),
}  # fmt: skip
WHOLE = {
    "<ul>{% for one in recommendations %}<li>{{ one.name }}{% endfor %}</ul>": "html",
    "<table>{% for one in recommendations %}<tr><td>{{ one.name }}</td></tr>{% endfor %}</table>": "html",
    "{% if first_name %}<p>a<br></p>{% elif last_name %}<img src='https://a.example/b.png'>{% else %}b{% endif %}":
        "html",
    "<p>{% if first_name %}<b>{{ first_name }}</b>{% endif %}": "html",
    '<p class="{{ first_name if first_name else last_name }}">a</p>': "html",
    "{% for one in recommendations %}<mj-text>{{ one.name }}</mj-text><mj-divider />{% endfor %}": "mjml",
    '{% if brand.logo_url %}<mj-image src="{{ brand.logo_url }}" alt="a" />{% else %}<mj-text>b</mj-text>{% endif %}':
        "mjml",
}  # fmt: skip


def _save(source: str, part: str) -> None:
    html = MJML.format(source) if part == "mjml" else source
    check_content({"email": {"en": {"subject": "a", part: html}}})


@pytest.mark.parametrize("source", HALF)
def test_half_a_pair_of_tags_in_a_block_is_refused_with_its_line_and_tag(source: str) -> None:
    part, line, why = HALF[source]
    with pytest.raises(Invalid) as refused:
        _save(source, part)
    [message] = refused.value.fields[f"content.email.en.{part}"]
    assert message.startswith(f"Line {line}: {why}")


@pytest.mark.parametrize("source", WHOLE)
def test_whole_blocks_and_tags_that_end_by_themselves_may_stand(source: str) -> None:
    _save(source, WHOLE[source])
