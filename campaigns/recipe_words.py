"""How recipes put their words: letters of a few paragraphs and a button, made into the parts of an e-mail, and the few
words of each for text messages, chats, devices and the inbox.
"""

from collections.abc import Mapping

import msgspec

from content.forms import FORMS
from content.sms import cheap
from content.templates import Content

# After a salutation, where the name is known: "Thank you, Ana".
NAME = "{% if first_name %}, {{ first_name }}{% endif %}"
CODE = '<p class="code">{{ voucher.code }}</p>'
# WhatsApp takes approved templates alone, which nobody has before they are approved.
UNWRITTEN = frozenset({"whatsapp"})
SHOP = "{{ shop.url }}"
_SHOWN = "<ul>{% for one in recommendations %}<li>{{ one.name }}, {{ one.price | money }}</li>{% endfor %}</ul>"


# What is given, its code and its end, in a few words.
_GIVEN = {
    "en": ("{{ offer.summary }} for you, with your code {{ voucher.code }}.", "Until"),
    "de": ("{{ offer.summary }} für dich, mit deinem Code {{ voucher.code }}.", "Bis zum"),
    "fr": ("{{ offer.summary }} pour vous, avec votre code {{ voucher.code }}.", "Jusqu'au"),
    "es": ("{{ offer.summary }} para usted, con su código {{ voucher.code }}.", "Hasta el"),
    "pt": ("{{ offer.summary }} para si, com o seu código {{ voucher.code }}.", "Até"),
}


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A letter: `body` is its paragraphs, those that begin with "<" or "{%" as they are; `button` leads to the shop,
    or to `link`. `short` says it in a sentence or two, for where there is room for no more, below the `headline`, or
    the subject; a letter without it is a letter alone.
    """

    subject: str
    preheader: str
    title: str = ""
    body: list[str]
    button: str = ""
    link: str = SHOP
    signature: str = "{{ brand.name }}"
    headline: str = ""
    short: str = ""

    @property
    def parts(self) -> dict[str, str]:
        """What the channel e-mail takes."""
        html = [f"<h1>{self.title or self.subject}</h1>", *map(_paragraph, self.body)]
        if self.button:
            button = f'<p><a class="button" href="{self.link}">{self.button}</a></p>'
            html.append("{% if shop.url %}" + button + "{% endif %}" if "shop.url" in self.link else button)
        html.append(f'<p class="signature">{self.signature}</p>')
        return {"subject": self.subject, "preheader": self.preheader, "html": "\n".join(html)}

    def brief(self, channel: str, *, shop: bool) -> dict[str, str]:
        """What any other channel takes; `shop` says whether the shop has an address to lead to."""
        headline = self.headline or self.subject
        link = self.link if shop or self.link != SHOP else ""
        if "text" not in FORMS[channel].required:
            return {"title": headline, "body": self.short} | ({"link": link} if link else {})
        led = "{% if shop.url %}" + f" {link}" + "{% endif %}" if link == SHOP else f" {link}"
        if channel == "sms":
            return {"text": cheap(f"{{{{ brand.name }}}}: {headline}\n{self.short}{led if self.button else ''}")}
        button = f"\n{self.button}:{led}" if self.button and link else ""
        return {"text": f"{headline}\n{self.short}{button}"}


def everywhere(letters: Mapping[str, Letter], *, shop: bool) -> Content:
    """The content of a template with these letters, by channel and language."""
    made: Content = {"email": {language: letter.parts for language, letter in letters.items()}}
    short = {language: letter for language, letter in letters.items() if letter.short}
    for channel in written_for() if short else ():
        made[channel] = {language: letter.brief(channel, shop=shop) for language, letter in short.items()}
    return made


def written_for() -> list[str]:
    """The channels, beside e-mail, that recipes have words for."""
    return [channel for channel in FORMS if channel != "email" and channel not in UNWRITTEN]


def given(language: str) -> str:
    """What is given, with its code and, where it ends, until when: for a letter's `short`."""
    words, end = _GIVEN[language]
    return words + "{% if voucher.valid_until %} " + end + ' {{ voucher.valid_until | date("day") }}.{% endif %}'


def shown(intro: str) -> str:
    """A list of products worth showing, where there are any, after a sentence."""
    return "{% if recommendations %}<p>" + intro + "</p>" + _SHOWN + "{% endif %}"


def until(before: str, after: str = ".") -> str:
    """Until when a code can be used, where it ends."""
    end = '{{ voucher.valid_until | date("day") }}'
    return '{% if voucher.valid_until %}<p class="small">' + before + " " + end + after + "</p>{% endif %}"


def _paragraph(text: str) -> str:
    return text if text.startswith(("<", "{%")) else f"<p>{text}</p>"
