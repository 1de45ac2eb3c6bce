"""Signed links: a token says what it is for and about whom by an id, and nobody can make one up.

Tokens hold ids that Encore made itself, never a name or an address. The newest key signs; older keys
still verify, so that keys can be rotated while messages are on their way.
"""

from typing import Any

from itsdangerous import BadSignature, URLSafeSerializer

from common.errors import NotFound

# Pages a customer can be sent to; a token made for one does not open another.
PATHS = {
    "unsubscribe": "/u/",
    "preferences": "/p/",
    "why": "/w/",
    "click": "/c/",
    "open": "/o/",
    "referral": "/r/",
    "confirm": "/y/",
}


class Links:
    """Makes and reads the links in messages."""

    def __init__(self, secret_keys: list[str], public_url: str) -> None:
        """`secret_keys` newest first; `public_url` is what customers' browsers reach, without a slash at its end."""
        self._keys = list(reversed(secret_keys))  # itsdangerous signs with the last
        self.public_url = public_url.rstrip("/")

    def token(self, page: str, payload: Any) -> str:
        """A token of plain JSON data for one page."""
        token = self._serializer(page).dumps(payload)
        return token if isinstance(token, str) else token.decode()

    def read(self, page: str, token: str) -> Any:
        """What a token says; raises NotFound, which tells a guesser nothing, unless we made it for this page."""
        try:
            return self._serializer(page).loads(token)
        except BadSignature:
            raise NotFound("page", page) from None

    def url(self, page: str, payload: Any) -> str:
        """The whole address of a page with its token."""
        return f"{self.public_url}{PATHS[page]}{self.token(page, payload)}"

    def referral(self, code: str) -> str:
        """The address of a referral code's landing page; the code itself is public, made to be shared."""
        return f"{self.public_url}{PATHS['referral']}{code}"

    def _serializer(self, page: str) -> URLSafeSerializer:
        return URLSafeSerializer(self._keys, salt=f"encore.{page}")
