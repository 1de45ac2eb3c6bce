"""Double opt-in: a yes is asked for, waits as "pending", and counts when it is confirmed from the address itself."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from campaigns.single import Sender, Wanted
from common.clock import Clock
from common.errors import Conflict, NotFound, Stale
from common.ids import derive
from common.links import Links
from content import opt_in
from content.templates import Template, Templates
from customers.consent import CUSTOMER, Consent, Suppressions
from customers.customer import Customer
from customers.shop import Shops
from messaging.message import Message, message_id

PURPOSE = "marketing"
HOW = "double opt-in"
SOURCE = "opt-in page"
KEPT_FOR = timedelta(days=7)
# Asked again sooner than this, it is the same question, and no second message goes out.
SAME = timedelta(minutes=10)
# What an unsubscription suppressed, a confirmed yes from that very address lifts.
LIFTED = "unsubscribed"


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What a message asks: what a yes to it means, on which channel, and until when it can be given."""

    channel: str
    wording: str
    asked_at: datetime
    expires_at: datetime


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What stands after asking; `message` is the one that asks, "" where the customer had said yes already."""

    consent: Consent
    expires_at: datetime | None = None
    message: str = ""


class Consenting(Protocol):
    """Customers, as far as asking and confirming needs them."""

    def get(self, ids: Sequence[str]) -> dict[str, Customer]:
        """Those of these customers that exist, by id."""
        ...

    def set_consent(self, customer: str, channel: str, purpose: str, consent: Consent) -> bool:
        """Append a word of consent and make it the current one; False when there is no such customer."""
        ...

    def confirm(self, customer: str, channel: str, purpose: str, asked: Consent, yes: Consent) -> bool:
        """Put a yes in place of the pending word it confirms; False where another word stands by now."""
        ...


class Log(Protocol):
    """Every word ever said."""

    def of_customer(self, customer: str) -> list[tuple[str, str, Consent]]:
        """What a customer ever said: channel, purpose and word, the oldest first."""
        ...


class OptIn:
    """Asks, and takes the answer. Each step may be done twice, and by two at once."""

    def __init__(
        self,
        *,
        customers: Consenting,
        log: Log,
        suppressions: Suppressions,
        templates: Templates,
        sender: Sender,
        shops: Shops,
        links: Links,
        clock: Clock,
    ) -> None:
        self._customers = customers
        self._log = log
        self._suppressions = suppressions
        self._templates = templates
        self._sender = sender
        self._shops = shops
        self._links = links
        self._clock = clock

    def ask(self, customer: str, channel: str, wanted: Consent) -> Asked:
        """Note that a yes is pending, and send the message that asks to confirm it; `wanted` is what was said.

        Raises NotFound for an unknown customer, and Conflict where they have no address there or the shop's own
        template for it says no link.
        """
        person = self._known(customer)
        if not person.addresses.get(channel):
            raise Conflict(f"Customer {customer!r} has no address on {channel}.", "no_address")
        standing = person.consents.get(channel, {}).get(PURPOSE)
        if standing is not None and standing.state == "granted":
            return Asked(consent=standing)
        self._prepared(channel)
        now = self._clock.now()
        if standing is None or standing.state != "pending" or standing.at <= now - SAME:
            words = wanted.wording or self.wording(person.locale)
            standing = msgspec.structs.replace(wanted, state="pending", at=now, how=HOW, wording=words)
            self._customers.set_consent(customer, channel, PURPOSE, standing)
        return self._sent(person, channel, standing)

    def question(self, message: Message) -> Question:
        """What a message asks, while it may be answered; raises NotFound for any other message, and when it is late.

        A no that was said after the question ends it: an old link does not undo it.
        """
        if "opt_in" not in message.data:
            raise NotFound("page", "confirm")
        question = msgspec.convert(message.data["opt_in"], Question)
        said = self._said(message.customer, question.channel)
        refused = any(word.state == "denied" and word.at >= question.asked_at for word in said)
        if refused or question.expires_at <= self._clock.now():
            raise NotFound("page", "confirm")
        return question

    def confirmed(self, message: Message, question: Question) -> bool:
        """Whether the customer's yes stands."""
        standing = self._known(message.customer).consents.get(question.channel, {}).get(PURPOSE)
        return standing is not None and standing.state == "granted"

    def confirm(self, message: Message) -> Question:
        """Take the yes; once more is once. Raises NotFound where it can no longer be given."""
        question = self.question(message)
        standing = self._known(message.customer).consents.get(question.channel, {}).get(PURPOSE)
        if standing is None or standing.state == "denied":
            raise NotFound("page", "confirm")
        if standing.state == "pending":
            yes = Consent(
                state="granted",
                at=self._clock.now(),
                how=HOW,
                wording=question.wording,
                source=SOURCE,
                by=CUSTOMER,
            )
            if not self._customers.confirm(message.customer, question.channel, PURPOSE, standing, yes):
                raise Stale("Something else was said meanwhile; look again.")
            for route in message.routes:
                self._suppressions.lift(route.channel, route.address, LIFTED)
        return question

    def wording(self, locale: str) -> str:
        """What a yes means, in the customer's language, else in the shop's: the shop's own words before ours."""
        shop = self._shops.get()
        for words in (shop.opt_in_wording, opt_in.WORDINGS):
            for tag in (locale, locale.partition("-")[0], shop.locale, shop.locale.partition("-")[0]):
                if tag in words:
                    return words[tag].replace("{shop}", shop.name)
        return opt_in.WORDINGS["en"].replace("{shop}", shop.name)

    def _sent(self, person: Customer, channel: str, standing: Consent) -> Asked:
        """The question on its way; the same pending word is the same message."""
        operation = derive("opt-in", person.id, channel, standing.at.isoformat())
        expires_at = standing.at + KEPT_FOR
        link = self._links.url("confirm", message_id(operation, person.id, 0))
        data = {
            "values": {"opt_in": {"link": link, "wording": standing.wording}},
            "opt_in": {
                "channel": channel,
                "wording": standing.wording,
                "asked_at": standing.at,
                "expires_at": expires_at,
            },
        }
        wanted = Wanted(customer=person.id, template=opt_in.TEMPLATE, channel=channel, data=data)
        message = self._sender.send(wanted, operation)
        return Asked(consent=standing, expires_at=expires_at, message=message.id)

    def _prepared(self, channel: str) -> None:
        """The template, put in place where the shop has none; raises Conflict where the shop's own cannot ask."""
        try:
            template = self._templates.get(opt_in.TEMPLATE)
        except NotFound:
            template = self._installed()
        parts: Mapping[str, Mapping[str, str]] = template.content.get(channel, {})
        if not parts or not all(opt_in.LINK in " ".join(language.values()) for language in parts.values()):
            raise Conflict(
                f"The template {opt_in.TEMPLATE!r} must say {{{{ {opt_in.LINK} }}}} on {channel}, in every language.",
                "no_link",
            )

    def _installed(self) -> Template:
        try:
            ours = Template(id=opt_in.TEMPLATE, name=opt_in.NAME, content=opt_in.content())
            return self._templates.put(ours, expected_version=0)
        except Stale:  # somebody was quicker
            return self._templates.get(opt_in.TEMPLATE)

    def _said(self, customer: str, channel: str) -> list[Consent]:
        words = self._log.of_customer(customer)
        return [word for where, purpose, word in words if (where, purpose) == (channel, PURPOSE)]

    def _known(self, customer: str) -> Customer:
        found = self._customers.get([customer]).get(customer)
        if found is None:
            raise NotFound("customer", customer)
        return found
