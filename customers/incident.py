"""An incident: something that went wrong, with one order or with many; and a case for each order that it hit."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Any, Literal, Protocol, get_args

import msgspec

from common.ids import derive

# What can go wrong with an order, and that a customer was not content.
IncidentCause = Literal[
    "delayed", "out_of_stock", "cancelled", "delivery_failed", "damaged", "wrong_item", "late", "unhappy"
]
INCIDENT_CAUSES: tuple[IncidentCause, ...] = get_args(IncidentCause)
# Open: the customer has not been told. Told: they have been. Solved: it was put right. Closed: it ended otherwise.
CaseState = Literal["open", "told", "solved", "closed"]
CASE_STATES: tuple[CaseState, ...] = get_args(CaseState)
LIVE: tuple[CaseState, ...] = ("open", "told")
# What is still to be done about a case: say the bad news, say that a promised date has changed, see whether either
# arrived, say the good news.
Work = Literal["", "tell", "date", "watch", "cheer"]
Source = Literal["order", "chore", "shop", "survey", "page"]
# What a customer may choose on the page of their order: to wait for it, another one of the same, another product, or
# their money back.
Choice = Literal["", "wait", "replacement", "substitute", "refund"]
CHOICES: tuple[Choice, ...] = get_args(Choice)
# What is offered for a trouble: what the bad news says can be had. Of the others there is nothing to choose.
OFFERED: Mapping[str, tuple[Choice, ...]] = {
    "out_of_stock": ("wait", "substitute", "refund"),
    "damaged": ("replacement", "refund"),
    "wrong_item": ("replacement", "refund"),
}
LONGEST_WORD = 1_000
# However far off a promised date is, marketing rests for no longer than this after a case began.
LONGEST_REST = timedelta(days=365)


class Scope(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Whom an incident hit: these orders, or those not yet sent with a product, or those under way with a carrier.

    Of the latter two, those placed `since`.
    """

    orders: list[str] = []
    product: str = ""
    carrier: str = ""
    since: datetime | None = None


class Incident(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename={"id": "_id"}):
    """What went wrong and why, in plain words. `finding` until all whom it hit are found.

    `quiet` ones are kept and told to nobody.
    """

    id: str
    cause: IncidentCause
    source: Source
    opened_at: datetime
    reason: str = ""
    expected_at: datetime | None = None
    scope: Scope = Scope()
    by: str = ""
    quiet: bool = False
    finding: bool = False


class Chosen(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The make-good that was chosen for a case, before anything of it is given; `offer` is "" for none."""

    kind: str = ""
    offer: str = ""
    worth: int = 0
    currency: str = ""


class Given(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A make-good that was given: a code of an offer, worth so much in minor units; `by` is a person, "" for Encore."""

    id: str
    kind: str
    offer: str
    code: str
    worth: int
    currency: str
    at: datetime
    by: str = ""
    note: str = ""


class Case(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename={"id": "_id"}):
    """One order that an incident hit, and what was done about it: one for each order and cause.

    `work` is what is still to be said; `told_at` when the bad news was handed over, `untold` why it never was. `dates`
    are the promised dates that the customer was told, the latest word last, and `updates` the messages that told of a
    changed one. `wants` is what the customer chose on the page of their order, `wants_product` the substitute, and
    `said` what they would like to speak about. No
    marketing goes to the customer before `rests_until`, while the case is live: `rest_days` after it began or after the
    latest date that was promised, whichever is later. `call` asks for a person, `why_call`
    says why. `by_hand` is what people gave in minor units, `hand` the ids of what they gave. `answer` is the survey's
    answer that it began with, "" for none.
    """

    id: str
    incident: str
    customer: str
    cause: IncidentCause
    opened_at: datetime
    order: str = ""
    answer: str = ""
    state: CaseState = "open"
    work: Work = ""
    reason: str = ""
    expected_at: datetime | None = None
    rests_until: datetime | None = None
    rest_days: int = 0
    bad_in_a_row: int = 0
    chosen: Chosen | None = None
    given: list[Given] = []
    refused: str = ""
    by_hand: int = 0
    hand: list[str] = []
    message: str = ""
    told_at: datetime | None = None
    dates: list[datetime] = []
    updates: list[str] = []
    untold: str = ""
    call: bool = False
    why_call: str = ""
    called_by: str = ""
    ended_at: datetime | None = None
    ended_by: str = ""
    ending: str = ""
    note: str = ""
    good_news: str = ""
    wants: Choice = ""
    wants_product: str = ""
    wants_at: datetime | None = None
    said: str = ""

    @property
    def live(self) -> bool:
        """Whether it still is to be put right."""
        return self.state in LIVE

    @property
    def latest(self) -> str:
        """The message that has the latest word on what went wrong."""
        return self.updates[-1] if self.updates else self.message


def incident_id(order: str, cause: str) -> str:
    """The incident of one order, as it follows from what went wrong."""
    return derive("incident", order, cause)


def case_id(order: str, cause: str) -> str:
    """The one case of an order and a cause; that it is late and that it is delayed are one trouble."""
    return derive("case", order, "delayed" if cause == "late" else cause)


def rest_until(case: Case, date: datetime | None) -> datetime | None:
    """Until when marketing rests for a case of which this date was promised; None where it does not rest at all."""
    if date is None or case.rests_until is None or not case.rest_days:
        return case.rests_until
    latest = case.opened_at + LONGEST_REST
    return max(case.rests_until, min(latest, min(latest, date) + timedelta(days=case.rest_days)))


def is_news(told: Sequence[datetime], date: datetime | None, zone: tzinfo) -> bool:
    """Whether a promised date is worth a message to somebody who was told those dates, the latest word last.

    It is told as a day, so the same day at another hour is no news. A day that they were told before is news again
    only where it is later than what they believe now: whatever a shop's system flips between, they end up believing the
    latest of it, no day is told twice in a row, and nobody waits in vain for want of a message.
    """
    if date is None:
        return False
    days = [one.astimezone(zone).date() for one in told]
    day = date.astimezone(zone).date()
    return not days or (day not in days) or day > days[-1]


def rests(care: Mapping[str, Any], now: datetime) -> bool:
    """Whether a customer with this facet `care` is to be left alone by marketing: `open` is case -> until when."""
    return any(until > now for until in care.get("open", {}).values())


class Incidents(Protocol):
    """The incidents as they are kept."""

    def add(self, incidents: Sequence[Incident]) -> None:
        """Keep new ones; one that is there stays as it is."""
        ...

    def get(self, id: str) -> Incident:
        """One; raises NotFound."""
        ...

    def unfinished(self, limit: int) -> list[Incident]:
        """Those of which not all whom they hit are found."""
        ...

    def found(self, id: str) -> None:
        """Note that all whom it hit are found."""
        ...


class Cases(Protocol):
    """The cases as they are kept; every change is a compare-and-set, and twice is once."""

    def open(self, cases: Sequence[Case]) -> set[str]:
        """Keep new ones, and note at their customers that marketing rests; the ids of those that were new."""
        ...

    def get(self, ids: Sequence[str]) -> dict[str, Case]:
        """Those of these that exist, by id."""
        ...

    def of_orders(self, orders: Sequence[str]) -> list[Case]:
        """All cases of these orders."""
        ...

    def end(self, case: Case, state: CaseState, ending: str, by: str = "", note: str = "") -> bool:
        """Solve or close a live case; marketing no longer rests for its sake. False where it ended already."""
        ...

    def learn(self, case: Case, reason: str, expected_at: datetime | None) -> bool:
        """Note the latest word on a live case; True where who was told another date is to be told this one."""
        ...
