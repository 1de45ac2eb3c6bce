"""Idempotency-Key: a POST that is sent twice is carried out once, and answered alike.

A key belongs to one API key and to one request: route, query, kind of body and body. The answer is kept sealed, under a
key that follows from the caller's Idempotency-Key, which is itself not kept: an answer may hold an API key
or a person's data. A streamed body is hashed as the view reads it, so an import of any size takes no memory; a second
sending of it is read to its end, and hashed, before the answer to the first is given.
"""

import hashlib
import hmac
import logging
import os
import re
import time
from collections.abc import Iterable
from io import RawIOBase
from typing import Any

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask import Flask, Response, g, request

from api.auth import PREFIX
from api.bodies import streams
from api.context import caller, services
from api.routing import view_of
from common.errors import Conflict, Invalid
from common.idempotency import Answer, Claim, InFlight
from common.ids import derive, new_id
from storage.outages import as_unavailable

log = logging.getLogger(__name__)

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
MAX_LENGTH = 255
_KEPT_HEADERS = ("Content-Type", "Location", "ETag", "WWW-Authenticate")
_CHUNK = 1 << 16
# Under these names requests and answers have ids of customers.
_PEOPLE = frozenset({"customer", "customer_id", "customers", "friend_id", "advocate_id", "other"})
_KEY = re.compile(rf"[!-~]{{1,{MAX_LENGTH}}}\Z")


class InProgress(Conflict):
    """The same request is being carried out right now."""

    def __init__(self, retry_after: int = 1) -> None:
        super().__init__("The first request with this Idempotency-Key is still being worked on.", "in_progress")
        self.retry_after = retry_after


class _Reading(RawIOBase):
    """A body as it is read, hashed on its way; keeps the claim alive for as long as bytes arrive."""

    def __init__(self, stream: Any, digest: Any, renew: Any, renew_every: float) -> None:
        self._stream = stream
        self._renew, self._every, self._next = renew, renew_every, time.monotonic() + renew_every
        self.digest = digest
        self.count = 0
        self.ended = False

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read some bytes into a buffer."""
        data = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        self.digest.update(data)
        self.count += len(data)
        self.ended = self.ended or not data
        if time.monotonic() > self._next:
            self._next = time.monotonic() + self._every
            self._renew()
        return len(data)


class _Attempt(msgspec.Struct, kw_only=True):
    """This request's own try at its key."""

    key: str
    id: str
    fingerprint: str
    claim: Claim | None = None
    reading: _Reading | None = None


def install(app: Flask) -> None:
    """Look for the header at every POST under /v1."""
    app.before_request(_before)
    app.after_request(_after)
    app.teardown_request(_teardown)


def operation_id() -> str:
    """An id for what this POST creates: the same when the same Idempotency-Key is sent again, else a new one.

    Creating under this id makes the creation itself idempotent, even where a crash lost the kept answer.
    """
    attempt: _Attempt | None = g.get("attempt")
    return derive("operation", attempt.id, attempt.fingerprint) if attempt else new_id()


def _before() -> Response | None:
    rule = request.url_rule
    if request.method != "POST" or rule is None or not rule.rule.startswith(PREFIX):
        return None
    key = request.headers.get(HEADER)
    if key is None:
        return None
    if not _KEY.match(key):
        raise Invalid.field(HEADER, f"Must be 1 to {MAX_LENGTH} printable ASCII characters without a space.")
    return _take_on(key, streams(view_of(request)))


def _take_on(key: str, streaming: bool) -> Response | None:
    digest = _head()
    if not streaming:
        digest.update(request.get_data())
    fingerprint = "" if streaming else digest.hexdigest()
    attempt = _Attempt(key=key, id=derive("idempotency", caller().id, key), fingerprint=fingerprint)
    found = services().answers.claim(attempt.id, fingerprint, services().settings.claim_lease)
    if isinstance(found, Claim):
        attempt.claim = found
        g.attempt = attempt
        if streaming:
            _hash_while_read(attempt, digest)
        return None
    if streaming and isinstance(found, Answer):
        for chunk in iter(lambda: request.stream.read(_CHUNK), b""):
            digest.update(chunk)
        attempt.fingerprint = digest.hexdigest()
    return _known(attempt, found)


