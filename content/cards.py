"""Words for chats, devices and pages: a text, or a title and a body, with a picture and buttons where they have them.

Buttons are written one a line, `Label | https://…`; a line without an address is an answer to tap. Each becomes parts
of its own (`button_1`, `button_1_url`), so that no value that is filled in can make up another button.
"""

import re
from collections.abc import Mapping

import msgspec

from content.allowlist import check, kind_of_output
from content.form import Form
from content.render import Piece, compiled
from content.syntax import NotAllowed
from content.vocabulary import Kind
from content.wording import wording
from customers.consent import Purpose

MOST_BUTTONS = 10
LABEL_LIMIT = 80
ADDRESS_LIMIT = 2_000
# Parts that are one web address each.
ADDRESSES = ("link", "media")
_WHY = "links.why"
_ALONE = re.compile(r"\s*(\{\{.*?\}\})")
_JINJA = re.compile(r"\{\{.*?\}\}|\{%.*?%\}")
# The host must stand in the template: were it filled in, a value could lead anywhere.
_FIXED = re.compile(r"\s*https://[A-Za-z0-9.-]+(?::[0-9]+)?(?:[/?#]|\s*\Z)")


class Button(msgspec.Struct, frozen=True, kw_only=True):
    """A button of a rendered message: what it says, and where it leads; one without `url` is an answer to tap."""

    label: str
    url: str = ""


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """What a channel's content has beside its words: so many buttons, answers to tap among them or not.

    `answered` says that people can write back, so that a STOP is their way out; else a link to the preferences is.
    Where pictures go out as `cards`, of a line or two, the link to the page that says why is parts of its own, `why`
    and `why_label`: a button of the card.
    """

    buttons: int = 0
    answers: bool = False
    answered: bool = False
    cards: bool = False


def buttons_of(parts: Mapping[str, str]) -> list[Button]:
    """The buttons of a rendered message, in their order; one that came out without words is none."""
    numbers = range(1, MOST_BUTTONS + 1)
    return [
        Button(label=parts[f"button_{number}"], url=parts.get(f"button_{number}_url", ""))
        for number in numbers
        if parts.get(f"button_{number}")
    ]


def addresses_of(parts: Mapping[str, str]) -> list[str]:
    """The parts of a rendered message that lead somewhere when they are tapped."""
    return [name for name in parts if name == "link" or (name.startswith("button_") and name.endswith("_url"))]


def form(
    channel: str,
    shape: Shape,
    *,
    words: Mapping[str, int],
    optional: Mapping[str, int] | None = None,
    link: bool = False,
    media: bool = True,
) -> Form:
    """A channel's form: `words` must be written, `optional` may be; of each part the most characters it comes out with.

    With `media` it may have a picture's address (and `media_alt`, what it shows), with `link` an address of its own.
    """
    more = {"media": ADDRESS_LIMIT, "media_alt": 1_000} if media else {}
    more |= {"link": ADDRESS_LIMIT} if link else {}
    numbers = range(1, shape.buttons + 1)
    labels = {f"button_{number}": LABEL_LIMIT for number in numbers}
    urls = {f"button_{number}_url": ADDRESS_LIMIT for number in numbers}
    may = {**(optional or {}), **more}
    return Form(
        channel=channel,
        required=frozenset(words),
        optional=frozenset({*may, "buttons"} if shape.buttons else may),
        check=lambda part, source: _check(part, source, shape),
        compile=lambda parts, locale, purpose: _compile(parts, locale, purpose, shape),
        lines=frozenset({*labels, "title", "media_alt", "why_label"}),
        limits={**words, **may, **labels, **urls, "preferences": ADDRESS_LIMIT, "why": ADDRESS_LIMIT},
        droppable=frozenset({*may, *labels}),
        addresses=frozenset({*ADDRESSES, *urls}),
    )


def _check(part: str, source: str, shape: Shape) -> None:
    """Raises NotAllowed where a part holds what it must not."""
    if part == "buttons":
        _buttons(source, shape)
        return
    check(source)
    if part in ADDRESSES and source.strip():
        _check_address(source, 1)


def _check_address(source: str, line: int) -> None:
    alone = _ALONE.match(source)
    if alone and kind_of_output(alone[1]) == Kind.URL:
        return
    if not _FIXED.match(source):
        raise NotAllowed(line, "An address starts with https:// and its host, or with a variable that is a url.")


def _buttons(source: str, shape: Shape) -> dict[str, str]:
    """The sources of the parts that buttons are made of; raises NotAllowed."""
    made: dict[str, str] = {}
    lines = [(number, line.strip()) for number, line in enumerate(source.splitlines(), 1) if line.strip()]
    if len(lines) > shape.buttons:
        raise NotAllowed(lines[shape.buttons][0], f"There is room for {shape.buttons} buttons.")
    for place, (number, line) in enumerate(lines, 1):
        label, bar, address = _halves(line)
        if not bar and (not shape.answers or "://" in line):
            raise NotAllowed(number, "A button leads somewhere: write Label | https://…")
        if not label.strip():
            raise NotAllowed(number, "A button needs words: write Label | https://…")
        made[f"button_{place}"] = _checked(label.strip(), number)
        if bar:
            _check_address(address, number)
            made[f"button_{place}_url"] = _checked(address.strip(), number)
    return made


def _halves(line: str) -> tuple[str, str, str]:
    """A line's label, the bar, and its address; the bars of Jinja2's filters part nothing."""
    at = _JINJA.sub(lambda piece: "_" * len(piece[0]), line).rfind(" | ")
    return (line[:at], " | ", line[at + 3 :]) if at >= 0 else (line, "", "")


def _checked(source: str, line: int) -> str:
    """A piece of a line; its faults are told by the line it stands in."""
    try:
        check(source)
    except NotAllowed as error:
        raise NotAllowed(line, error.why) from None
    return source


def _foot(text: str, locale: str, *, why: bool) -> str:
    words = wording(locale)
    stop = "" if "STOP" in text else words.stop
    link = f"{words.why} {{{{ {_WHY} }}}}" if why else ""
    lines = [line for line in (stop, link) if line]
    return "\n".join(["\n", *lines]) if lines else ""


def _compile(parts: Mapping[str, str], locale: str, purpose: Purpose, shape: Shape) -> dict[str, Piece]:
    """The parts, ready to be rendered; marketing names the way out, and the page that says why it came."""
    sources = {name: source.strip() for name, source in parts.items() if name != "buttons" and source.strip()}
    sources |= _buttons(parts.get("buttons", ""), shape)
    if purpose == "marketing":
        if shape.answered:
            written = _WHY in "".join(sources.values())
            card = shape.cards and "media" in sources and not written
            sources["text"] += _foot(sources["text"], locale, why=not written and not card)
            if card:
                sources |= {"why": f"{{{{ {_WHY} }}}}", "why_label": wording(locale).why_short}
        else:
            sources |= {"preferences": "{{ links.preferences }}", "why": f"{{{{ {_WHY} }}}}"}
    return {name: compiled(check(source), html=False) for name, source in sources.items()}
