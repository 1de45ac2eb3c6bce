"""What customers write back: STOP, START and HELP are obeyed; everything is kept in the customer's thread."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Literal, Protocol

import msgspec

from common.ids import derive
from customers.consent import CUSTOMER, Consent, Suppressions
from customers.customer import Customer, Customers, Records, channels_of
from customers.shop import Shop
from messaging.answers import connected, help_for
from messaging.attachments import MOST, Attachment
from messaging.channel import Reply
from messaging.keywords import Keyword, channel_named, keyword_of, means_everything
from messaging.linking import Linking
from messaging.presence import Comings

STOPPED = "stop"
# What a STOP for all channels does to the others: marketing ends, until the customer says yes to it again.
ENDED = "unsubscribed"
# More customers than this with one number are not people.
SHARING = 50


class Said(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename={"id": "_id"}):
    """Something that was said: by a customer ("in") or to one ("out"). `customers` are all who have the address."""

    id: str
    customers: list[str]
    channel: str
    address: str
    direction: Literal["in", "out"]
    text: str
    keyword: str = ""
    attachments: list[Attachment] = []
    at: datetime


# What to say back to a reply that answers a question of ours: its channel, text and time, and who may have said it.
Answering = Callable[[str, str, datetime, Sequence[Customer]], str]


class Threads(Protocol):
    """What was said, as it is kept."""

    def known(self, ids: Sequence[str]) -> set[str]:
        """Which of these are kept already."""
        ...

    def add(self, said: Sequence[Said]) -> None:
        """Keep what was said, each once."""
        ...

    def commanded(self, keyword: Keyword, channel: str, address: str, since: datetime) -> bool:
        """Whether somebody at an address said this word of command later than that."""
        ...

    def of_customer(self, customer: str, after: str, limit: int) -> list[Said]:
        """A page of a customer's thread, the oldest first; `after` is the cursor of the last one read."""
        ...

    def of_nobody(self, after: str, limit: int) -> list[Said]:
        """A page of what strangers wrote, in the order of ids."""
        ...


