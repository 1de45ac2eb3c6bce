"""What became of a letter that was handed over, as far as anybody can know."""

from datetime import datetime

import msgspec

# In seconds: no provider is left alone for longer, whatever its Retry-After says.
LONGEST_WAIT = 86_400.0


class Accepted(msgspec.Struct, frozen=True):
    """The provider has it, and will say so again under this id; these of its `also` addresses are no more."""

    provider_id: str = ""
    gone: tuple[str, ...] = ()


class NotTaken(msgspec.Struct, frozen=True, kw_only=True):
    """The provider certainly does not have it and it may be tried again, `retry_after` seconds from now where it said.

    `retry_at` stands instead where it named an instant; `hand_over` turns that into seconds, at most `LONGEST_WAIT`.
    `stop` means that every other letter would fare the same (wrong credentials, no account): open the breaker.
    """

    reason: str
    retry_after: float | None = None
    retry_at: datetime | None = None
    stop: bool = False
    detail: str = ""

    @property
    def waits(self) -> bool:
        """Whether the provider said for how long."""
        return self.retry_after is not None or self.retry_at is not None

    def bounded(self, now: datetime) -> "NotTaken":
        """The same with the wait in seconds, as long as any provider is believed; a time gone by is no wait."""
        if not self.waits:
            return self
        told = (self.retry_at - now).total_seconds() if self.retry_at is not None else self.retry_after or 0.0
        return msgspec.structs.replace(self, retry_after=min(max(0.0, told), LONGEST_WAIT), retry_at=None)


class Rejected(msgspec.Struct, frozen=True, kw_only=True):
    """The provider certainly does not have it and never will: this address or this content is refused.

    `suppress` is the reason to suppress the address on this channel for good, empty where it is not to blame; with
    GONE the address is no more, and is taken from whoever has it, like the `gone` ones.
    """

    reason: str
    detail: str = ""
    suppress: str = ""
    gone: tuple[str, ...] = ()


class Uncertain(msgspec.Struct, frozen=True, kw_only=True):
    """Nobody knows whether the provider has it; only its own word later, or a look-up, can tell."""

    reason: str
    detail: str = ""


Outcome = Accepted | NotTaken | Rejected | Uncertain
