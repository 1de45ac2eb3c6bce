"""What customers write back: STOP, START and HELP are obeyed; everything is kept in the customer's thread."""

import unicodedata
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Literal, Protocol

import msgspec

from common.ids import derive
from customers.addresses import EMAIL, SMS
from customers.consent import CUSTOMER, Consent, Suppressions
from customers.customer import Customer, Customers, Records, channels_of
from customers.shop import Shop
from messaging.channel import Reply

Keyword = Literal["stop", "start", "help", ""]
STOPPED = "stop"

# The carriers' English words, and what people write in the languages we send; upper case, without accents.
_COMMANDS: dict[Keyword, str] = {
    "stop": "STOP STOPALL UNSUBSCRIBE CANCEL END QUIT STOPP ABMELDEN ABBESTELLEN ENDE ARRET ARRETER DESABONNER "
    "DESINSCRIRE BAJA PARAR ALTO CANCELAR SAIR REMOVER",
    "start": "START UNSTOP ANMELDEN DEMARRER REPRENDRE ALTA INICIAR VOLTAR COMECAR",
    "help": "HELP INFO HILFE AIDE AYUDA AJUDA",
}
WORDS: dict[str, Keyword] = {word: command for command, words in _COMMANDS.items() for word in words.split()}
# A reply of nothing but a channel's name, with or without such a word before it, says how somebody likes to be reached.
_CHANNEL_WORDS = {"SMS": SMS, "TEXT": SMS, "EMAIL": EMAIL, "E MAIL": EMAIL, "MAIL": EMAIL}
_PREFER = frozenset({"PREFER", "BY", "VIA", "PER", "LIEBER", "PAR", "POR", "PREFIERO", "PREFIRO"})
# Words that mean it even with others behind them ("Stop please!").
_BLUNT = frozenset({"STOP", "STOPP", "STOPALL", "UNSUBSCRIBE"})
HELP: dict[str, str] = {
    "en": "{shop}: you get messages from us because you are our customer. Reply STOP to get no more. {url}",
    "de": "{shop}: Sie erhalten Nachrichten von uns als unser Kunde. Mit STOP erhalten Sie keine mehr. {url}",
    "fr": "{shop} : vous recevez nos messages en tant que client. Répondez STOP pour ne plus en recevoir. {url}",
    "es": "{shop}: recibe mensajes porque es cliente nuestro. Responda BAJA para no recibir más. {url}",
    "pt": "{shop}: recebe mensagens porque é nosso cliente. Responda SAIR para não receber mais. {url}",
}
_HELP_LANGUAGES = {"HILFE": "de", "AIDE": "fr", "AYUDA": "es", "AJUDA": "pt"}
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
    at: datetime


class Threads(Protocol):
    """What was said, as it is kept."""

    def known(self, ids: Sequence[str]) -> set[str]:
        """Which of these are kept already."""
        ...

    def add(self, said: Sequence[Said]) -> None:
        """Keep what was said, each once."""
        ...

    def of_customer(self, customer: str, after: str, limit: int) -> list[Said]:
        """A page of a customer's thread, the oldest first; `after` is the cursor of the last one read."""
        ...


