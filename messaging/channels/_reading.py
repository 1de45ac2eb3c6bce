"""What providers say is read here so that nothing they say does harm: JSON however deep, times however far."""

import json
import math
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from common.errors import Invalid

# Before this nobody had any of these channels: a time before it is none.
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
# Seconds that fit into any number.
_FOR_EVER = 1e9


def parsed(body: bytes | str) -> Any:
    """The JSON of a webhook or an answer; raises Invalid where it is none, or nested deeper than anybody can read."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Invalid("The webhook is not JSON.") from error


def bounded(at: datetime, came_in: datetime) -> datetime:
    """A time that a provider told, no later than its word came in; when that was, for a time that cannot be."""
    return min(at, came_in) if at >= EARLIEST else came_in


def since_1970(value: Any, unit: int = 1) -> datetime | None:
    """A time in seconds since 1970, or in milliseconds (`unit` 1,000); None where there is no such time."""
    try:
        return datetime.fromtimestamp(int(value) / unit, UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def told_to_wait(value: Any) -> float | datetime | None:
    """How many seconds to wait, or until when: as an answer or its `Retry-After` says it (RFC 9110, 10.2.3).

    Seconds may have a fraction. None where it says nothing that can be understood; whoever waits sets a bound.
    """
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = str(min(value, _FOR_EVER))
    if not isinstance(value, str):
        return None
    try:
        seconds = float(value)
    except ValueError:
        return _date(value)
    return None if math.isnan(seconds) else min(max(seconds, 0.0), _FOR_EVER)


def _date(value: str) -> datetime | None:
    try:
        at = parsedate_to_datetime(value)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return at if at >= EARLIEST else None
