"""What Ana would see: one channel's content in one language, rendered for one person, with what is unwise about it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from common.money import Money
from content.form import Parts
from content.lint import Warn, lint
from content.sms import SmsCount, segments
from content.templates import compile_template
from content.vocabulary import sample
from customers.consent import Purpose
from customers.customer import Customer


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """The rendered parts, warnings about them, and for a text message what it costs."""

    channel: str
    locale: str
    parts: dict[str, str]
    warnings: list[Warn]
    sms: SmsCount | None = None


def preview(
    written: Parts,
    channel: str,
    locale: str,
    values: Mapping[str, object] | None = None,
    purpose: Purpose = "marketing",
) -> Preview:
    """Render for a person's values, or for an invented person where none are given.

    Raises Invalid where the parts may not stand, and MissingValue, TooLarge or Empty where they do not make a
    message for these values.
    """
    compiled = compile_template(written, channel, locale, purpose)
    parts = compiled.render(sample(locale) if values is None else values)
    return Preview(
        channel=channel,
        locale=locale,
        parts=parts,
        warnings=lint(channel, locale, written, parts, purpose=purpose),
        sms=segments(parts["text"]) if channel == "sms" else None,
    )


def sample_for(customer: Customer, locale: str, now: datetime) -> dict[str, Any]:
    """The sample with all that is known of this customer in its place; what they lack is missing, as it would be."""
    profile = customer.profile
    currency, amount = max(profile.spend.items(), key=lambda item: item[1], default=("", 0))
    known = {
        "first_name": customer.first_name,
        "last_name": customer.last_name,
        "locale": customer.locale or locale,
        "time_zone": customer.time_zone,
        "profile": {
            "orders": profile.orders,
            "days_since": (now - profile.last_at).days if profile.last_at else None,
            "spend": Money(amount, currency) if currency else None,
        },
    }
    return {**sample(locale), **known}
