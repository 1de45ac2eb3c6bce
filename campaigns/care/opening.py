"""An incident over many orders, as a person opens it: whom it hit is found in the background."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from msgspec.structs import replace

from campaigns.care.noticing import TELL_INCIDENTS, new_case, with_word
from common.clock import Clock
from common.doorbell import Doorbell
from common.errors import Invalid
from customers.customer import Customers
from customers.incident import Cases, CaseState, Incident, IncidentCause, Incidents, Scope
from customers.orders import ERASED, Order, Orders
from loyalty.goodwill import Policies

FIND = "find_incident"
# Without another word, a product or a carrier hits what was ordered in this time.
LOOK_BACK = timedelta(days=60)
AT_ONCE = 10


class Hit(Protocol):
    """Finds whom an incident hit."""

    def hit(self, scope: Scope) -> Iterator[Sequence[Order]]:
        """The orders that a scope names, by the lot."""
        ...


class Opening:
    """Opens incidents, and finds whom they hit; finding twice finds nobody twice."""

    def __init__(
        self,
        *,
        orders: Orders,
        customers: Customers,
        incidents: Incidents,
        cases: Cases,
        hit: Hit,
        policies: Policies,
        doorbell: Doorbell,
        clock: Clock,
        new_id: Callable[[], str],
    ) -> None:
        self._orders = orders
        self._customers = customers
        self._incidents = incidents
        self._cases = cases
        self._hit = hit
        self._policies = policies
        self._doorbell = doorbell
        self._clock = clock
        self._new_id = new_id

    def open(
        self, cause: IncidentCause, scope: Scope, *, reason: str, expected_at: datetime | None, by: str, quiet: bool
    ) -> Incident:
        """Keep an incident, and ring for whoever finds whom it hit; raises Invalid for an order that is not there."""
        self._check(scope)
        now = self._clock.now()
        since = scope.since or (None if scope.orders else now - LOOK_BACK)
        incident = Incident(
            id=self._new_id(),
            cause=cause,
            source="shop",
            opened_at=now,
            reason=reason,
            expected_at=expected_at,
            scope=Scope(orders=scope.orders, product=scope.product, carrier=scope.carrier, since=since),
            by=by,
            quiet=quiet,
            finding=True,
        )
        self._incidents.add([incident])
        self._doorbell.ring(FIND, incident.id, urgent=True)
        return incident

    def find(self, id: str) -> int:  # as the domain calls it
        """Open a case for each order that an incident hit and that has none of its cause; how many were new."""
        incident = self._incidents.get(id)
        if not incident.finding:
            return 0
        opened = sum(self._take(incident, orders) for orders in self._hit.hit(incident.scope))
        self._incidents.found(id)
        self._doorbell.ring(TELL_INCIDENTS, urgent=True)
        return opened

    def find_left_over(self) -> int:
        """Ring again for incidents that nobody has found all of; how many."""
        left = self._incidents.unfinished(AT_ONCE)
        for incident in left:
            self._doorbell.ring(FIND, incident.id, urgent=True)
        return len(left)

    def _take(self, incident: Incident, orders: Sequence[Order]) -> int:
        policy, now = self._policies.get(), self._clock.now()
        orders = [order for order in orders if not order.customer_id.startswith(ERASED)]
        people = self._customers.get(sorted({order.customer_id for order in orders}))
        cases = []
        for order in orders:
            person = people.get(order.customer_id)
            bad = person.profile.bad_in_a_row if person else 0
            case = new_case(policy, incident.id, order, incident.cause, now, incident.opened_at, bad)
            case = with_word(case, incident.reason, incident.expected_at)
            cases.append(case if not incident.quiet else replace(case, work=""))
        new = self._cases.open(cases)
        if not incident.quiet:
            self._learn(incident, [case.id for case in cases if case.id not in new])
        return len(new)

    def _learn(self, incident: Incident, known: Sequence[str]) -> None:
        """What is known already and stands has a newer word now; the doorbell rings when all are found."""
        for case in self._cases.get(known).values():
            if case.opened_at < incident.opened_at:
                self._cases.learn(case, incident.reason, incident.expected_at)

    def _check(self, scope: Scope) -> None:
        known = self._orders.get(scope.orders) if scope.orders else {}
        wrong = {
            f"orders.{place}": ["There is no such order."]
            for place, order in enumerate(scope.orders)
            if order not in known
        }
        if wrong:
            raise Invalid("Some of the orders are not there.", wrong)


class Ending:
    """Ends what people say is over."""

    def __init__(self, cases: Cases, pages: Callable[[str, str], Sequence[str]], doorbell: Doorbell) -> None:
        """`pages` gives the ids of an incident's cases after one of them."""
        self._cases = cases
        self._pages = pages
        self._doorbell = doorbell

    def end(self, incident: str, state: CaseState, by: str, note: str, customer: str = "") -> int:
        """Solve or close the live cases of an incident, or one customer's of them; how many."""
        ended, after = 0, ""
        while ids := self._pages(incident, after):
            for case in self._cases.get(ids).values():
                if case.live and customer in ("", case.customer):
                    ended += self._cases.end(case, state, "by_hand", by, note)
            after = ids[-1]
        self._doorbell.ring(TELL_INCIDENTS, urgent=True)
        return ended