def _known(attempt: _Attempt, found: Answer | InFlight) -> Response:
    if found.fingerprint and attempt.fingerprint and found.fingerprint != attempt.fingerprint:
        raise Invalid.field(HEADER, "This key was used for another request; a new request needs a new key.")
    if isinstance(found, InFlight):
        raise InProgress
    response = Response(_unsealed(attempt, found.body), found.status, dict(found.headers))
    response.headers[REPLAYED] = "true"
    return response


def _head() -> Any:
    """The hash of what a request says before its body."""
    head = (request.method, request.path, request.query_string.decode("latin-1"), request.mimetype)
    return hashlib.sha256(derive("request", *head).encode())


def _hash_while_read(attempt: _Attempt, digest: Any) -> None:
    answers, lease, claim = services().answers, services().settings.claim_lease, attempt.claim

    def renew() -> None:
        if claim is not None:
            answers.renew(claim, lease)

    attempt.reading = _Reading(request.environ["wsgi.input"], digest, renew, lease / 3)
    request.environ["wsgi.input"] = attempt.reading


def _after(response: Response) -> Response:
    attempt: _Attempt | None = g.get("attempt")
    if attempt is None or attempt.claim is None:
        return response
    if response.status_code >= 500 or response.is_streamed or not _read_to_the_end(attempt):
        return response
    try:
        _keep(attempt, attempt.claim, response)
    except Exception as error:
        if as_unavailable(error) is None:
            raise
        # The work is done and its answer true; only a second sending would not find it.
        log.warning("idempotency.not_kept", extra={"error": type(error).__name__})
    attempt.claim = None
    return response


def _keep(attempt: _Attempt, claim: Claim, response: Response) -> None:
    fingerprint = attempt.reading.digest.hexdigest() if attempt.reading else attempt.fingerprint
    headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
    body = _sealed(attempt, response.get_data())
    answer = Answer(fingerprint=fingerprint, status=response.status_code, headers=headers, body=body)
    services().answers.keep(claim, answer, _people(attempt, response))


def _people(attempt: _Attempt, response: Response) -> list[str]:
    """The ids of the customers whom a request and its answer name."""
    named = {*_named(request.view_args), *_named(response.get_json(silent=True))}
    if attempt.reading is None:
        named |= {*_named(request.get_json(silent=True))}
    return sorted(named)


def _named(value: Any) -> Iterable[str]:
    if isinstance(value, list):
        for item in value:
            yield from _named(item)
    elif isinstance(value, dict):
        for name, inner in value.items():
            if name in _PEOPLE:
                yield from (one for one in (inner if isinstance(inner, list) else [inner]) if isinstance(one, str))
            yield from _named(inner)


def _read_to_the_end(attempt: _Attempt) -> bool:
    """A view that gave up half way has not seen the whole request: such an answer is not kept."""
    reading = attempt.reading
    return reading is None or reading.ended or reading.count == request.content_length


def _teardown(_: BaseException | None) -> None:
    """Whatever was not answered may be tried again at once."""
    attempt: _Attempt | None = g.get("attempt")
    if attempt is None or attempt.claim is None:
        return
    try:
        services().answers.release(attempt.claim)
    except Exception as error:
        if as_unavailable(error) is None:
            raise
        log.warning("idempotency.not_released", extra={"error": type(error).__name__})


def _seals(attempt: _Attempt) -> Iterable[AESGCM]:
    text = f"seal\0{attempt.id}\0{attempt.key}".encode()
    return (AESGCM(hmac.digest(secret.encode(), text, "sha256")) for secret in services().settings.keys)


def _sealed(attempt: _Attempt, body: bytes) -> bytes:
    seal = next(iter(_seals(attempt)))
    nonce = os.urandom(12)
    return nonce + seal.encrypt(nonce, body, None)


def _unsealed(attempt: _Attempt, body: bytes) -> bytes:
    for seal in _seals(attempt):
        try:
            return seal.decrypt(body[:12], body[12:], None)
        except InvalidTag:
            continue
    raise Conflict("The answer was sealed with a secret key that is no longer set.", "unreadable")