class Conversation:
    """Listens to customers."""

    def __init__(
        self,
        *,
        threads: Threads,
        suppressions: Suppressions,
        customers: Customers,
        records: Records,
        linking: Linking,
        comings: Comings,
        shop: Callable[[], Shop],
        answering: Answering | None = None,
    ) -> None:
        self._threads = threads
        self._suppressions = suppressions
        self._customers = customers
        self._records = records
        self._linking = linking
        self._comings = comings
        self._shop = shop
        self._answering = answering

    def obey(self, channel: str, reply: Reply) -> None:
        """Suppress the address at a STOP, lift that at a START; a reply heard before has no effect again.

        Of a STOP and a START the later one holds, in whatever order the provider tells of them.
        """
        keyword = keyword_of(reply.text)
        if keyword not in ("stop", "start") or self._threads.known([reply.key]):
            return
        if keyword == "stop":
            self._stop(channel, reply)
            return
        since = self._suppressions.since(channel, [reply.address], STOPPED).get(reply.address, {})
        if since and max(since.values()) <= reply.at and not self._later("stop", channel, reply):
            self._suppressions.lift(channel, reply.address, STOPPED)

    def _later(self, keyword: Keyword, channel: str, reply: Reply) -> bool:
        """Whether who wrote this has said something else since."""
        return self._threads.commanded(keyword, channel, reply.address, reply.at)

    def _stop(self, channel: str, reply: Reply) -> None:
        if self._later("start", channel, reply):
            return
        # Everything, as the carriers do: they let nothing through to a number that said so.
        self._suppressions.add(channel, reply.address, "all", STOPPED, reply.at)
        if not means_everything(reply.text):
            return
        for customer in self._customers.find("", SHARING, reply.address, channel):
            for other, addresses in customer.addresses.items():
                for address in addresses if other != channel else ():
                    self._suppressions.add(other, address, "marketing", ENDED, reply.at)

    def hear(self, channel: str, replies: Sequence[Reply]) -> list[tuple[Reply, str]]:
        """Obey replies, note what they say of consent, and keep them; what was heard before is passed over.

        Returns what is to be answered, in words, where there is anything.
        """
        known = self._threads.known([reply.key for reply in replies])
        answers: list[tuple[Reply, str]] = []
        for reply in sorted(replies, key=lambda reply: reply.at):
            if reply.key not in known:
                answer = self._hear(channel, reply)
                answers += [(reply, answer)] if answer else []
        return answers

    def answer_to(self, channel: str, reply: Reply) -> str:
        """What to say back: to HELP, who we are and how to stop, in their language; to anything else nothing."""
        if keyword_of(reply.text) != "help":
            return ""
        people = self._customers.find("", SHARING, reply.address, channel)
        return help_for(reply.text, self._shop(), *(customer.locale for customer in people))

    def _hear(self, channel: str, reply: Reply) -> str:
        self.obey(channel, reply)
        self._comings.wrote(channel, reply.address, reply.at)
        linked = self._linking.take(channel, reply)
        people = self._customers.find("", SHARING, reply.address, channel)
        self._note_consent(channel, reply, people)
        self._note_preference(reply, people)
        answer = connected(linked.locale, self._shop()) if linked else self.answer_to(channel, reply)
        if not answer and self._answering is not None:
            answer = self._answering(channel, reply.text, reply.at, people)
        self._threads.add([self._heard(channel, reply, [customer.id for customer in people])])
        return answer

    def answered(self, channel: str, reply: Reply, words: str) -> None:
        """Keep in the thread what was said back."""
        people = self._customers.find("", SHARING, reply.address, channel)
        said = Said(
            id=derive(reply.key, "answer"),
            customers=[customer.id for customer in people],
            channel=channel,
            address=reply.address,
            direction="out",
            text=words,
            at=reply.at + timedelta(milliseconds=1),  # after the question, where threads are read in order
        )
        self._threads.add([said])

    def _note_consent(self, channel: str, reply: Reply, people: Sequence[Customer]) -> None:
        keyword = keyword_of(reply.text)
        if keyword not in ("stop", "start"):
            return
        state: Literal["granted", "denied"] = "denied" if keyword == "stop" else "granted"
        word = Consent(
            state=state, at=reply.at, how=keyword.upper(), wording=reply.text[:160], source="reply", by=CUSTOMER
        )
        if keyword == "stop" and self._later("start", channel, reply):
            return
        for customer in people:
            said = customer.consents.get(channel, {}).get("marketing")
            # START takes a STOP back; it is no consent of somebody who never gave any.
            if keyword == "stop" or (said is not None and said.how == "STOP"):
                self._customers.set_consent(customer.id, channel, "marketing", word)
            for other in customer.addresses if keyword == "stop" and means_everything(reply.text) else ():
                self._customers.set_consent(customer.id, other, "marketing", word)

    def _note_preference(self, reply: Reply, people: Sequence[Customer]) -> None:
        """Whoever names a channel that they have an address on has declared it their first."""
        wanted = channel_named(reply.text)
        for customer in people:
            channels = channels_of(customer)
            if wanted in channels:
                order = [wanted, *(channel for channel in channels if channel != wanted)]
                self._records.change(customer.id, {"preferred": order})

    def _heard(self, channel: str, reply: Reply, customers: list[str]) -> Said:
        return Said(
            id=reply.key,
            customers=customers,
            channel=channel,
            address=reply.address,
            direction="in",
            text=self._linking.without_token(reply.text)[:1_600],
            keyword=keyword_of(reply.text),
            attachments=reply.attachments[:MOST],
            at=reply.at,
        )


def cursor(said: Said) -> str:
    """Where in its thread something stands, for the page after it."""
    return f"{said.at.isoformat()}~{said.id}"
