"""What a template needs of a campaign: words about an offer want an offer."""

from content.errors import MissingValue, Unwritable
from content.templates import Template, compile_template
from content.vocabulary import sample
from customers.consent import Purpose

# What a campaign must name, by the group of variables that come from it.
GIVERS = {
    "offer": "offer",
    "voucher": "offer",
    "referral": "referral_programme",
    "opt_in": "opt_in",
    "incident": "incident",
    "survey": "survey",
    "order": "trigger",
    "wanted": "trigger",
    "cart": "trigger",
}


def unmet(template: Template, purpose: Purpose, named: set[str]) -> dict[str, list[str]]:
    """The fields a campaign must fill so that these words can be written, with the reason; `named` are those it has.

    Found by writing every language on trial for an invented person: a variable that the words can do without,
    by a default or an `if`, is not missed.
    """
    wrong: dict[str, list[str]] = {}
    for channel, locales in template.content.items():
        for locale, parts in locales.items():
            missed = _missed(parts, channel, locale, purpose, named)
            field = GIVERS.get(missed.partition(".")[0])
            if field and field not in named:
                text = f"The {channel} content in {locale} says {{{{ {missed} }}}}: name what it comes from."
                wrong.setdefault(field, []).append(text)
    return wrong


def _missed(parts: dict[str, str], channel: str, locale: str, purpose: Purpose, named: set[str]) -> str:
    """The first variable that cannot be written for want of what it comes from, or ""."""
    values = {name: value for name, value in sample(locale).items() if GIVERS.get(name, "") in {"", *named}}
    try:
        compile_template(parts, channel, locale, purpose).render(values)
    except MissingValue as error:
        return error.name
    except Unwritable:
        return ""
    return ""
