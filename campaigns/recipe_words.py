"""How recipes put their words: letters of a few paragraphs and a button, made into the parts of an e-mail."""

from collections.abc import Mapping

import msgspec

from content.templates import Content

# After a salutation, where the name is known: "Thank you, Ana".
NAME = "{% if first_name %}, {{ first_name }}{% endif %}"
CODE = '<p class="code">{{ voucher.code }}</p>'
_SHOWN = "<ul>{% for one in recommendations %}<li>{{ one.name }}, {{ one.price | money }}</li>{% endfor %}</ul>"


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A letter: `body` is its paragraphs, those that begin with "<" or "{%" as they are; `button` leads to the shop,
    or to `link`.
    """

    subject: str
    preheader: str
    title: str = ""
    body: list[str]
    button: str = ""
    link: str = "{{ shop.url }}"
    signature: str = "{{ brand.name }}"

    @property
    def parts(self) -> dict[str, str]:
        """What the channel e-mail takes."""
        html = [f"<h1>{self.title or self.subject}</h1>", *map(_paragraph, self.body)]
        if self.button:
            button = f'<p><a class="button" href="{self.link}">{self.button}</a></p>'
            html.append("{% if shop.url %}" + button + "{% endif %}" if "shop.url" in self.link else button)
        html.append(f'<p class="signature">{self.signature}</p>')
        return {"subject": self.subject, "preheader": self.preheader, "html": "\n".join(html)}


def by_email(letters: Mapping[str, Letter]) -> Content:
    """The content of a template with these letters, by language."""
    return {"email": {language: letter.parts for language, letter in letters.items()}}


def shown(intro: str) -> str:
    """A list of products worth showing, where there are any, after a sentence."""
    return "{% if recommendations %}<p>" + intro + "</p>" + _SHOWN + "{% endif %}"


def until(before: str, after: str = ".") -> str:
    """Until when a code can be used, where it ends."""
    end = '{{ voucher.valid_until | date("day") }}'
    return '{% if voucher.valid_until %}<p class="small">' + before + " " + end + after + "</p>{% endif %}"


def _paragraph(text: str) -> str:
    return text if text.startswith(("<", "{%")) else f"<p>{text}</p>"
