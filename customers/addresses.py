"""Addresses as they are kept: checked, and in one form, so that the same address is always the same text."""

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from common.errors import Invalid

EMAIL = "email"
SMS = "sms"
# The channels a customer has addresses on; a new one adds its name here and its form to `normalise`.
CHANNELS = (EMAIL, SMS)


def normalise(channel: str, raw: str, country: str = "") -> str:
    """An e-mail address in lower case, or a phone number in E.164 (+351912345678).

    `country` (ISO 3166, two letters) is where a phone number without +… belongs. Raises Invalid naming
    the channel; the reason never repeats the address, since it ends up in logs and reports.
    """
    if channel == EMAIL:
        return _email(raw)
    if channel == SMS:
        return _phone(raw, country)
    raise Invalid.field(channel, f"There is no such channel; there are {' and '.join(CHANNELS)}.")


def channel_of(address: str) -> str:
    """The channel that an address in its kept form belongs to."""
    return EMAIL if "@" in address else SMS


def _email(raw: str) -> str:
    try:
        return validate_email(raw.strip(), check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        raise Invalid.field(EMAIL, "Not an e-mail address.") from None


def _phone(raw: str, country: str) -> str:
    try:
        number = phonenumbers.parse(raw, country.upper() or None)
    except phonenumbers.NumberParseException:
        hint = "" if country else " Write it with its country code (+351…), or give the customer's country."
        raise Invalid.field(SMS, "Not a phone number." + hint) from None
    if number.extension:
        raise Invalid.field(SMS, "A number with an extension takes no text messages.")
    # Possible, not valid: the tables of assigned numbers age, and a carrier's new range must not be refused. But a
    # number that works only within a town, or a short code, is not possible: nobody could write to it from here.
    if phonenumbers.is_possible_number_with_reason(number) != phonenumbers.ValidationResult.IS_POSSIBLE:
        raise Invalid.field(SMS, "Not a phone number: too many or too few digits.")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
