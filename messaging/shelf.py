"""What lies in a customer's inbox on the shop's pages."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

# So long a message lies there, and so many of them.
LIES = timedelta(days=60)
SHOWN = 20


class Lying(msgspec.Struct, frozen=True, kw_only=True):
    """A message in an inbox: its id, the token of the attempt that brought it, its parts, since when, and if read."""

    message: str
    token: str
    parts: dict[str, str]
    at: datetime
    read: bool = False


class Shelves(Protocol):
    """Inboxes."""

    def lying(self, address: str, since: datetime, limit: int) -> Sequence[Lying]:
        """What lies in an inbox, the newest first."""
        ...
