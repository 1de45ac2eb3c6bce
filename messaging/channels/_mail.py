"""A letter as mail: headers that nobody can break out of, a text and its HTML, a signature over all that matters."""

from collections.abc import Mapping
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path

import dkim
import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from messaging.channel import Letter, Parcel, Rejected

# What is longer in a display name is nobody's name, and folds into dozens of lines.
LONGEST_NAME = 200
# RFC 5322, 2.1.1: 998 characters, the header's name among them.
LONGEST_LINE = 950
# Every byte below 128, so that no server on the way has a reason to write the letter anew and break its signature.
_POLICY = SMTP.clone(cte_type="7bit", max_line_length=76)
# Headers that a letter may bring itself; all else is ours to say.
_ALLOWED = {"list-unsubscribe", "list-unsubscribe-post", "list-id", "feedback-id", "precedence", "auto-submitted"}
# RFC 6376, 5.4: what a reader or a mail program acts on. RFC 8058, 4: the two for unsubscribing must be among them.
_SIGNED = (
    b"From", b"To", b"Subject", b"Date", b"Message-ID", b"Reply-To", b"MIME-Version", b"Content-Type",
    b"List-Unsubscribe", b"List-Unsubscribe-Post",
)  # fmt: skip


class Signer(msgspec.Struct, frozen=True, kw_only=True):
    """For which domain mail is signed (RFC 6376), under which selector, with which RSA key (PEM, PKCS#1)."""

    domain: bytes
    selector: bytes
    key: bytes

    def sign(self, mail: bytes) -> bytes:
        """The mail with its signature in front."""
        there = [name for name in _SIGNED if b"\r\n" + name.lower() + b":" in b"\r\n" + _head(mail).lower()]
        # Once more than they are there: so that nobody adds a second one on the way (RFC 6376, 8.15).
        names = [*there, *(name for name in (b"From", b"Subject", b"To", b"Reply-To"))]
        header: bytes = dkim.sign(
            mail, self.selector, self.domain, self.key, canonicalize=(b"relaxed", b"relaxed"), include_headers=names
        )
        return header + mail


def signer(domain: str, selector: str, key: str) -> Signer:
    """From a domain, a selector and an RSA key in PEM or the path of its file; raises ValueError."""
    try:
        text = key if "-----BEGIN" in key else Path(key).read_text("utf-8")
        loaded = load_pem_private_key(text.replace("\\n", "\n").encode(), None)
    except (OSError, TypeError, UnsupportedAlgorithm) as error:
        raise ValueError(f"No private key: {type(error).__name__}.") from None
    if not isinstance(loaded, rsa.RSAPrivateKey):
        raise ValueError("DKIM wants an RSA key.")
    pem = loaded.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    return Signer(domain=domain.encode("idna"), selector=selector.encode("ascii"), key=pem)


def unsendable(letter: Letter) -> Rejected | None:
    """Why a letter cannot be mail, where it cannot."""
    parts, headers = letter.rendered.parts, letter.rendered.headers
    if not parts.get("subject", "").strip() or not (parts.get("text") or parts.get("html")):
        return Rejected(reason="empty_content", detail="An e-mail needs a subject, and a text or HTML.")
    lines = [parts["subject"], *headers, *headers.values()]
    if any(mark in line for mark in "\r\n\0" for line in lines):
        return Rejected(reason="bad_content", detail="A line break in the subject or in a header.")
    if not all(value.isascii() and value.isprintable() and len(value) < LONGEST_LINE for value in headers.values()):
        return Rejected(reason="bad_content", detail="A header that is too long, or not in ASCII.")
    if strange := [name for name in headers if name.lower() not in _ALLOWED]:
        return Rejected(reason="bad_content", detail=f"The header {strange[0]} may not be set.")
    try:
        ascii_address(letter.address)
    except ValueError:
        return Rejected(reason="invalid_address", detail="Not an e-mail address that every server takes.")
    return None


def mail(parcel: Parcel, letter: Letter, id: str, at: datetime) -> bytes:
    """The mail, unsigned; raises ValueError where the sender is no address."""
    parts = letter.rendered.parts
    made = EmailMessage(policy=_POLICY)
    made["From"] = _named(parcel.sender, parcel.sender_name)
    made["To"] = _named(letter.address, letter.name)
    made["Subject"] = _whole(parts["subject"])
    made["Date"] = format_datetime(at)
    made["Message-ID"] = id
    if parcel.reply_to:
        made["Reply-To"] = _named(parcel.reply_to, "")
    _fill(made, parts)
    # As they are: a long address has no place to fold, and folded by force it would become an encoded word.
    own = "".join(f"{name}: {value}\r\n" for name, value in letter.rendered.headers.items())
    return own.encode("ascii") + made.as_bytes()


def ascii_address(address: str) -> str:
    """An address whose domain is written in ASCII; raises ValueError for one that needs more than that."""
    local, at, domain = address.rpartition("@")
    if not at or not local.isascii() or any(not sign.isprintable() or sign in ' <>"' for sign in address):
        raise ValueError("Not an address.")
    plain = f"{local}@{domain.encode('idna').decode()}" if not domain.isascii() else address
    try:
        return Address(addr_spec=plain).addr_spec
    except (MessageError, IndexError) as error:
        raise ValueError(f"Not an address: {type(error).__name__}.") from None


def _fill(made: EmailMessage, parts: Mapping[str, str]) -> None:
    """The text, and beside it the HTML, for who prefers it."""
    if parts.get("text"):
        made.set_content(_whole(parts["text"]), charset="utf-8")
    if parts.get("html") and parts.get("text"):
        made.add_alternative(_whole(parts["html"]), subtype="html", charset="utf-8")
    elif parts.get("html"):
        made.set_content(_whole(parts["html"]), subtype="html", charset="utf-8")


def _named(address: str, name: str) -> Address:
    shown = " ".join("".join(sign if sign.isprintable() else " " for sign in _whole(name)).split())
    return Address(display_name=shown[:LONGEST_NAME], addr_spec=ascii_address(address))


def _whole(text: str) -> str:
    """Half a surrogate pair, which no UTF-8 can hold, becomes a question mark."""
    return text.encode("utf-8", "replace").decode()


def _head(made: bytes) -> bytes:
    return made.partition(b"\r\n\r\n")[0]
