"""Lists by pages: a cursor says where the next page starts, so that nothing is skipped when the list grows."""

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import Any, TypeVar

T = TypeVar("T")


def paged(
    fetch: Callable[[str, int], Sequence[T]],
    args: Mapping[str, Any],
    cursor: Callable[[T], str] = attrgetter("id"),
) -> dict[str, Any]:
    """One page of `fetch(after, limit)` for the arguments of PageArgs.

    One more than wanted is read, which tells without a count whether there is a next page.
    """
    limit: int = args["limit"]
    rows = list(fetch(args["after"], limit + 1))
    more = len(rows) > limit
    data = rows[:limit]
    return {"data": data, "next": cursor(data[-1]) if more else None}
