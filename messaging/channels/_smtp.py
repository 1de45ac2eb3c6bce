"""What a mail server says, in our words: how far a transaction got decides what can be known of a letter.

RFC 5321: 4yz is a failure for now and 5yz for good (4.2.1); a server that has not answered the end of the data with
250 may have the letter all the same (4.2.5, 6.1). RFC 3463 tells more by its own codes: X.1.Y is about the address.
"""

import re
import smtplib
import socket
import ssl
from urllib.parse import urlsplit

import msgspec

from common.errors import Invalid
from messaging.channel import Accepted, NotTaken, Outcome, Rejected, Uncertain

_ENHANCED = re.compile(rb"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
# A server that says "try again" to a stranger means minutes (greylisting).
GREYLISTED = 300.0
_WAIT_OR_CLOSE = 421
# Of X.1.Y: no such mailbox, no such domain, a mailbox that moved, a domain that takes no mail (RFC 3463, RFC 7505).
NEVER = {"1.1", "1.2", "1.3", "1.6", "1.10"}


class Server(msgspec.Struct, frozen=True, kw_only=True):
    """Where the mail server is, and how to talk to it: `implicit` TLS from the first byte, or STARTTLS, or `plain`."""

    host: str
    port: int
    implicit: bool = False
    plain: bool = False


def server(variable: str, url: str, plain: bool) -> Server:
    """From smtps://host:465 or smtp://host:587; raises Invalid naming the variable."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    wrong = parts.scheme not in ("smtp", "smtps") or not parts.hostname or parts.path or not url.isprintable()
    if wrong or "@" in parts.netloc:
        example = "smtps://mail.example:465 or smtp://mail.example:587"
        raise Invalid.field(variable, f"Not the address of a mail server; write it like {example}.")
    implicit = parts.scheme == "smtps"
    return Server(host=str(parts.hostname), port=port or (465 if implicit else 587), implicit=implicit, plain=plain)


def connected(
    where: Server, context: ssl.SSLContext, timeout: float, name: str, username: str, password: str
) -> smtplib.SMTP | NotTaken:
    """A connection that is encrypted and logged in, or why there is none: no letter has left the house then.

    `name` is what we call ourselves, a host's name.
    """
    client: smtplib.SMTP | None = None
    try:
        if where.implicit:
            client = smtplib.SMTP_SSL(where.host, where.port, name, timeout=timeout, context=context)
        else:
            client = smtplib.SMTP(where.host, where.port, name, timeout=timeout)
        client.ehlo_or_helo_if_needed()
        if not where.implicit and not where.plain:
            client.starttls(context=context)
            client.ehlo_or_helo_if_needed()
        if username:
            client.login(username, password)
    except (smtplib.SMTPException, OSError, ValueError) as error:
        if client is not None:
            client.close()
        return _unconnected(error)
    return client


def _unconnected(error: Exception) -> NotTaken:
    detail = f"{type(error).__name__}: {error}"[:300]
    if isinstance(error, ssl.SSLCertVerificationError):
        return NotTaken(reason="certificate", stop=True, detail=detail)
    if isinstance(error, smtplib.SMTPNotSupportedError):
        reason = "no_encryption" if "STARTTLS" in detail else "no_login"
        return NotTaken(reason=reason, stop=True, detail=detail)
    if isinstance(error, smtplib.SMTPAuthenticationError) and error.smtp_code >= 500:
        return NotTaken(reason="credentials", stop=True, detail=detail)
    if isinstance(error, smtplib.SMTPResponseException) and error.smtp_code >= 500:
        return NotTaken(reason="refused_us", stop=True, detail=detail)
    return NotTaken(reason="unreachable", detail=detail)


def transact(client: smtplib.SMTP, sender: str, receiver: str, mail: bytes, id: str) -> Outcome:
    """Hand over one mail in a transaction of its own."""
    try:
        code, words = client.mail(sender, [f"size={len(mail)}"] if client.has_extn("size") else [])
        if code != 250:
            return _again(client, _of_sender(code, words))
        code, words = client.rcpt(receiver)
        if code not in (250, 251):
            return _again(client, of_receiver(code, words))
    except (smtplib.SMTPServerDisconnected, OSError) as error:
        return NotTaken(reason="connection_lost", detail=str(error)[:200])
    try:
        code, words = client.data(mail)
    except smtplib.SMTPDataError as error:  # refused before any of it was sent
        return _again(client, of_receiver(error.smtp_code, _bytes(error.smtp_error)))
    except TimeoutError:
        return Uncertain(reason="no_answer")
    except (smtplib.SMTPServerDisconnected, OSError) as error:
        late = isinstance(error.__context__, TimeoutError | socket.timeout)
        return Uncertain(reason="no_answer" if late else "connection_lost", detail=str(error)[:200])
    return Accepted(id) if code == 250 else of_receiver(code, words)


def of_receiver(code: int, words: bytes) -> Outcome:
    """What a server's refusal means for the letter; only what is about the address suppresses it."""
    detail = told(code, words)
    if code == _WAIT_OR_CLOSE:
        return NotTaken(reason="rate_limited", detail=detail)
    if 400 <= code < 500:
        later = GREYLISTED if b"greylist" in words.lower() else None
        return NotTaken(reason="temporary", retry_after=later, detail=detail)
    if 500 <= code < 600:
        return Rejected(reason="refused", detail=detail, suppress="hard_bounce" if is_for_good(code, words) else "")
    return Uncertain(reason="strange_answer", detail=detail)


def is_for_good(code: int, words: bytes) -> bool:
    """Whether nobody will ever get mail at this address."""
    found = _ENHANCED.search(words)
    if found is None:
        return code in (551, 553)  # a bare 550 may be about us as well as about them
    return found[1] == b"5" and f"{int(found[2])}.{int(found[3])}" in NEVER


def told(code: int, words: bytes) -> str:
    """The server's own words, for whoever looks into it."""
    return f"SMTP {code}: {words.decode('utf-8', 'replace')}"[:300]


def _of_sender(code: int, words: bytes) -> Outcome:
    detail = told(code, words)
    if code in (530, 535):
        return NotTaken(reason="credentials", stop=True, detail=detail)
    if 500 <= code < 600:
        return NotTaken(reason="sender_refused", stop=True, detail=detail)
    return NotTaken(reason="rate_limited" if code == _WAIT_OR_CLOSE else "temporary", detail=detail)


def _again(client: smtplib.SMTP, outcome: Outcome) -> Outcome:
    """Begin anew for the next letter; a connection that is gone is noticed by then."""
    try:
        client.rset()
    except (smtplib.SMTPServerDisconnected, OSError):
        client.close()
    return outcome


def _bytes(words: bytes | str) -> bytes:
    return words if isinstance(words, bytes) else words.encode()
