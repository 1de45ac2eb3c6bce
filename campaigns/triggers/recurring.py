"""Again and again, by a cron line: win-back jobs."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import pairwise
from typing import ClassVar, Literal

import msgspec
from croniter import CroniterBadCronError

from campaigns.cron import (
    every_hour,
    following,
    following_anywhere,
    instants,
    instants_anywhere,
    is_line,
    is_zone,
    sample,
)
from campaigns.trigger import Due, Trigger
from common.errors import Invalid

# A run plans a whole audience; more often than this is a mistake in the line.
LEAST_MINUTES = 15
# What is no later than this was not missed: another scheduler took over, whose clock may be wrong.
IN_TIME = timedelta(hours=3)
# Of more that were missed, the latest are caught up.
MOST = 50


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`cron`: five fields, by the clock of the `zone`: the shop's, or an IANA `time_zone`; or each customer's own.

    `missed`: what becomes of times that nobody was there for: they are skipped, made up for once, or all made up for.
    """

    cron: str
    time_zone: str = ""
    zone: Literal["shop", "customer"] = "shop"
    missed: Literal["skip", "once", "all"] = "once"


class Recurring(Trigger):
    """The campaign goes out each time its cron line says so."""

    name: ClassVar[str] = "recurring"
    summary: ClassVar[str] = "Goes out again and again, by a cron line such as '0 10 * * 2' (Tuesdays at ten)."
    Settings: ClassVar[type[msgspec.Struct]] = Settings

    @property
    def clock(self) -> str:
        """The zone that the line is meant in, where it is one."""
        return self.settings.time_zone or self.zone

    def next_at(self, after: datetime) -> datetime | None:
        """The next time of the line, where it comes first; None where it names a day that never comes."""
        if self.settings.zone == "customer":
            return following_anywhere(self.settings.cron, after)
        return following(self.settings.cron, self.clock, after)

    def due(self, first: datetime, now: datetime) -> list[Due]:
        """Each time, or those that are made up for, for the zones where it is one."""
        before = first - timedelta(microseconds=1)
        if self.settings.zone == "shop":
            times = instants(self.settings.cron, self.clock, before, now)
            return [Due(key=at.isoformat(), at=at) for at in self._wanted(times, now)]
        return self._everywhere(before, now)

    def _everywhere(self, before: datetime, now: datetime) -> list[Due]:
        """By the wall clocks' time and the instant: each zone is in one group, and who has none in the shop's."""
        groups: dict[tuple[datetime, datetime], list[str]] = {}
        for zone, times in instants_anywhere(self.settings.cron, before, now):
            for at in self._wanted(times, now):
                groups.setdefault((at, times[at]), []).append(zone)
        return [
            Due(
                key=f"{time.isoformat()} at {at.isoformat()}",
                at=at,
                wave=time.isoformat(),
                zones=names,
                elsewhere=self.zone in names,
            )
            for (at, time), names in sorted(groups.items())
        ]

    def _wanted(self, times: Mapping[datetime, datetime], now: datetime) -> list[datetime]:
        """Those that are run, the earliest first."""
        late = sorted(times)
        if self.settings.missed == "all":
            return late[-MOST:]
        latest = late[-1:]
        return [at for at in latest if self.settings.missed == "once" or now - at <= IN_TIME]

    def proof(self) -> None:
        """Refuse a line that is malformed, and a time zone that there is not."""
        if self.settings.time_zone and not is_zone(self.settings.time_zone):
            raise Invalid.field("trigger.time_zone", f"There is no time zone {self.settings.time_zone!r}.")
        if self.settings.zone == "customer" and self.settings.time_zone:
            raise Invalid.field("trigger.time_zone", "With `zone` set to `customer`, each one's own counts.")
        if not is_line(self.settings.cron):
            raise Invalid.field(
                "trigger.cron",
                "Five fields: minute, hour, day of month, month, day of week; numbers, *, lists, ranges and steps, "
                "and names of days and months.",
            )
        if self.settings.zone == "customer" and every_hour(self.settings.cron):
            raise Invalid.field("trigger.cron", "Name the hours: every hour is the same one everywhere.")
        self._check_times()

    def _check_times(self) -> None:
        """Refuse a line that is never due, or due too often."""
        try:
            times = sample(self.settings.cron)
        except (CroniterBadCronError, ValueError) as error:
            raise Invalid.field("trigger.cron", f"Not a cron line: {error}.") from None
        if not times:
            raise Invalid.field("trigger.cron", "This never comes to pass.")
        if any(late - early < timedelta(minutes=LEAST_MINUTES) for early, late in pairwise(times)):
            raise Invalid.field("trigger.cron", f"At most every {LEAST_MINUTES} minutes.")
