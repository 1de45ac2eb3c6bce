"""What is looked at before a launch, a question each: ok, a warning, or a stop, with the reason in plain words."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec

from campaigns.campaign import Campaign
from campaigns.experiments.intervals import LEAST_FOR_AN_INTERVAL
from common.money import Money
from content.errors import Unwritable
from content.preview import preview
from content.templates import Template
from customers.catalogue import Product
from customers.shop import Brand, Shop
from loyalty.offer import Offer

Verdict = Literal["ok", "warn", "stop"]

# A segment that is so many times as large, or as small, as last time is another one, or somebody's mistake.
GREW_MUCH, GREW_WILDLY = 2.0, 10.0
# From so many people on, nobody held out means that nobody will know what it earned.
WORTH_MEASURING = 1_000
HELD_OUT_MUCH = 30.0
FEW_REACHED = 0.1
# To ask for addresses takes the network's time, and would tell others of a launch; so it is done when somebody asks.
_LINKS = "Dead links and heavy pictures are not looked for here: POST /v1/templates/links."


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One answer. A stop that is `overridable` does not stop who names it at launch."""

    name: str
    verdict: Verdict = "ok"
    reason: str = ""
    overridable: bool = False


def words(templates: Sequence[Template], campaign: Campaign, short: Callable[[str], str]) -> Check:
    """Whether each language can be written for an invented person, and what is unwise about it; `short` puts the links
    of a text message as they will be. Where they lead is another question, and the reason says how to ask it.
    """
    warned: list[str] = []
    leads = _LINKS if any("://" in written for one in templates for written in _written(one)) else ""
    for template in templates:
        for channel, locales in template.content.items():
            for locale, parts in locales.items():
                place = f"{template.id}, {channel}, {locale}"
                try:
                    found = preview(parts, channel, locale, purpose=campaign.purpose, short=short).warnings
                except Unwritable as error:
                    return Check(name="words", verdict="stop", reason=f"{place}: {error}")
                warned += [f"{place}: {one.message}" for one in found]
    if not warned:
        return Check(name="words", reason=leads)
    more = f" And {len(warned) - 3} more: preview it." if len(warned) > 3 else ""
    return Check(name="words", verdict="warn", reason=f"{' '.join(warned[:3])}{more} {leads}".strip())


def _written(template: Template) -> list[str]:
    return [source for locales in template.content.values() for parts in locales.values() for source in parts.values()]


def offers(given: Sequence[Offer], campaign: Campaign, now: datetime) -> Check:
    """Whether what it gives can be used when it arrives, and until it has."""
    last = now + timedelta(hours=campaign.limits.expires_after_hours)
    late: list[str] = []
    for offer in given:
        ends = offer.ends(now)
        if not offer.active:
            return Check(name="offer", verdict="stop", reason=f"{offer.name} is switched off: its codes are refused.")
        if offer.valid_until and offer.valid_until <= now:
            return Check(name="offer", verdict="stop", reason=f"{offer.name} has ended.")
        if ends and ends < last:
            late.append(f"{offer.name} ends at {ends:%Y-%m-%d %H:%M} UTC; the last messages may go out after that.")
    return Check(name="offer", verdict="warn", reason=" ".join(late)) if late else Check(name="offer")


def budget(campaign: Campaign, given: Sequence[Offer], audience: int, spent: tuple[int, int], priced: bool) -> Check:
    """Whether there is room in the campaign's budget, and in its offers', for everybody.

    `spent` are messages, and money in thousandths of a minor unit; `priced` says whether a provider's price is set in
    the budget's currency.
    """
    limit = campaign.limits.budget
    used, money = spent
    if (limit.messages is not None and used >= limit.messages) or (
        limit.money is not None and money >= limit.money.amount * 1_000
    ):
        return Check(name="budget", verdict="stop", reason="The campaign's budget is used up: nobody would get it.")
    short: list[str] = []
    if limit.messages is not None and limit.messages - used < audience:
        short.append(f"The budget has room for {limit.messages - used:,} messages, the segment {audience:,} people.")
    if limit.money is not None and not priced:
        short.append(f"No provider has a price in {limit.money.currency}, so the budget of money never ends.")
    for offer in given:
        if offer.budget.uses is not None and offer.budget.uses - offer.spent.uses < audience:
            left = max(0, offer.budget.uses - offer.spent.uses)
            short.append(f"{offer.name} can be used {left:,} more times, the segment has {audience:,} people.")
    return Check(name="budget", verdict="warn", reason=" ".join(short)) if short else Check(name="budget")


def named_products(offer: Offer) -> list[str]:
    """The products that an offer gives or asks for."""
    settings: Mapping[str, Any] = offer.settings
    own = [settings["product"]] if isinstance(settings.get("product"), str) else []
    listed = settings.get("products", [])
    return list(dict.fromkeys([*own, *(listed if isinstance(listed, list) else []), *offer.conditions.products]))


