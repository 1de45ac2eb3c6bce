"""Notices what went wrong with orders, and what was put right: by their events, and by the dates they were promised.

A case follows from the order as it is kept and not from the event that called attention to it: so events may come
twice, late, or in any order.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from msgspec.structs import replace

from common.clock import Clock
from common.doorbell import Doorbell
from common.events import Event, Events
from customers.catalogue import BACK_IN_STOCK
from customers.customer import Customers
from customers.incident import Case, Cases, Incident, IncidentCause, Incidents, case_id, incident_id, rest_until
from customers.incidents import CAUSES, LATE, date_since, ending, told_of, told_since
from customers.orders import ERASED, Order, Orders
from loyalty.goodwill import Goodwill, Policies

CONSUMER = "incidents"
TELL_INCIDENTS = "tell_incidents"
# What happened longer ago when we first hear of it is history: nobody is to be told of it now.
NEWS = timedelta(days=3)
# Nobody looks for what was late before there was anybody to look, nor twice further back than a little.
FIRST_LOOK = timedelta(days=1)
OVERLAP = timedelta(hours=1)
AT_ONCE = 500
_ABOUT = frozenset(f"order_{word}" for word in (*CAUSES - {LATE}, "shipped", "delivered", "returned", "refunded"))


class Overdue(Protocol):
    """Finds orders by the dates they were promised."""

    def between(self, since: datetime, until: datetime) -> Iterator[Sequence[Order]]:
        """Those that some word promised for after `since` and until `until` and that are not there yet, by the lot."""
        ...


class Looked(Incidents, Protocol):
    """The incidents, and how far the chore has looked."""

    def looked_until(self) -> datetime | None:
        """Until which promised date orders were looked at; None where they never were."""
        ...

    def look_until(self, until: datetime) -> None:
        """Note that those until then were looked at."""
        ...


class Noticing:
    """Opens cases, and ends them; `sold_out` are those that wait for something to be there again."""

    def __init__(
        self,
        *,
        orders: Orders,
        customers: Customers,
        incidents: Looked,
        cases: Cases,
        overdue: Overdue,
        sold_out: Callable[[], Sequence[Case]],
        policies: Policies,
        events: Events,
        doorbell: Doorbell,
        clock: Clock,
    ) -> None:
        self._orders = orders
        self._customers = customers
        self._incidents = incidents
        self._cases = cases
        self._overdue = overdue
        self._sold_out = sold_out
        self._policies = policies
        self._events = events
        self._doorbell = doorbell
        self._clock = clock

    def react(self, limit: int = AT_ONCE) -> int:
        """Look at the orders that events are about; how many events there were."""
        events = self._events.waiting_for(CONSUMER, limit)
        if not events:
            return 0
        orders = {str(one.data["order"]) for one in events if one.type in _ABOUT}
        if orders:
            self.look(sorted(orders))
        for answer in [one for one in events if one.type == "survey_answered" and one.data.get("low")]:
            self._unhappy(answer)
        for product in sorted({str(one.data["product"]) for one in events if one.type == BACK_IN_STOCK}):
            self._back(product)
        self._events.done(CONSUMER, [one.id for one in events])
        return len(events)

    def look(self, ids: Sequence[str]) -> int:
        """Open what is new with these orders, and end what is over; how many cases were new."""
        orders = self._orders.get(ids)
        known: dict[str, list[Case]] = {}
        for case in self._cases.of_orders(list(orders)):
            known.setdefault(case.order, []).append(case)
        fresh: list[tuple[Order, IncidentCause, datetime]] = []
        for order in orders.values():
            cases = known.get(order.id, [])
            new = list(self._new(order, {case.cause for case in cases}))
            self._follow(order, cases, speaks="" if new else _newest(cases))
            fresh += new
        return self._open(fresh)

    def look_for_late(self) -> int:
        """Open a case for each order that should have been there and nobody says why it is not; how many."""
        policy, now = self._policies.get(), self._clock.now()
        until = now - timedelta(hours=policy.late_hours)
        since = (self._incidents.looked_until() or until - FIRST_LOOK) - OVERLAP
        found = sum(self._late(orders, until) for orders in self._overdue.between(since, until))
        self._incidents.look_until(until)
        return found

    def _late(self, orders: Sequence[Order], until: datetime) -> int:
        late = [order for order in orders if order.expected_at and order.expected_at <= until]
        troubled = {case.order for case in self._cases.of_orders([order.id for order in late]) if case.live}
        now = self._clock.now()
        return self._open([(order, "late", now) for order in late if order.id not in troubled])

    def _follow(self, order: Order, cases: Sequence[Case], speaks: str) -> None:
        """End the cases of an order that are over, and note the latest word on those that are not.

        Of several troubles of one order only one `speaks` of new dates, and none where a new trouble will.
        """
        for case in cases:
            if not case.live or (case.cause not in CAUSES and case.cause != LATE):
                continue
            over = ending(order, case.cause)
            if over:
                self._cases.end(case, "closed" if over == "overtaken" else "solved", over)
                self._doorbell.ring(TELL_INCIDENTS, urgent=True)
                continue
            said = told_since(order, case.cause, case.opened_at)
            date = date_since(order, case.cause, case.opened_at) if case.id == speaks else None
            if self._cases.learn(case, said.reason if said else "", date):
                self._doorbell.ring(TELL_INCIDENTS, urgent=True)

    def _new(self, order: Order, known: set[IncidentCause]) -> Iterator[tuple[Order, IncidentCause, datetime]]:
        """What went wrong with an order lately, stands, and has no case yet; what is late already is delayed, too."""
        known = {*known, "delayed"} if LATE in known else known
        for event in order.events:
            if event.type not in CAUSES or event.type in known or ending(order, event.type):
                continue
            said = told_of(order, event.type)
            if said is not None and said.at >= self._clock.now() - NEWS:
                known = {*known, event.type}  # type: ignore[arg-type]  # it is one of CAUSES
                yield order, event.type, said.at  # type: ignore[misc]  # as above

    def _open(self, fresh: Sequence[tuple[Order, IncidentCause, datetime]]) -> int:
        """Keep an incident and its one case for each of these."""
        fresh = [one for one in fresh if not one[0].customer_id.startswith(ERASED)]
        if not fresh:
            return 0
        policy = self._policies.get()
        people = self._customers.get(sorted({order.customer_id for order, _, _ in fresh}))
        cases, incidents = [], []
        for order, cause, at in fresh:
            person = people.get(order.customer_id)
            bad = person.profile.bad_in_a_row if person else 0
            said = told_of(order, cause)
            case = new_case(policy, incident_id(order.id, cause), order, cause, self._clock.now(), at, bad)
            case = with_word(case, said.reason if said else "", said.expected_at if said else None)
            cases.append(case)
            incidents.append(_incident(case, "chore" if cause == LATE else "order"))
        self._incidents.add(incidents)
        opened = self._cases.open(cases)
        if any(case.work for case in cases if case.id in opened):
            self._doorbell.ring(TELL_INCIDENTS, urgent=True)
        return len(opened)

    def _unhappy(self, answer: Event) -> None:
        """A low answer to a survey is an incident, too: a person is to look at it."""
        policy, now = self._policies.get(), self._clock.now()
        message = str(answer.data["message"])
        case = Case(
            id=case_id(message, "unhappy"),
            incident=incident_id(message, "unhappy"),
            customer=answer.customer,
            cause="unhappy",
            opened_at=now,
            order=str(answer.data.get("order", "")),
            answer=message,
            work="tell" if policy.active and "unhappy" in policy.tell else "",
            rests_until=now + policy.rests if policy.active and policy.rest_days else None,
            bad_in_a_row=1,
            call=True,
            why_call="unhappy",
        )
        if not answer.customer.startswith(ERASED):
            self._incidents.add([_incident(case, "survey")])
            self._cases.open([case])

    def _back(self, product: str) -> None:
        """What was sold out is there again: solved, for whoever waited for it."""
        for case in self._waiting_for(product):
            self._cases.end(case, "solved", "in_stock")
            self._doorbell.ring(TELL_INCIDENTS, urgent=True)

    def _waiting_for(self, product: str) -> list[Case]:
        waiting = self._sold_out()
        orders = self._orders.get([case.order for case in waiting])
        return [
            case
            for case in waiting
            if case.order in orders and any(line.product_id == product for line in orders[case.order].lines)
        ]


def _newest(cases: Sequence[Case]) -> str:
    """The trouble of an order that was opened last, of those that stand."""
    stand = [case for case in cases if case.live and case.cause in CAUSES]
    return max(stand, key=lambda case: (case.opened_at, case.id)).id if stand else ""


def new_case(
    policy: Goodwill,
    incident: str,
    order: Order,
    cause: IncidentCause,
    now: datetime,
    happened: datetime,
    bad_in_a_row: int,
) -> Case:
    """A case of an order, to be told where the policy says so of what happened since it holds."""
    since = policy.active_since
    tells = policy.active and cause in policy.tell and (since is None or happened >= since)
    return Case(
        id=case_id(order.id, cause),
        incident=incident,
        customer=order.customer_id,
        cause=cause,
        opened_at=now,
        order=order.id,
        work="tell" if tells else "",
        rests_until=now + policy.rests if policy.active and policy.rest_days else None,
        rest_days=policy.rest_days if policy.active else 0,
        bad_in_a_row=max(1, bad_in_a_row),
    )


def with_word(case: Case, reason: str, expected_at: datetime | None) -> Case:
    """The case with what was said of it; marketing rests beyond a promised date."""
    return replace(case, reason=reason, expected_at=expected_at, rests_until=rest_until(case, expected_at))


def _incident(case: Case, source: str) -> Incident:
    return Incident(
        id=case.incident,
        cause=case.cause,
        source=source,  # type: ignore[arg-type]  # one of Source
        opened_at=case.opened_at,
        reason=case.reason,
        expected_at=case.expected_at,
        quiet=not case.work,
    )
