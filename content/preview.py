"""What Ana would see: one channel's content in one language, rendered for one person, with what is unwise about it."""

from collections.abc import Callable, Mapping

import msgspec

from content.form import Parts
from content.invented import render_invented
from content.lint import Warn, lint
from content.sms import SmsCount, segments
from content.templates import compile_template
from content.vocabulary import sample
from customers.consent import Purpose


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """The rendered parts, warnings about them, and for a text message what it costs.

    `invented` are the names among the words that the person they were rendered for has no value for yet.
    """

    channel: str
    locale: str
    parts: dict[str, str]
    warnings: list[Warn]
    sms: SmsCount | None = None
    invented: list[str] = []


def preview(
    written: Parts,
    channel: str,
    locale: str,
    values: Mapping[str, object] | None = None,
    purpose: Purpose = "marketing",
    short: Callable[[str], str] = str,
) -> Preview:
    """Render for a person's values, or for an invented person where none are given; `short` puts the links of a text
    message as they will be, so that its segments are counted as they are paid. What a person has only of
    an event is invented.

    Raises Invalid where the parts may not stand, and MissingValue, TooLarge or Empty where they do not make a
    message for these values.
    """
    compiled = compile_template(written, channel, locale, purpose)
    parts, invented = (compiled.render(sample(locale)), []) if values is None else render_invented(compiled, values)
    if channel == "sms":
        parts["text"] = short(parts["text"])
    return Preview(
        channel=channel,
        locale=locale,
        parts=parts,
        warnings=lint(channel, locale, written, parts, purpose=purpose),
        sms=segments(parts["text"]) if channel == "sms" else None,
        invented=invented,
    )
