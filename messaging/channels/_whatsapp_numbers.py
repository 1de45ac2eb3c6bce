"""WhatsApp's ids of people, which are phone numbers as WhatsApp once registered them, and not always as people dial."""

import phonenumbers

# In these countries numbers were given a digit, or lost one, and WhatsApp kept the older form of many.
_BRAZIL, _MEXICO, _ARGENTINA = 55, 52, 54
_BRAZIL_OLD, _LONG_NUMBER = 10, 10


def from_wa_id(wa_id: str) -> str:
    """The number in E.164 as it is dialled today; "" where the id is no number."""
    try:
        number = phonenumbers.parse(f"+{wa_id.removeprefix('+')}")
    except phonenumbers.NumberParseException:
        return ""
    national = str(number.national_number)
    if number.country_code == _BRAZIL and len(national) == _BRAZIL_OLD and national[2] in "6789":
        national = f"{national[:2]}9{national[2:]}"  # mobile numbers have a nine in front since 2016
    elif number.country_code == _MEXICO and len(national) > _LONG_NUMBER and national.startswith("1"):
        national = national[1:]  # the one for mobile numbers went in 2019
    elif number.country_code == _ARGENTINA and len(national) == _LONG_NUMBER:
        national = f"9{national}"  # from abroad, a mobile number has a nine
    return f"+{number.country_code}{national}"
