"""Before a launch: everything that a careful person would look at, looked at; what says stop holds the launch up."""

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Protocol

import msgspec

from campaigns import checks
from campaigns.approving import Approving
from campaigns.campaign import Campaign
from campaigns.checks import Check, Verdict
from common.clock import Clock
from common.errors import Conflict, Invalid
from content.lint_shop import named_in
from content.templates import Template, Templates
from customers.catalogue import Product
from customers.shop import Shop, Shops
from loyalty.offer import Offer, Offers
from messaging.desk import Book, Carriers
from messaging.life import Breakers
from segments.audience import Audience, Rules
from segments.reach import Reach
from segments.segment import Segments


class Spent(Protocol):
    """What campaigns have used up of their budgets."""

    def so_far(self, campaign: str) -> tuple[int, int]:
        """Messages, and money in thousandths of a minor unit."""
        ...


class Shelf(Protocol):
    """The products, as far as stock is looked at."""

    def get(self, ids: Sequence[str]) -> dict[str, Product]:
        """Those of these products that exist, by id."""
        ...

    def stream(self, after: str, category: str | None = None, in_stock: bool | None = None) -> Iterator[Product]:
        """All products, or those in stock, or those sold out, one by one."""
        ...


class LastTimes(Protocol):
    """What went out before."""

    def last_size(self, segment: str, campaign: str) -> int | None:
        """How many people the latest run over a segment was planned for: the campaign's own, else any other's."""
        ...


class Checklist(msgspec.Struct, frozen=True, kw_only=True):
    """All answers; `verdict` is the worst of them, and `launchable` says whether a launch as it stands goes through."""

    campaign: str
    verdict: Verdict
    launchable: bool
    checks: list[Check]


