"""What a template needs of a campaign: words about an offer want an offer."""

from collections.abc import Callable, Collection

from campaigns.campaign import Campaign
from campaigns.experiments.variants import Variant
from campaigns.steps import JourneyStep
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
    "due": "trigger",
    "unused": "trigger",
    "cart": "trigger",
}


def unmet(template: Template, purpose: Purpose, named: set[str], told: Collection[str] = ()) -> dict[str, list[str]]:
    """The fields a campaign must fill so that these words can be written, with the reason; `named` are those it has,
    `told` the groups that its trigger speaks of.

    Found by writing every language on trial for an invented person: a variable that the words can do without,
    by a default or an `if`, is not missed.
    """
    given = {*named, *told}
    wrong: dict[str, list[str]] = {}
    for channel, locales in template.content.items():
        for locale, parts in locales.items():
            missed = _missed(parts, channel, locale, purpose, given)
            field = GIVERS.get(missed.partition(".")[0])
            if field and field not in named:
                text = f"The {channel} content in {locale} says {{{{ {missed} }}}}: name what it comes from."
                wrong.setdefault(field, []).append(text)
    return wrong


def _missed(parts: dict[str, str], channel: str, locale: str, purpose: Purpose, given: set[str]) -> str:
    """The first variable that cannot be written for want of what it comes from, or ""."""
    values = {
        name: value for name, value in sample(locale).items() if name in given or GIVERS.get(name, "") in {"", *given}
    }
    try:
        compile_template(parts, channel, locale, purpose).render(values)
    except MissingValue as error:
        return error.name
    except Unwritable:
        return ""
    return ""


def wordless(campaign: Campaign, templates: Callable[[str], Template]) -> dict[str, list[str]]:
    """The variants and steps that go by none of the channels that their words are written for, by field."""
    wrong: dict[str, list[str]] = {}
    ways: list[tuple[str, Variant | JourneyStep]] = []
    ways += [(f"variants.{place}", one) for place, one in enumerate(campaign.variants)]
    ways += [(f"steps.{place}", one) for place, one in enumerate(campaign.steps)]
    for place, way in ways:
        template = templates(way.template or campaign.template)
        if way.channels and not set(way.channels) & set(template.content):
            written = ", ".join(sorted(template.content))
            wrong[f"{place}.channels"] = [f"{template.id} has words for none of them; it has them for {written}."]
    return wrong