def stock(given: Sequence[Offer], products: Mapping[str, Product], words: Iterable[tuple[str, str]] = ()) -> Check:
    """Whether the products that the offers name can be sold, and those that words name: each template (or the trigger)
    with a product that is sold out.
    """
    out = [f"{place}: {product}" for place, product in words]
    for offer in given:
        named = named_products(offer)
        gone = [id_ for id_ in named if id_ not in products or not products[id_].in_stock]
        if named and len(gone) == len(named):
            text = f"{offer.name}: {', '.join(gone[:5])} {'is' if len(gone) == 1 else 'are'} sold out or unknown."
            return Check(name="stock", verdict="stop", reason=text, overridable=True)
        out += [f"{offer.name}: {id_}" for id_ in gone]
    if out:
        more = f" and {len(out) - 5} more" if len(out) > 5 else ""
        return Check(name="stock", verdict="warn", reason=f"Sold out or unknown: {', '.join(out[:5])}{more}.")
    return Check(name="stock")


def size(audience: int, last: int | None) -> Check:
    """Whether the segment is about as large as it was last time; `last` is None where there was none."""
    if not audience:
        return Check(name="segment_size", verdict="warn", reason="Nobody is in the segment now.")
    if not last:
        return Check(name="segment_size", reason=f"{audience:,} people; it was never written to before.")
    ratio = max(audience / last, last / audience)
    text = f"{audience:,} people, last time {last:,}."
    if ratio >= GREW_WILDLY:
        return Check(name="segment_size", verdict="stop", reason=text, overridable=True)
    return Check(name="segment_size", verdict="warn" if ratio >= GREW_MUCH else "ok", reason=text)


def sender(
    campaign: Campaign, shop: Shop, channels: Sequence[str], kept: Sequence[str], ailing: Sequence[str]
) -> Check:
    """Whether somebody carries its messages, under the shop's own name.

    `kept` are the channels without credentials, whose messages stay in the outbox; `ailing` those of which every
    provider is left alone now.
    """
    if campaign.brand not in shop.brands:
        return Check(name="sender", verdict="stop", reason=f"The shop has no brand {campaign.brand!r} to send as.")
    brand, fresh = shop.brands[campaign.brand], Brand()
    odd = [f"{channel} has no credentials: its messages stay in the outbox." for channel in kept]
    odd += [f"{channel} is in trouble: its messages wait." for channel in ailing]
    if "email" in channels and brand.email_from == fresh.email_from:
        odd.append(f"E-mail would come from {fresh.email_from}, which is not yours.")
    if "sms" in channels and brand.sms_from == fresh.sms_from:
        odd.append(f"Text messages would come from {fresh.sms_from}, which is not yours.")
    return Check(name="sender", verdict="warn", reason=" ".join(odd)) if odd else Check(name="sender")


def postal_address(campaign: Campaign, shop: Shop, channels: Sequence[str]) -> Check:
    """Whether marketing e-mail says where the shop is, as the law wants in many countries (CAN-SPAM among others)."""
    if campaign.purpose != "marketing" or "email" not in channels or shop.postal_address.strip():
        return Check(name="postal_address")
    text = "Marketing e-mail must say where the shop can be written to: set its postal_address."
    return Check(name="postal_address", verdict="stop", reason=text, overridable=True)


def consent(campaign: Campaign, audience: int, reachable: Mapping[str, int]) -> Check:
    """How many agreed to marketing on the channels it is written for; `reachable` by channel."""
    if campaign.purpose != "marketing":
        return Check(name="consent", reason="Asked for marketing alone.")
    text = ", ".join(f"{channel} reaches {count:,}" for channel, count in reachable.items()) or "No channel."
    text = f"Of {audience:,}: {text}."
    most = max(reachable.values(), default=0)
    return Check(name="consent", verdict="warn" if most < FEW_REACHED * audience or not most else "ok", reason=text)


def holdout(campaign: Campaign, audience: int) -> Check:
    """Whether what it earns will be known, and at what price."""
    held = round(audience * campaign.holdout_percent / 100)
    if not campaign.holdout_percent:
        many = audience >= WORTH_MEASURING and campaign.purpose == "marketing"
        text = "Nobody is held out: what they would have bought anyway will not be known." if many else ""
        return Check(name="holdout", verdict="warn" if many else "ok", reason=text)
    if held < LEAST_FOR_AN_INTERVAL:
        text = f"About {held} people are held out; below {LEAST_FOR_AN_INTERVAL} there is no interval."
        return Check(name="holdout", verdict="warn", reason=text)
    much = campaign.holdout_percent > HELD_OUT_MUCH
    return Check(name="holdout", verdict="warn" if much else "ok", reason=f"About {held:,} people get nothing.")


def switches(campaign: Campaign, shop: Shop) -> Check:
    """Whether the shop's own switches let it out."""
    said = []
    if shop.marketing_stopped and campaign.purpose == "marketing":
        said.append("All marketing is stopped by the shop's switch: everybody would be skipped.")
    if shop.test_mode:
        said.append("The shop is in test mode: only test addresses get anything.")
    return Check(name="switches", verdict="warn", reason=" ".join(said)) if said else Check(name="switches")


def priced_in(money: Money | None, prices: Sequence[Money | None]) -> bool:
    """Whether one of these prices is in the money's currency."""
    return money is not None and any(price is not None and price.currency == money.currency for price in prices)
