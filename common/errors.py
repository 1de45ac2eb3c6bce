"""What can go wrong for a caller, in words that name the field and the way out.

The doors translate these to HTTP or an exit code; nothing below a door knows of HTTP.
"""

from collections.abc import Mapping, Sequence

Fields = Mapping[str, Sequence[str]]


class EncoreError(Exception):
    """Anything a caller can act on; `str(error)` is a sentence for a person."""


class Invalid(EncoreError):
    """The input is wrong; `fields` maps each field's path (`lines.0.quantity`) to what is wrong with it.

    `reasons` holds a stable word for programs of each of them that has one.
    """

    def __init__(self, detail: str, fields: Fields | None = None, reasons: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.reasons = dict(reasons or {})
        self.fields: dict[str, list[str]] = {path: list(messages) for path, messages in (fields or {}).items()}

    @classmethod
    def field(cls, path: str, message: str, reason: str = "") -> "Invalid":
        """One wrong field."""
        return cls(f"{path}: {message}", {path: [message]}, {path: reason} if reason else None)


class NotFound(EncoreError):
    """There is no such thing; `kind` and `id` say which, `reason` (a stable word) why: else "unknown_" and the kind."""

    def __init__(self, kind: str, id: str, reason: str = "", detail: str = "") -> None:
        super().__init__(detail or f"There is no {kind} {id!r}.")
        self.kind = kind
        self.id = id
        self.reason = reason or f"unknown_{kind.replace(' ', '_')}"


class Conflict(EncoreError):
    """The thing is in a state that does not allow this; `reason` is a stable word for programs."""

    def __init__(self, detail: str, reason: str = "conflict") -> None:
        super().__init__(detail)
        self.reason = reason


class Stale(EncoreError):
    """Somebody changed the thing since the caller read it (If-Match did not hold)."""


class Denied(EncoreError):
    """The caller is known but may not do this; `scope` names what is missing."""

    def __init__(self, scope: str) -> None:
        super().__init__(f"This key lacks the scope {scope!r}.")
        self.scope = scope


class Unknown(EncoreError):
    """The caller did not say who they are, or not truthfully (a missing, wrong or revoked key)."""


class Forged(EncoreError):
    """A provider's webhook whose signature does not fit its body."""


class Slowed(EncoreError):
    """The caller may not try this again before `retry_after` seconds; `reason` is a stable word for programs."""

    def __init__(self, detail: str, retry_after: int, reason: str) -> None:
        super().__init__(detail)
        self.retry_after = retry_after
        self.reason = reason


class Unavailable(EncoreError):
    """A server Encore needs is away; try again after `retry_after` seconds. Nothing was lost or half done."""

    def __init__(self, detail: str, retry_after: int = 5) -> None:
        super().__init__(detail)
        self.retry_after = retry_after
