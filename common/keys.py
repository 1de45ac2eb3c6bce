"""API keys: who a program is to us, and what it may do. The key itself is shown once and never kept."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Literal, Protocol, get_args

import msgspec

Scope = Literal["read", "ingest", "campaigns", "checkout", "admin"]
SCOPES: tuple[str, ...] = get_args(Scope)


class ApiKey(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename={"id": "_id"}):
    """A key as it is kept: `hash` is the SHA-256 of the key, which is random enough to need no slow hash."""

    id: str
    name: str
    scopes: list[Scope]
    hash: str
    created_at: datetime
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None

    def may(self, scope: str) -> bool:
        """Whether this key has a scope; `admin` has them all."""
        return scope in self.scopes or "admin" in self.scopes


class Keys(Protocol):
    """The API keys as they are kept."""

    def create(self, name: str, scopes: Sequence[Scope], id: str | None = None) -> tuple[ApiKey, str]:
        """A new key and its secret, which is shown now or never; the same id again replaces the secret."""
        ...

    def find(self, secret: str) -> ApiKey | None:
        """The key, unless there is none or it was revoked; notes, at most once a minute, that it was used."""
        ...

    def page(self, after: str, limit: int) -> list[ApiKey]:
        """Keys in the order of ids, the revoked ones too."""
        ...

    def names(self, ids: Sequence[str]) -> dict[str, str]:
        """The names of those of these keys that exist, the revoked ones too."""
        ...

    def revoke(self, id: str) -> bool:
        """Make a key useless from now on; False when there is no such key. Twice is once."""
        ...


def new_secret() -> str:
    """A new key: 256 random bits behind a prefix that secret scanners can look for."""
    return f"encore_{secrets.token_urlsafe(32)}"


def hash_of(secret: str) -> str:
    """What is kept of a key."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
