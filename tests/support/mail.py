"""A mail server in this process that refuses, hangs and breaks off on demand, with or without TLS."""

import asyncio
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Taken:
    """A mail that the server took."""

    sender: str
    receiver: str
    mail: bytes


@dataclass
class Mailbox:
    """What the server took, and the answers it was told to give; `hang` and `close` come at the end of the data."""

    taken: list[Taken] = field(default_factory=list)
    mail: str = ""
    rcpt: dict[str, str] = field(default_factory=dict)
    data: str = ""
    hang: float = 0.0
    close: bool = False
    port: int = 0

    async def handle_MAIL(  # noqa: N802  # aiosmtpd finds it by this name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        return self.mail or "250 OK"

    async def handle_RCPT(  # noqa: N802  # likewise
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        refusal = self.rcpt.get(address) or self.rcpt.get("*")
        if not refusal:
            envelope.rcpt_tos.append(address)
        return refusal or "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  # likewise
        if self.data:
            return self.data
        if not self.hang:
            content: Any = envelope.original_content
            self.taken.append(Taken(str(envelope.mail_from), envelope.rcpt_tos[0], content))
        await asyncio.sleep(self.hang)
        if self.close:
            transport: Any = server.transport
            transport.abort()
        return "250 2.0.0 Queued"


class _Anywhere(Controller):
    """A controller that takes any port that is free."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


def _login(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
    return AuthResult(success=data.login == b"shop" and data.password == b"secret", handled=False)


@contextmanager
def mail_server(certificate: Path | None = None, *, implicit: bool = False, login: bool = False) -> Iterator[Mailbox]:
    """A running server; with a certificate it wants TLS, from the first byte or by STARTTLS."""
    context = None
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
    box = Mailbox()
    tls: dict[str, Any] = (
        {"ssl_context": context} if implicit else {"tls_context": context, "require_starttls": bool(context)}
    )
    auth: dict[str, Any] = {"authenticator": _login, "auth_required": True} if login else {}
    controller = _Anywhere(box, hostname="127.0.0.1", port=0, server_hostname="mx.test", **tls, **auth)
    controller.start()
    try:
        box.port = controller.port
        yield box
    finally:
        controller.stop()


def certificate(directory: Path, name: str) -> Path:
    """A certificate for a host that it signed itself, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    whom = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(whom)
        .issuer_name(whom)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, SHA256())
    )
    place = directory / f"{name}.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    place.write_bytes(made.public_bytes(Encoding.PEM) + private)
    return place
