"""What is said of a wrong field: a sentence for people, and with it a stable word for programs."""

from collections.abc import Sequence, Sized
from typing import Any

from marshmallow import fields, validate

# What marshmallow calls its complaints, and what we do.
_WORDS = {"required": "missing", "null": "null", "unknown": "unknown_field"}
_OF_NUMBERS = {"invalid": "not_whole", "too_large": "too_large"}
OTHER = "invalid"


class Said(str):
    """A sentence with its word (`reason`); it stays so when values are put into it."""

    __slots__ = ("reason",)
    reason: str

    def __new__(cls, text: str, reason: str) -> "Said":
        """The sentence, which may have places for values."""
        said = super().__new__(cls, text)
        said.reason = reason
        return said

    def __getnewargs__(self) -> tuple[str, str]:  # type: ignore[override]  # a text's own has no word
        """What a copy is made of; the schemas are copied."""
        return str(self), self.reason

    def format(self, *values: Any, **named: Any) -> "Said":
        """With values in their places."""
        return Said(str.format(self, *values, **named), self.reason)


class OfRange(Said):
    """What is said of a number out of bounds: the word depends on the number."""

    def format(self, *values: Any, **named: Any) -> Said:
        """With values in their places; `input` is the number, `min` and `max` are its bounds."""
        given, least = named["input"], named["min"]
        word = "too_large"
        if least is not None and given <= least:
            word = "too_small"
            if isinstance(given, int | float) and given <= 0:
                word = "negative" if given < 0 else "zero"
        return Said(str.format(self, *values, **named), word)


class OfLength(Said):
    """What is said of a text or list of a wrong length: the word depends on it."""

    def format(self, *values: Any, **named: Any) -> Said:
        """With values in their places; `input` is the text or list, `min` is its least length."""
        given: Sized = named["input"]
        short = named["min"] is not None and len(given) < named["min"]
        return Said(str.format(self, *values, **named), "too_short" if short else "too_long")


def reason_of(messages: Sequence[str]) -> str:
    """The word of the first message that has one."""
    return next((message.reason for message in messages if isinstance(message, Said)), OTHER)


def give_words(field: fields.Field[Any]) -> None:
    """Have a field, and what it is a list of, say its complaints with their words."""
    words = _WORDS | (_OF_NUMBERS if isinstance(field, fields.Integer) else {})
    field.error_messages = {key: _said(text, words.get(key, OTHER)) for key, text in field.error_messages.items()}
    for check in field.validators:
        _of_check(check)
    inner = getattr(field, "inner", None)
    if isinstance(inner, fields.Field):
        give_words(inner)


def _of_check(check: Any) -> None:
    if isinstance(check, validate.Range | validate.Length):
        kind = OfRange if isinstance(check, validate.Range) else OfLength
        for name in ("message_min", "message_max", "message_all", "error"):
            text = getattr(check, name)
            if text is not None and not isinstance(text, Said):
                setattr(check, name, kind(text, OTHER))
    elif isinstance(check, validate.OneOf):
        check.error = _said(check.error, "not_one_of")
    elif isinstance(check, validate.Regexp):
        check.error = _said(check.error, "pattern")


def _said(text: Any, word: str) -> Any:
    return Said(text, word) if isinstance(text, str) and not isinstance(text, Said) else text
