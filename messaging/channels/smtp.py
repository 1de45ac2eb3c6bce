"""E-mail through any mail server, by SMTP: encrypted, signed with DKIM, each letter in a transaction of its own."""

import smtplib
import ssl
from collections.abc import Mapping
from functools import cached_property
from typing import ClassVar
from urllib.parse import urlsplit

import msgspec

from common.clock import Clock
from common.errors import Forged, Invalid
from common.settings import Settings
from messaging.channel import Hook, Letter, NotTaken, Outbox, Outcome, Parcel, Provider, Receipt, Rejected
from messaging.channels import _bounces
from messaging.channels._mail import Signer, ascii_address, mail, signer, unsendable
from messaging.channels._smtp import Server, connected, server, transact


class SmtpSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The server's address, or this provider is not used.

    `smtp_url` is smtps://host:465, or smtp://host:587 with STARTTLS, which `smtp_plain` does without.
    `smtp_bounces` is an address that takes what is put after a + in it; `dkim_key` is a PEM or the path of its file.
    """

    smtp_url: str = ""
    smtp_username: str = ""
    smtp_password: str = ""
    smtp_plain: bool = False
    smtp_ca_file: str = ""
    smtp_bounces: str = ""
    dkim_domain: str = ""
    dkim_selector: str = ""
    dkim_key: str = ""


class Smtp(Provider):
    """A server's 250 is all that it says; what comes back later comes as mail, to a signed address."""

    name: ClassVar[str] = "smtp"
    channel: ClassVar[str] = "email"
    batch_max: ClassVar[int] = 20

    def __init__(self, settings: Settings, outbox: Outbox, clock: Clock) -> None:
        super().__init__(settings, outbox, clock)
        self._own = settings.section(SmtpSettings)
        url = self._own.smtp_url
        self._server = server("ENCORE_SMTP_URL", url, self._own.smtp_plain) if url else None

    def configured(self) -> bool:
        """Whether there is a server."""
        return self._server is not None

    @cached_property
    def _context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self._own.smtp_ca_file or None)

    @cached_property
    def _signer(self) -> Signer | None:
        own = self._own
        return signer(own.dkim_domain, own.dkim_selector, own.dkim_key) if own.dkim_key else None

    def send(self, parcel: Parcel) -> Mapping[str, Outcome]:
        """One connection for all letters; where it is lost, those not begun certainly were not taken."""
        outcomes: dict[str, Outcome] = {}
        mails = self._mails(parcel, outcomes)
        if not mails or self._server is None:
            return outcomes
        client = self._connected(self._server)
        for letter, made in mails:
            if isinstance(client, NotTaken):
                outcomes[letter.message] = client
                continue
            outcomes[letter.message] = self._transact(client, parcel, letter, made)
            if client.sock is None:
                client = NotTaken(reason="connection_lost")
        if isinstance(client, smtplib.SMTP):
            _leave(client)
        return outcomes

    def verify(self, hook: Hook) -> None:
        """Check that a report came to an address that we signed; raises Forged."""
        if not self._own.smtp_bounces:
            raise Forged("ENCORE_SMTP_BOUNCES is not set, so no report can be ours.")
        _bounces.message_of(self._keys(), hook)

    def receipts(self, hook: Hook) -> list[Receipt]:
        """What a report of mail that came back says."""
        return _bounces.receipts(self._keys(), hook)

    def _mails(self, parcel: Parcel, outcomes: dict[str, Outcome]) -> list[tuple[Letter, bytes]]:
        """The letters as mail; why one cannot be goes to the outcomes."""
        made: list[tuple[Letter, bytes]] = []
        for letter in parcel.letters:
            try:
                made += self._mail(parcel, letter, outcomes)
            except (ValueError, Invalid) as error:  # the sender, the key: every letter would fare the same
                outcomes[letter.message] = NotTaken(reason="sender_refused", stop=True, detail=str(error)[:300])
        return made

    def _mail(self, parcel: Parcel, letter: Letter, outcomes: dict[str, Outcome]) -> list[tuple[Letter, bytes]]:
        refusal: Rejected | None = unsendable(letter)
        if refusal:
            outcomes[letter.message] = refusal
            return []
        whole = mail(parcel, letter, _id(parcel, letter), self.clock.now())
        return [(letter, self._signer.sign(whole) if self._signer else whole)]

    def _transact(self, client: smtplib.SMTP, parcel: Parcel, letter: Letter, made: bytes) -> Outcome:
        sender = ascii_address(parcel.sender)
        if self._own.smtp_bounces:
            sender = _bounces.return_path(self._own.smtp_bounces, self._keys()[0], letter.message)
        return transact(client, sender, ascii_address(letter.address), made, _id(parcel, letter))

    def _connected(self, where: Server) -> smtplib.SMTP | NotTaken:
        own = self._own
        try:
            context = self._context
        except (OSError, ValueError) as error:
            return NotTaken(reason="certificate", stop=True, detail=f"ENCORE_SMTP_CA_FILE: {error}"[:200])
        name = urlsplit(self.settings.public_url).hostname or "localhost"
        return connected(where, context, self.settings.http_timeout, name, own.smtp_username, own.smtp_password)

    def _keys(self) -> list[bytes]:
        return [key.encode() for key in self.settings.keys]


def _id(parcel: Parcel, letter: Letter) -> str:
    """Our ids as a Message-ID, which comes back with what comes back."""
    return f"<{letter.message}.{parcel.token}@{ascii_address(parcel.sender).rpartition('@')[2]}>"


def _leave(client: smtplib.SMTP) -> None:
    """Say goodbye; a server that does not listen any more is left all the same."""
    try:
        client.quit()
    except (smtplib.SMTPException, OSError):
        client.close()