class Conversation:
    """Listens to customers."""

    def __init__(
        self,
        threads: Threads,
        suppressions: Suppressions,
        customers: Customers,
        records: Records,
        shop: Callable[[], Shop],
    ) -> None:
        self._threads = threads
        self._suppressions = suppressions
        self._customers = customers
        self._records = records
        self._shop = shop

    def obey(self, channel: str, reply: Reply) -> None:
        """Suppress the address at a STOP, lift that at a START; a reply heard before has no effect again."""
        keyword = keyword_of(reply.text)
        if keyword not in ("stop", "start") or self._threads.known([reply.key]):
            return
        if keyword == "stop":
            # Everything, as the carriers do: they let nothing through to a number that said so.
            self._suppressions.add(channel, reply.address, "all", STOPPED, reply.at)
        else:
            self._suppressions.lift(channel, reply.address, STOPPED)

    def hear(self, channel: str, replies: Sequence[Reply]) -> None:
        """Obey replies, note what they say of consent, and keep them; what was heard before is passed over."""
        known = self._threads.known([reply.key for reply in replies])
        for reply in sorted(replies, key=lambda reply: reply.at):
            if reply.key in known:
                continue
            self.obey(channel, reply)
            people = self._customers.find("", SHARING, reply.address, channel)
            self._note_consent(channel, reply, people)
            self._note_preference(reply, people)
            self._threads.add(self._said(channel, reply, [customer.id for customer in people]))

    def answer_to(self, reply: Reply) -> str:
        """What to say back: to HELP, who we are and how to stop; to anything else nothing."""
        if keyword_of(reply.text) != "help":
            return ""
        shop = self._shop()
        language = _HELP_LANGUAGES.get(_plain(reply.text)) or shop.locale.partition("-")[0]
        return HELP.get(language, HELP["en"]).format(shop=shop.name, url=shop.url)

    def _note_consent(self, channel: str, reply: Reply, people: Sequence[Customer]) -> None:
        keyword = keyword_of(reply.text)
        if keyword not in ("stop", "start"):
            return
        state: Literal["granted", "denied"] = "denied" if keyword == "stop" else "granted"
        word = Consent(
            state=state, at=reply.at, how=keyword.upper(), wording=reply.text[:160], source="reply", by=CUSTOMER
        )
        for customer in people:
            said = customer.consents.get(channel, {}).get("marketing")
            # START takes a STOP back; it is no consent of somebody who never gave any.
            if keyword == "stop" or (said is not None and said.how == "STOP"):
                self._customers.set_consent(customer.id, channel, "marketing", word)

    def _note_preference(self, reply: Reply, people: Sequence[Customer]) -> None:
        """Whoever names a channel that they have an address on has declared it their first."""
        wanted = channel_named(reply.text)
        for customer in people:
            channels = channels_of(customer)
            if wanted in channels:
                order = [wanted, *(channel for channel in channels if channel != wanted)]
                self._records.change(customer.id, {"preferred": order})

    def _said(self, channel: str, reply: Reply, customers: list[str]) -> list[Said]:
        heard = Said(
            id=reply.key,
            customers=customers,
            channel=channel,
            address=reply.address,
            direction="in",
            text=reply.text[:1_600],
            keyword=keyword_of(reply.text),
            at=reply.at,
        )
        answer = self.answer_to(reply)
        if not answer:
            return [heard]
        answered = Said(
            id=derive(reply.key, "answer"),
            customers=customers,
            channel=channel,
            address=reply.address,
            direction="out",
            text=answer,
            at=reply.at + timedelta(milliseconds=1),  # after the question, where threads are read in order
        )
        return [heard, answered]


def cursor(said: Said) -> str:
    """Where in its thread something stands, for the page after it."""
    return f"{said.at.isoformat()}~{said.id}"


def keyword_of(text: str) -> Keyword:
    """The word of command that a text is, in any case and with any punctuation, or ""."""
    plain = _plain(text)
    if plain in WORDS:
        return WORDS[plain]
    return "stop" if plain.partition(" ")[0] in _BLUNT else ""


def channel_named(text: str) -> str:
    """The channel that a reply asks for ("prefer sms", "lieber E-Mail"), or ""."""
    first, _, rest = _plain(text).partition(" ")
    named = rest if first in _PREFER else _plain(text)
    return _CHANNEL_WORDS.get(named, "")


def _plain(text: str) -> str:
    """Upper case, without accents, and without spaces and punctuation around it."""
    letters = unicodedata.normalize("NFKD", text[:200]).upper()
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter))
    words = "".join(letter if letter.isalnum() else " " for letter in bare)
    return " ".join(words.split())
