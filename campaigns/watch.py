"""A trigger that no event opens: it looks for people itself, every so often, and finds each occasion once."""

from abc import abstractmethod
from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any, ClassVar, TypeVar
from zoneinfo import ZoneInfo

from campaigns.cron import is_zone
from campaigns.occasion import Look, Occasion, Way
from campaigns.trigger import Trigger
from common.events import Event

T = TypeVar("T")
AT_ONCE = 500
HOUR = 3_600.0
DAY = timedelta(days=1)


class Watch(Trigger):
    """Looks every `looks_every` seconds for what became due since it last looked, or `reach` ago if that is longer.

    What was found before is found again and again: occasions have keys, and a key lets somebody in once.
    """

    personal: ClassVar[bool] = True
    looks_every: ClassVar[float] = HOUR
    reach: ClassVar[timedelta] = DAY

    def next_at(self, after: datetime) -> datetime | None:
        """Never for all at once."""
        return None

    @abstractmethod
    def found(self, look: Look) -> Iterator[Sequence[Occasion]]:
        """The occasions that became due, a few hundred at a time."""


def parts(rows: Iterator[T]) -> Iterator[list[T]]:
    """A few hundred at a time."""
    while part := list(islice(rows, AT_ONCE)):
        yield part


def midnight(day: date, zone: str, home: str) -> datetime:
    """When a day begins in a zone, or at `home` where there is no such zone."""
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone if is_zone(zone) else home))


def day_in(year: int, month: int, day: int) -> date:
    """A day of the calendar in a year: 29 February is the 28th where there is no 29th."""
    if (month, day) == (2, 29) and not _leap(year):
        return date(year, 2, 28)
    return date(year, month, day)


def days_between(start: datetime, end: datetime, shift: int) -> list[date]:
    """The days, by any clock of the world, that begin between two instants, so many days later."""
    first, last = (start - DAY).date(), (end + DAY).date()
    return [first + timedelta(days=shift + number) for number in range((last - first).days + 1)]


def names_of(days: Sequence[date]) -> set[str]:
    """The "MM-DD" under which they are kept; 28 February, in a year without a 29th, is that day too."""
    names = {f"{day:%m-%d}" for day in days}
    return names | (
        {"02-29"} if any((day.month, day.day) == (2, 28) and not _leap(day.year) for day in days) else set()
    )


def _leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def caring(look: Look, news: Sequence[Event], ways: Collection[Way]) -> Iterator[Sequence[Occasion]]:
    """Those who care for the products of these events: all that is news for somebody at once is one occasion."""
    if not news:
        return iter(())
    return parts(
        Occasion(
            customer=customer,
            key=theirs[0].id,
            also=[one.id for one in theirs[1:]],
            since=min(one.at for one in theirs),
            data={"event": {"news": [_said(one) for one in theirs]}},
        )
        for customer, theirs in look.search.interested(news, ways)
    )


def _said(news: Event) -> dict[str, Any]:
    """What a message may say of it: the product, and what it cost before, where that is what is new."""
    return {name: news.data[name] for name in ("product", "was", "currency") if name in news.data}
