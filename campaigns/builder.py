"""Words + offer + customer -> what this person gets."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import msgspec

from campaigns.ladder import UNLESS_ORDERED
from campaigns.shortening import Shortener, ShortLink
from campaigns.values import Gathered, Occasion, Values
from common.links import Links
from content.cards import addresses_of
from content.errors import MissingValue, Unwritable
from content.letters import Letters, letters_of
from content.links import with_source
from content.templates import Templates, pick_locale
from customers.customer import Customer
from customers.shop import Shops
from messaging.message import Batch, Message, Rendered, Unrenderable

UTM = tuple[tuple[str, str], ...]
# How links name us to the shop's statistics: utm_source.
SOURCE = "encore"
# Where each character costs, addresses are short.
SHORTENED = frozenset({"sms"})


class Builder:
    """Writes messages, a batch at a time: compiled once, gathered once, rendered for each."""

    def __init__(self, values: Values, templates: Templates, shops: Shops, links: Links, shortener: Shortener) -> None:
        self._values = values
        self._templates = templates
        self._shops = shops
        self._links = links
        self._shortener = shortener

    def render(self, batch: Batch, messages: Sequence[Message]) -> dict[str, Rendered | Unrenderable]:
        """What each of a batch's messages says, by its id, or why nothing can be written."""
        ended = {one.id for one in messages if one.data.get(UNLESS_ORDERED)}
        if ended:
            planned = {one.id: (one.customer, one.planned_at or one.not_before) for one in messages if one.id in ended}
            ended = self._values.ordered(planned)
        meant = [one for one in messages if one.id not in ended]
        over = dict.fromkeys(ended, Unrenderable(reason="has_ordered"))
        return {**over, **(self._rendered(batch, meant) if meant else {})}

    def _rendered(self, batch: Batch, messages: Sequence[Message]) -> dict[str, Rendered | Unrenderable]:
        first = messages[0]
        template = self._templates.get(batch.template, batch.template_version)
        # A message that failed over to another channel may not find its language there.
        locale = pick_locale(template, batch.channel, batch.locale, self._shops.get().locale)
        if locale is None:
            return {message.id: Unrenderable(reason="no_content") for message in messages}
        letters = letters_of(template.content[batch.channel][locale], batch.channel, locale, first.purpose)
        people = {message.id: message.customer for message in messages}
        about = {message.id: order for message in messages if (order := message.data.get("event", {}).get("order"))}
        told = {message.id: event for message in messages if (event := message.data.get("event"))}
        gathered = self._values.gather(_occasion(first), people, about, letters.names, told)
        written = {message.id: self._write(letters, gathered, batch.channel, message) for message in messages}
        return self._shortened(written, people) if batch.channel in SHORTENED else written

    def _shortened(
        self, written: Mapping[str, Rendered | Unrenderable], people: Mapping[str, str]
    ) -> dict[str, Rendered | Unrenderable]:
        """With short links in the texts, which are kept first: somebody may follow one at once."""
        made: list[ShortLink] = []
        short: dict[str, Rendered | Unrenderable] = {}
        for id_, words in written.items():
            if isinstance(words, Rendered) and "text" in words.parts:
                text = self._shortener.shortened(words.parts["text"], id_, people[id_], made)
                words = msgspec.structs.replace(words, parts={**words.parts, "text": text})
            short[id_] = words
        self._shortener.keep(made)
        return short

    def rehearse(self, occasion: Occasion, customer: Customer) -> dict[str, Any]:
        """What a template could say of this customer, to show it; no code is made."""
        gathered = self._values.rehearsed(occasion, {"preview": customer.id})
        return self._values.of(gathered, customer, "preview")

    def short(self, text: str) -> str:
        """A text message as long as it will be, with its links short; nothing is kept."""
        return self._shortener.length_of(text)

    def _write(self, letters: Letters, gathered: Gathered, channel: str, message: Message) -> Rendered | Unrenderable:
        customer = gathered.customers.get(message.customer)
        if customer is None:
            return Unrenderable(reason="customer_gone")
        values = self._values.of(gathered, customer, message.id, letters.names)
        values.update(message.data.get("values", {}))
        home = gathered.shared.shop.url
        tracked = partial(self._tracked, message.id, home, _source(message, channel))
        try:
            written = letters.write(values, tracked)
        except MissingValue as error:
            return Unrenderable(reason=f"{error.reason}:{error.name}", detail=str(error))
        except Unwritable as error:
            return Unrenderable(reason=error.reason, detail=str(error))
        headers = self._headers(message.id) if channel == "email" and message.purpose == "marketing" else {}
        led = {name: tracked(written.parts[name]) for name in addresses_of(written.parts)}
        return Rendered(
            parts=written.parts | led,
            headers=headers,
            voucher=gathered.codes.get(message.id, ""),
            frame=letters.frame,
            slots=written.slots,
        )

    def _tracked(self, message: str, home: str, source: UTM, address: str) -> str:
        """An address by way of ours, so that a click is known; our own pages, the ways out above all, stay direct."""
        if address.startswith(self._links.public_url):
            return address
        return self._links.url("click", [message, with_source(address, home, source) if source else address])

    def _headers(self, message: str) -> dict[str, str]:
        """The one-click way out of RFC 8058, which mail programs show as a button."""
        return {
            "List-Unsubscribe": f"<{self._links.url('unsubscribe', message)}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }


def _source(message: Message, channel: str) -> UTM:
    """What the shop's own statistics are told of whoever comes by a link in marketing."""
    if message.purpose != "marketing":
        return ()
    campaign = message.campaign or message.template
    told = {"source": SOURCE, "medium": channel, "campaign": campaign, "content": message.variant}
    return tuple((f"utm_{name}", value) for name, value in told.items())


def _occasion(message: Message) -> Occasion:
    return Occasion(
        campaign=message.campaign,
        offer=message.offer,
        referral_programme=message.referral_programme,
        brand=message.brand,
        locale=message.locale,
    )
