"""Cron lines by the wall clock: which instants they mean in a time zone, whatever its clocks do.

A line that names its hours means times of the day: one that the clocks skip comes when they have gone on, and one that
they show twice comes at the first. A line for every hour means the hours that there are: none is skipped, none is made
up. So each time comes once, and none goes missing.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from itertools import islice, takewhile
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from croniter import CroniterBadDateError, croniter

# What cron has in common everywhere: croniter knows random and hashed fields too, which would move with each reading.
_NAMES = "mon|tue|wed|thu|fri|sat|sun|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_VALUE = rf"(?:[0-9]{{1,2}}|{_NAMES})"
_ITEM = rf"(?:\*|{_VALUE}(?:-{_VALUE})?)(?:/[0-9]{{1,2}})?"
_FIELD = rf"{_ITEM}(?:,{_ITEM})*"
_LINE = re.compile(rf"{_FIELD}(?:[ \t]+{_FIELD}){{4}}", re.IGNORECASE)

# How far clocks jump: a whole day, where an island changes sides of the date line; an hour or so in daylight saving.
JUMP = timedelta(hours=26)
SAVING = timedelta(hours=3)
# Enough to see two times that are too near to each other: more than a day's.
START = datetime(2024, 1, 1)  # noqa: DTZ001  # by a wall clock
SAMPLE = 30
# No zone is further ahead of UTC, or further behind.
AHEAD, BEHIND = timedelta(hours=14), timedelta(hours=12)


def is_line(text: str) -> bool:
    """Whether it has the form of a line: five fields of numbers, *, lists, ranges and steps, or names."""
    return _LINE.fullmatch(text.strip()) is not None


def every_hour(line: str) -> bool:
    """Whether it names no hours, and so means every one, or every so many."""
    return line.split()[1].startswith("*")


def instants(line: str, zone: str, after: datetime, until: datetime) -> dict[datetime, datetime]:
    """All that a line means in a zone after an instant and up to another: the times of the wall clock, by instant."""
    clock, jump = ZoneInfo(zone), _jump(line)
    times = _between(line, _wall(after, clock) - jump, _wall(until, clock) + jump)
    return {at: time for at, time in _instants(line, clock, times) if after < at <= until}


def instants_anywhere(line: str, after: datetime, until: datetime) -> Iterator[tuple[str, dict[datetime, datetime]]]:
    """The same for each zone of the world in which a line, which names its hours, then means anything."""
    times = _between(line, _wall(after, UTC) - BEHIND - JUMP, _wall(until, UTC) + AHEAD + JUMP)
    for zone in zones():
        found = {at: time for at, time in _instants(line, ZoneInfo(zone), times) if after < at <= until}
        if found:
            yield zone, found


def following(line: str, zone: str, after: datetime) -> datetime | None:
    """The next instant that a line means in a zone; None where it names a day that never comes."""
    clock, jump = ZoneInfo(zone), _jump(line)
    here = _wall(after, clock)
    times = _near(line, here - jump, here + jump)
    return min((at for at, _ in _instants(line, clock, times) if at > after), default=None)


def following_anywhere(line: str, after: datetime) -> datetime | None:
    """The next instant that a line, which names its hours, means in any zone of the world."""
    utc = _wall(after, UTC)
    times = _near(line, utc - BEHIND - JUMP, utc + AHEAD + JUMP)
    found = (at for zone in zones() for at, _ in _instants(line, ZoneInfo(zone), times) if at > after)
    return min(found, default=None)


@cache
def zones() -> tuple[str, ...]:
    """All zones that there are."""
    return tuple(sorted(available_timezones()))


def is_zone(name: str) -> bool:
    """Whether there is such a zone."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: a directory of the zone database
        return False
    return True


def sample(line: str) -> list[datetime]:
    """Some of the times that a line names, one after the other; none where it names a day that never comes."""
    return list(islice(_times(line, START), SAMPLE))


def _jump(line: str) -> timedelta:
    return SAVING if every_hour(line) else JUMP


def _times(line: str, after: datetime) -> Iterator[datetime]:
    """The times of a wall clock that a line names, for ever; nothing where it names a day that never comes."""
    times = croniter(line, after)
    while True:
        try:
            following: datetime = times.get_next(datetime)
        except CroniterBadDateError:
            return
        yield following


def _wall(at: datetime, clock: tzinfo) -> datetime:
    return at.astimezone(clock).replace(tzinfo=None)


def _between(line: str, first: datetime, last: datetime) -> list[datetime]:
    """The times after `first` up to `last`."""
    return list(takewhile(lambda time: time <= last, _times(line, first)))


def _near(line: str, first: datetime, last: datetime) -> list[datetime]:
    """The times after `first` up to `last`, and the next one after that."""
    found: list[datetime] = []
    for time in _times(line, first):
        found.append(time)
        if time > last:
            break
    return found


def _instants(line: str, clock: ZoneInfo, times: Sequence[datetime]) -> Iterator[tuple[datetime, datetime]]:
    """When these times of a wall clock are; twice where it shows them twice, if the line is for every hour."""
    if not every_hour(line):
        for time in times:
            offset = clock.utcoffset(time)
            yield (time - offset if offset else time).replace(tzinfo=UTC), time
        return
    for time in times:
        for fold in (0, 1):
            at = time.replace(tzinfo=clock, fold=fold).astimezone(UTC)
            if at.astimezone(clock).replace(tzinfo=None) == time:
                yield at, time