class Clearing:
    """Asks all questions. A launch asks those that can stop it, a marketer all."""

    def __init__(
        self,
        *,
        shops: Shops,
        templates: Templates,
        offers: Offers,
        products: Shelf,
        segments: Segments,
        audience: Audience,
        reach: Reach,
        last: LastTimes,
        carriers: Carriers,
        book: Book,
        breakers: Breakers,
        spent: Spent,
        approving: Approving,
        short: Callable[[str], str],
        clock: Clock,
    ) -> None:
        self._shops = shops
        self._templates = templates
        self._offers = offers
        self._shelf = products
        self._segments = segments
        self._audience = audience
        self._reach = reach
        self._last = last
        self._carriers = carriers
        self._book = book
        self._breakers = breakers
        self._spent = spent
        self._approving = approving
        self._short = short
        self._clock = clock

    def checklist(self, campaign: Campaign) -> Checklist:
        """Everything that is looked at, with its verdict and reason; a dry read."""
        audience = self._size(campaign)
        found = [*self._stopping(campaign, audience, look=True), *self._warning(campaign, audience)]
        worst: Verdict = "ok"
        for one in found:
            worst = max(worst, one.verdict, key=("ok", "warn", "stop").index)
        return Checklist(campaign=campaign.id, verdict=worst, launchable=worst != "stop", checks=found)

    def clear(self, campaign: Campaign, override: Collection[str]) -> list[str]:
        """Raise Conflict where something says stop that is not overridden; the names of what was passed over.

        The reason is `checklist`, or that of a wanting approval. Raises Invalid for what may not be overridden.
        """
        if refusal := self._approving.refusal(campaign):
            raise refusal
        stops = [one for one in self._stopping(campaign, self._size(campaign)) if one.verdict == "stop"]
        held = [one.name for one in stops if one.name in override and not one.overridable]
        if held:
            raise Invalid.field("override", f"Nobody may override {', '.join(held)}.")
        left = [one for one in stops if one.name not in override]
        if left:
            text = " ".join(f"{one.name}: {one.reason}" for one in left)
            raise Conflict(f"The checklist says stop. {text}", "checklist")
        return [one.name for one in stops]

    def _stopping(self, campaign: Campaign, audience: int, *, look: bool = False) -> list[Check]:
        """What can stop a launch; with `look`, also for what cannot, and takes a walk through all that is sold out."""
        shop, now = self._shops.get(), self._clock.now()
        templates, offers = self._words(campaign), self._given(campaign)
        channels = _channels(campaign, templates)
        named = [product for offer in offers for product in checks.named_products(offer)]
        products = self._shelf.get(list(dict.fromkeys(named))) if named else {}
        last = self._last.last_size(campaign.segment, campaign.id) if campaign.segment else None
        return [
            checks.words(templates, campaign, self._short),
            checks.offers(offers, campaign, now),
            checks.budget(campaign, offers, audience, self._used(campaign), self._priced(campaign, channels)),
            checks.stock(offers, products, self._sold_out(campaign, templates) if look else ()),
            checks.size(audience, last) if campaign.segment else Check(name="segment_size", reason="An event's own."),
            self._sender(campaign, shop, channels),
            checks.postal_address(campaign, shop, channels),
        ]

    def _warning(self, campaign: Campaign, audience: int) -> list[Check]:
        shop = self._shops.get()
        found = [checks.holdout(campaign, audience), checks.switches(campaign, shop)]
        if campaign.segment and campaign.purpose == "marketing":
            channels = _channels(campaign, self._words(campaign))
            cost = self._reach.cost(self._rules(campaign))
            reached = {one.channel: one.reachable for one in cost.channels if one.channel in channels}
            found.append(checks.consent(campaign, cost.audience, reached))
        refusal = self._approving.refusal(campaign)
        approved = f"Approved by {campaign.approval.by}." if campaign.approval.by else "Nobody has to."
        verdict: Verdict = "stop" if refusal else "ok"
        found.append(Check(name="approval", verdict=verdict, reason=str(refusal) if refusal else approved))
        return found

    def _sold_out(self, campaign: Campaign, templates: Sequence[Template]) -> Iterator[tuple[str, str]]:
        """What is sold out of all that words or the trigger name."""
        texts = {
            one.id: "\n".join(
                part for locales in one.content.values() for parts in locales.values() for part in parts.values()
            )
            for one in templates
        }
        chosen = campaign.trigger.get("products")
        listed = frozenset(chosen if isinstance(chosen, list) else ())
        for product in self._shelf.stream("", in_stock=False):
            yield from (
                (id_, product.name or product.id) for id_, text in texts.items() if [*named_in([text], [product])]
            )
            if product.id in listed:
                yield "trigger", product.name or product.id

    def _sender(self, campaign: Campaign, shop: Shop, channels: Sequence[str]) -> Check:
        carriers = {channel: [one.name for one in self._carriers.of_channel(channel)] for channel in channels}
        kept = [channel for channel, names in carriers.items() if names == ["outbox"]]
        names = [name for names in carriers.values() for name in names]
        ill = {one.id for one in self._breakers.get(names) if not one.over(self._clock.now())}
        ailing = [channel for channel, names in carriers.items() if names and all(name in ill for name in names)]
        return checks.sender(campaign, shop, channels, kept, ailing)

    def _priced(self, campaign: Campaign, channels: Sequence[str]) -> bool:
        names = [one.name for channel in channels for one in self._carriers.of_channel(channel)]
        prices = [terms.price for terms in self._book.terms(names).values()]
        return checks.priced_in(campaign.limits.budget.money, prices)

    def _used(self, campaign: Campaign) -> tuple[int, int]:
        limit = campaign.limits.budget
        return (0, 0) if limit.messages is None and limit.money is None else self._spent.so_far(campaign.id)

    def _size(self, campaign: Campaign) -> int:
        return self._audience.count(self._rules(campaign)) if campaign.segment else 0

    def _rules(self, campaign: Campaign) -> Rules:
        return self._segments.get(campaign.segment).rules

    def _words(self, campaign: Campaign) -> list[Template]:
        return [self._templates.get(name) for name in campaign.templates]

    def _given(self, campaign: Campaign) -> list[Offer]:
        named = [campaign.by(variant).offer for variant in (None, *campaign.variants)]
        named += [step.offer for step in campaign.steps]
        return [self._offers.get(name) for name in dict.fromkeys(named) if name]


def _channels(campaign: Campaign, templates: Sequence[Template]) -> list[str]:
    """The channels that it may go by: those that it is written for and that a variant leaves it."""
    written = dict.fromkeys(channel for template in templates for channel in template.content)
    only = {channel for variant in campaign.variants for channel in variant.channels}
    free = not campaign.variants or any(not variant.channels for variant in campaign.variants)
    return [channel for channel in written if free or channel in only]
