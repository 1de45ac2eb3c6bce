"""What the domain checks, as a check of a field."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from marshmallow import ValidationError, fields, validate, validates

from api.schemas.base import Instant, MoneySchema
from common.errors import Invalid
from common.money import known_currencies
from customers.addresses import CHANNELS

MAX_SHORT = 200
URL_PATTERN = r"^https?://[^\s]+$"
CURRENCY_PATTERN = "^[A-Z]{3}$"


class Checked(fields.String):
    """A text that the domain brings into its form, or refuses with Invalid; "" is left as it is."""

    def __init__(self, form: Callable[[str], str], least: int = 0, longest: int = MAX_SHORT, **settings: Any) -> None:
        super().__init__(validate=validate.Length(least, longest), **settings)
        self._form, self._longest = form, longest

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **kwargs)
        if len(text) > self._longest:
            raise ValidationError(f"Longer than {self._longest} characters.")
        return brought(self._form, text) if text else text


def brought(form: Callable[[str], str], text: str) -> str:
    """The text in the domain's form; what the domain refuses, the field refuses."""
    try:
        return form(text)
    except Invalid as error:
        raise ValidationError([message for messages in error.fields.values() for message in messages]) from None


class KnownMoneySchema(MoneySchema):
    """An amount in minor units of a currency that there is."""

    @validates("currency")
    def _known(self, currency: str, **_: Any) -> None:
        if currency not in known_currencies():
            raise ValidationError(f"There is no currency {currency!r}.")


def a_channel(*, or_none: bool = False) -> validate.OneOf:
    """A check that there is such a channel."""
    choices = ["", *CHANNELS] if or_none else list(CHANNELS)
    return validate.OneOf(choices, error=f"There is no such channel; there are {', '.join(CHANNELS)}.")


def short(**settings: Any) -> fields.String:
    """A text of up to 200 characters."""
    return fields.String(validate=validate.Length(max=MAX_SHORT), **settings)


def whole(least: int, most: int, **settings: Any) -> fields.Integer:
    """A whole number within bounds."""
    return fields.Integer(strict=True, validate=validate.Range(least, most), **settings)


def url(**settings: Any) -> fields.String:
    """A web address; "" for none."""
    checks = [validate.Length(max=2_000), validate.Regexp(r"(https?://[^\s]+)?\Z", error="Not a web address.")]
    return fields.String(validate=checks, **settings)


def dated(**settings: Any) -> Instant:
    """An instant of the years that shops live in; 0001 and 9999 are what other systems say for "never"."""
    return Instant(validate=_in_our_time, **settings)


def _in_our_time(at: datetime | None) -> None:
    if at is not None and not 1970 <= at.year < 2100:
        raise ValidationError("Must be between 1970 and 2099.")
