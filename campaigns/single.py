"""One message to one customer, now: an order's confirmation, a thank-you, a test. It takes the road of all others."""

from datetime import timedelta
from typing import Any, Protocol

import msgspec

from campaigns.batching import Batching
from campaigns.campaign import Campaign
from campaigns.needs import unmet
from campaigns.plan import message_for
from campaigns.run import Run
from common.clock import Clock
from common.errors import Conflict, Invalid, NotFound
from content.templates import Template, Templates, pick_locale
from customers.consent import Purpose
from customers.customer import Customer, Customers
from customers.shop import Shops
from loyalty.purse import no_purse
from messaging.message import Message, State

EXPIRES_AFTER = timedelta(hours=24)


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be sent to whom; over `channel` alone where one is named. `data` is kept with the message: its
    `values` can be said in the words, beside those of everybody.
    """

    customer: str
    template: str
    purpose: Purpose = "transactional"
    offer: str = ""
    brand: str = "default"
    channel: str = ""
    data: dict[str, Any] = {}


class Lookup(Protocol):
    """Whether a thing is there."""

    def get(self, id: str) -> object:
        """The thing; raises NotFound."""
        ...


class Sender:
    """Plans single messages."""

    def __init__(
        self,
        *,
        customers: Customers,
        templates: Templates,
        offers: Lookup,
        batching: Batching,
        shops: Shops,
        clock: Clock,
    ) -> None:
        self._customers = customers
        self._templates = templates
        self._offers = offers
        self._batching = batching
        self._shops = shops
        self._clock = clock

    def send(self, wanted: Wanted, operation: str) -> Message:
        """Plan the message and ring at once; raises NotFound, Invalid where the words need an offer,
        or Conflict where the customer cannot be reached.

        The same `operation` again is the same message.
        """
        customer = self._customers.get([wanted.customer]).get(wanted.customer)
        if customer is None:
            raise NotFound("customer", wanted.customer)
        shop, now = self._shops.get(), self._clock.now()
        whole = self._templates.get(wanted.template)
        if wanted.channel and wanted.channel not in whole.content:
            written = ", ".join(sorted(whole.content))
            raise Invalid.field("channel", f"{whole.id} has no words for it; it has them for {written}.")
        template = _for_one(whole, customer, wanted.channel, shop.locale)
        if wanted.offer:
            self._offers.get(no_purse(wanted.offer))
        named = ({"offer"} if wanted.offer else set()) | set(wanted.data.get("values", {}))
        if wanted.data.get("event"):
            named.add("trigger")
        wrong = unmet(template, wanted.purpose, named)
        if "trigger" in wrong:
            wrong["data"] = wrong.pop("trigger")
        if wrong:
            raise Invalid("The message cannot go out like this.", wrong)
        run, words = _run(wanted, operation, self._clock), {template.id: template}
        message = message_for(run, words, shop, customer, now)
        if message.state is not State.QUEUED:
            raise Conflict(f"Customer {customer.id!r} cannot be sent this: {message.reason}.", message.reason)
        short_lived = msgspec.structs.replace(message, expires_at=now + EXPIRES_AFTER)
        [planned] = self._batching.keep([short_lived], urgent=True)
        return planned


def _for_one(template: Template, customer: Customer, only: str, locale: str) -> Template:
    """The template with what may be used of it for one customer alone: a letter to one is not held up by the rest."""
    content = {}
    for channel, languages in template.content.items():
        if only in ("", channel) and (only or customer.addresses.get(channel)):
            spoken = pick_locale(template, channel, customer.locale, locale)
            content[channel] = {spoken: languages[spoken]} if spoken else {}
    return msgspec.structs.replace(template, content=content)


def _run(wanted: Wanted, operation: str, clock: Clock) -> Run:
    """A run of its own, kept nowhere, that belongs to no campaign."""
    campaign = Campaign(
        id="",
        name="",
        template=wanted.template,
        purpose=wanted.purpose,
        offer=wanted.offer,
        brand=wanted.brand,
    )
    return Run(id=operation, campaign=campaign, occurrence="single", started_at=clock.now(), data=wanted.data)
