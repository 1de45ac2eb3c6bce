"""Days on which an order earns several times as much."""

from datetime import date, datetime
from fractions import Fraction
from typing import Annotated, ClassVar, Literal

import msgspec

from loyalty.points_earning import EarningKind

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class MultiplierDaysSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All that an order earns, times `factor`, on these `weekdays` (none: on all) between both days, in shop time."""

    factor: Annotated[float, msgspec.Meta(ge=0.01, le=100)]
    weekdays: Annotated[list[Weekday], msgspec.Meta(max_length=7)] = []
    first_day: date | None = None
    last_day: date | None = None


class MultiplierDays(EarningKind[MultiplierDaysSettings]):
    """By the day on which an order was placed."""

    name: ClassVar[str] = "multiplier_days"
    about: ClassVar[str] = "Multiplies what orders earn on some days of the week, or between two days."
    Settings: ClassVar[type[msgspec.Struct]] = MultiplierDaysSettings

    def factor(self, at: datetime) -> Fraction:
        """The factor on its days, to a hundredth."""
        own, day = self.settings, at.date()
        fits = not own.weekdays or WEEKDAYS[day.weekday()] in own.weekdays
        begun = own.first_day is None or own.first_day <= day
        over = own.last_day is not None and own.last_day < day
        return Fraction(round(own.factor * 100), 100) if fits and begun and not over else Fraction(1)
