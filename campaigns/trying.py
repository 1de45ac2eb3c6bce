"""A test to oneself: a campaign's message as any customer would get it, handed over to an address for tests alone.

It is no message of anybody's: no code is made, no run and no customer knows of it, and no report counts it.
"""

from typing import Protocol

import msgspec

from campaigns.builder import Builder
from campaigns.campaign import Campaign
from campaigns.values import Occasion
from common.clock import Clock
from common.errors import Conflict, Invalid, NotFound
from common.ids import derive
from content.errors import Unwritable
from content.invented import render_invented
from content.templates import Templates, compile_template, pick_locale
from customers.addresses import normalise
from customers.consent import Suppressions
from customers.customer import Customers
from customers.shop import Shop, Shops
from messaging.channel import Accepted, Letter
from messaging.desk import Held, Picked
from messaging.message import Batch, Rendered
from messaging.parcels import parcel_of

# Begins the subject, so that nobody takes a test for the real thing.
MARK = "[Test] "


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """What is tried: as which customer, on which channel, to which address; `variant` is an arm of the campaign."""

    customer: str
    channel: str
    address: str
    variant: str = ""


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """What was handed over, by whom, in which language, and what the provider said.

    `invented` are the names among the words that only an event will give this customer a value for.
    """

    outcome: str
    provider: str
    locale: str
    parts: dict[str, str]
    detail: str = ""
    invented: list[str] = []


class Desk(Protocol):
    """Knows who carries a channel now."""

    def pick(self, channel: str, *, cheapest: bool = False) -> Picked | Held:
        """A provider, or why there is none now."""
        ...


class Tester:
    """Sends tests."""

    def __init__(
        self,
        *,
        customers: Customers,
        templates: Templates,
        builder: Builder,
        suppressions: Suppressions,
        shops: Shops,
        desk: Desk,
        clock: Clock,
    ) -> None:
        self._customers = customers
        self._templates = templates
        self._builder = builder
        self._suppressions = suppressions
        self._shops = shops
        self._desk = desk
        self._clock = clock

    def send(self, campaign: Campaign, trial: Trial, operation: str) -> Tried:
        """Write and hand over at once; raises NotFound, Invalid where the address is none of the shop's for tests or
        nothing can be written for this customer, and Conflict where the address said STOP or nobody carries it now.
        """
        shop = self._shops.get()
        address = self._address(shop, trial)
        batch, rendered, invented = self._written(campaign, trial, shop, operation)
        picked = self._desk.pick(trial.channel)
        if isinstance(picked, Held):
            raise Conflict(f"Nobody carries {trial.channel} until {picked.until:%H:%M:%S}.", picked.reason)
        letter = Letter(message=batch.run, address=address, rendered=rendered)
        parcel = parcel_of([letter], batch, shop, campaign.purpose, operation)
        outcome = picked.provider.hand_over(parcel)[batch.run]
        taken = isinstance(outcome, Accepted)
        return Tried(
            outcome="accepted" if taken else type(outcome).__name__.lower(),
            provider=picked.provider.name,
            locale=batch.locale,
            parts=rendered.parts,
            detail="" if taken else str(getattr(outcome, "reason", "")),
            invented=invented,
        )

    def _address(self, shop: Shop, trial: Trial) -> str:
        address = normalise(trial.channel, trial.address)
        if address not in shop.test_addresses:
            raise Invalid.field("address", "Tests go to the shop's `test_addresses` alone; this is none of them.")
        reason = self._suppressions.among(trial.channel, [address], "all").get(address)
        if reason:
            raise Conflict("Whoever has this address does not want to be written to.", reason)
        return address

    def _written(
        self, campaign: Campaign, trial: Trial, shop: Shop, operation: str
    ) -> tuple[Batch, Rendered, list[str]]:
        customer = self._customers.get([trial.customer]).get(trial.customer)
        if customer is None:
            raise NotFound("customer", trial.customer)
        variant = next((one for one in campaign.variants if one.id == trial.variant), None)
        if trial.variant and variant is None:
            raise Invalid.field("variant", "The campaign has no such variant.")
        tried = campaign.by(variant)
        kept = {words.template: words.version for words in campaign.kept}
        template = self._templates.get(tried.template, kept.get(tried.template))
        locale = pick_locale(template, trial.channel, customer.locale, shop.locale)
        if locale is None:
            raise Invalid.field("channel", "There is no content for this channel in the customer's language.")
        occasion = Occasion(
            offer=tried.offer, referral_programme=tried.referral_programme, brand=tried.brand, locale=locale
        )
        compiled = compile_template(template.content[trial.channel][locale], trial.channel, locale, tried.purpose)
        try:
            parts, invented = render_invented(compiled, self._builder.rehearse(occasion, customer))
        except Unwritable as error:
            raise Invalid.field("customer", str(error)) from None
        if "subject" in parts:
            parts["subject"] = MARK + parts["subject"]
        now = self._clock.now()
        run = derive("test", operation)
        batch = Batch(id=run, run=run, campaign="", channel=trial.channel, locale=locale, due_at=now, rung_at=now)
        return msgspec.structs.replace(batch, brand=tried.brand), Rendered(parts=parts), invented
