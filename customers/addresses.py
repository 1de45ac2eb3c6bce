"""Addresses as they are kept: checked, and in one form, so that the same address is always the same text."""

import re
from collections.abc import Callable
from contextlib import suppress

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from common.errors import Invalid
from customers.subscriptions import subscription

EMAIL = "email"
SMS = "sms"
WHATSAPP = "whatsapp"
TELEGRAM = "telegram"
VIBER = "viber"
MESSENGER = "messenger"
INSTAGRAM = "instagram"
LINE = "line"
WEB_PUSH = "web_push"
MOBILE_PUSH = "mobile_push"
INBOX = "inbox"
WEBHOOK = "webhook"
# The channels a customer has addresses on; a new one adds its name here and its form to `_FORMS`.
CHANNELS = (
    EMAIL, SMS, WHATSAPP, TELEGRAM, VIBER, MESSENGER, INSTAGRAM, LINE, WEB_PUSH, MOBILE_PUSH, INBOX, WEBHOOK,
)  # fmt: skip
# An address on one of these says who somebody is, so that two customers who have it may be one person.
TELLING = (EMAIL, SMS)
# On these an address is a device or a browser: it ends when the provider says so, and the next one takes its place.
DEVICES = (WEB_PUSH, MOBILE_PUSH)

_PATTERNS = {
    TELEGRAM: (r"-?[0-9]{1,19}", "Not a chat id of Telegram's, which is a whole number."),
    VIBER: (r"[A-Za-z0-9+/=_-]{8,100}", "Not a user id of Viber's."),
    MESSENGER: (r"[0-9]{5,32}", "Not a page-scoped id of Messenger's, which is all digits."),
    INSTAGRAM: (r"[0-9]{5,32}", "Not an Instagram-scoped id, which is all digits."),
    LINE: (r"U[0-9a-f]{32}", "Not a user id of LINE's: U and 32 hexadecimal digits."),
    MOBILE_PUSH: (r"[A-Za-z0-9_:.%-]{20,4096}", "Not a registration token of Firebase's."),
    INBOX: (r"[A-Za-z0-9_-]{16,64}", "Not the id of an inbox; POST /v1/customers/{id}/inbox makes one."),
    WEBHOOK: (r"[!-~](?:[ -~]{0,198}[!-~])?", "Not what a webhook can name: at most 200 plain characters."),
}


def normalise(channel: str, raw: str, country: str = "") -> str:
    """An e-mail address in lower case, a phone number in E.164 (+351912345678), a provider's own id, a subscription.

    `country` (ISO 3166, two letters) is where a phone number without +… belongs. Raises Invalid naming
    the channel; the reason never repeats the address, since it ends up in logs and reports.
    """
    if channel == EMAIL:
        return _email(raw)
    if channel in (SMS, WHATSAPP):
        return _phone(channel, raw, country)
    if channel == WEB_PUSH:
        return _refusing(channel, subscription, raw)
    if channel in _PATTERNS:
        return _matching(channel, raw)
    raise Invalid.field(channel, f"There is no such channel; there are {', '.join(CHANNELS)}.")


def kept_form(raw: str) -> str:
    """An address of whichever channel it can be of, in the form it is kept in.

    What has an @ is meant as e-mail and what starts with + as a phone, so that a slip in one is not taken for another
    channel's. Raises Invalid.
    """
    text = raw.strip()
    likely = [EMAIL] if "@" in text else [SMS] if text.startswith("+") else CHANNELS
    for channel in likely:
        with suppress(Invalid):
            return normalise(channel, text)
    raise Invalid.field("address", "Not an address on any channel, as ana@example.com or +351912345678 are.")


def channel_of(address: str) -> str:
    """Whether an address in its kept form is of e-mail or of text messages, the two that can be told apart."""
    return EMAIL if "@" in address else SMS


def _matching(channel: str, raw: str) -> str:
    pattern, why = _PATTERNS[channel]
    text = raw.strip()
    if not re.fullmatch(pattern, text):
        raise Invalid.field(channel, why)
    return text


def _refusing(channel: str, form: Callable[[str], str], raw: str) -> str:
    try:
        return form(raw)
    except ValueError as error:
        raise Invalid.field(channel, str(error)) from None


def _email(raw: str) -> str:
    """In front of the @ plain characters only: hardly a server takes others (RFC 6531), and no provider says so."""
    try:
        return validate_email(
            raw.strip(), check_deliverability=False, allow_smtputf8=False, strict=True
        ).normalized.lower()
    except EmailNotValidError:
        raise Invalid.field(EMAIL, "Not an e-mail address.") from None


def _phone(channel: str, raw: str, country: str) -> str:
    try:
        number = phonenumbers.parse(raw, country.upper() or None)
    except phonenumbers.NumberParseException:
        hint = "" if country else " Write it with its country code (+351…), or give the customer's country."
        raise Invalid.field(channel, "Not a phone number." + hint) from None
    if number.extension:
        raise Invalid.field(channel, "A number with an extension takes no text messages.")
    # Possible, not valid: the tables of assigned numbers age, and a carrier's new range must not be refused. But a
    # number that works only within a town, or a short code, is not possible: nobody could write to it from here.
    if phonenumbers.is_possible_number_with_reason(number) != phonenumbers.ValidationResult.IS_POSSIBLE:
        raise Invalid.field(channel, "Not a phone number: too many or too few digits.")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
