"""Words + offer + customer -> what this person gets."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import msgspec

from campaigns.ladder import UNLESS_ORDERED
from campaigns.shortening import Habit, Shortener, ShortLink
from campaigns.values import Gathered, Occasion, Values
from common.links import Links
from content.cards import addresses_of
from content.errors import MissingValue, Unwritable
from content.letters import Letters, letters_of
from content.links import with_source
from content.templates import Templates, pick_locale
from content.vocabulary import ATTRIBUTES
from customers.customer import Customer
from customers.shop import Shops
from messaging.message import Batch, Message, Rendered, Unrenderable

UTM = tuple[tuple[str, str], ...]
# How links name us to the shop's statistics: utm_source.
SOURCE = "encore"
# Where each character costs, all addresses are short; our own pages, too.
COUNTED = frozenset({"sms"})
# The parts whose words spell addresses out, and the one that holds what comes after an address, a line each.
SPELT, ENDINGS = ("text", "body", "values"), "template_links"


class Builder:
    """Writes messages, a batch at a time: compiled once, gathered once, rendered for each."""

    def __init__(self, values: Values, templates: Templates, shops: Shops, links: Links, shortener: Shortener) -> None:
        self._values = values
        self._templates = templates
        self._shops = shops
        self._links = links
        self._shortener = shortener

    def render(
        self, batch: Batch, messages: Sequence[Message], people: Mapping[str, Customer] | None = None
    ) -> dict[str, Rendered | Unrenderable]:
        """What each of a batch's messages says, by its id, or why nothing can be written.

        `people` are the customers, where somebody has just read them.
        """
        ended = {one.id for one in messages if one.data.get(UNLESS_ORDERED)}
        if ended:
            planned = {one.id: (one.customer, one.planned_at or one.not_before) for one in messages if one.id in ended}
            ended = self._values.ordered(planned)
        meant = [one for one in messages if one.id not in ended]
        over = dict.fromkeys(ended, Unrenderable(reason="has_ordered"))
        return {**over, **(self._rendered(batch, meant, people) if meant else {})}

    def _rendered(
        self, batch: Batch, messages: Sequence[Message], read: Mapping[str, Customer] | None
    ) -> dict[str, Rendered | Unrenderable]:
        first = messages[0]
        template = self._templates.get(batch.template, batch.template_version)
        # A message that failed over to another channel may not find its language there.
        locale = pick_locale(template, batch.channel, batch.locale, batch.locale)
        locale = locale or pick_locale(template, batch.channel, batch.locale, self._shops.get().locale)
        if locale is None:
            return {message.id: Unrenderable(reason="no_content") for message in messages}
        parts = template.content[batch.channel][locale]
        letters = letters_of(parts, batch.channel, locale, first.purpose)
        people = {message.id: message.customer for message in messages}
        about = {message.id: order for message in messages if (order := message.data.get("event", {}).get("order"))}
        told = {message.id: event for message in messages if (event := message.data.get("event"))}
        gathered = self._values.gather(_occasion(first), people, about, letters.names, told, read)
        written = {message.id: self._write(letters, gathered, batch.channel, message) for message in messages}
        short = batch.channel in COUNTED or (batch.channel != "email" and first.purpose == "marketing")
        short = short or ENDINGS in parts
        return self._shortened(messages, written, batch.channel, gathered.shared.shop.url) if short else written

    def _shortened(
        self, messages: Sequence[Message], written: Mapping[str, Rendered | Unrenderable], channel: str, home: str
    ) -> dict[str, Rendered | Unrenderable]:
        """With short links in the texts, which are kept first: somebody may follow one at once."""
        made: list[ShortLink] = []
        short: dict[str, Rendered | Unrenderable] = {}
        direct = "" if channel in COUNTED else self._links.public_url
        for message in messages:
            words, source = written[message.id], _source(message, channel)
            if isinstance(words, Rendered):
                mark = partial(self._marked, home, source)
                habit = Habit(mark=mark, direct=direct, always=message.purpose == "marketing")
                words = msgspec.structs.replace(words, parts=self._short(words.parts, message, made, habit))
            short[message.id] = words
        self._shortener.keep(made)
        return short

    def _short(self, parts: Mapping[str, str], message: Message, made: list[ShortLink], habit: Habit) -> dict[str, str]:
        """The parts with short links; what comes after an approved address is ten characters where it is an address.

        Beside those, what is no marketing keeps its addresses where they cost nothing.
        """
        spelt = SPELT if habit.always or not habit.direct else ()
        texts = {
            name: self._shortener.shortened(parts[name], message.id, message.customer, made, habit)
            for name in spelt
            if name in parts
        }
        if ENDINGS in parts:
            texts[ENDINGS] = "\n".join(
                self._shortener.characters(line.strip(), message.id, message.customer, made, habit)
                if line.strip().startswith(("https://", "http://"))
                else line
                for line in parts[ENDINGS].splitlines()
            )
        return {**parts, **texts}

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
        way_out = values["links"].get("unsubscribe")
        own = message.data.get("values", {})
        values |= own | ({ATTRIBUTES: values[ATTRIBUTES] | own[ATTRIBUTES]} if ATTRIBUTES in own else {})
        home = gathered.shared.shop.url
        source = _source(message, channel)
        tracked = partial(self._tracked, message.id, home, source)
        try:
            written = letters.write(values, tracked, partial(self._marked, home, source))
        except MissingValue as error:
            return Unrenderable(reason=f"{error.reason}:{error.name}", detail=str(error))
        except Unwritable as error:
            return Unrenderable(reason=error.reason, detail=str(error))
        marketing = channel == "email" and message.purpose == "marketing"
        headers = self._headers(message.id, way_out) if marketing else {}
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
        return self._links.url("click", [message, self._marked(home, source, address)])

    def _marked(self, home: str, source: UTM, address: str) -> str:
        """An address with where its visitor comes from; our own pages, and what is no marketing, stay as they are."""
        if not source or address.startswith(self._links.public_url):
            return address
        return with_source(address, home, source)

    def _headers(self, message: str, way_out: str | None) -> dict[str, str]:
        """The one-click way out of RFC 8058, which mail programs show as a button; as in the words, where it stands."""
        return {
            "List-Unsubscribe": f"<{way_out or self._links.url('unsubscribe', message)}>",
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
