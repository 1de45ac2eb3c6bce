"""What a customer can do about a trouble by themselves, on the page of their order; or ask a person to."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from common.clock import Clock
from common.errors import Conflict, Invalid
from customers.catalogue import Product, Products, instead, with_stand_ins
from customers.incident import LONGEST_WORD, OFFERED, Case, Choice, Incident, case_id, incident_id
from customers.orders import Order
from loyalty.goodwill import Policies


class Wishes(Protocol):
    """The cases as customers see them."""

    def of_orders(self, orders: Sequence[str]) -> list[Case]:
        """All cases of these orders."""
        ...

    def open(self, cases: Sequence[Case]) -> set[str]:
        """Keep new ones; the ids of those that were new."""
        ...

    def want(self, case: Case, choice: Choice, product: str = "") -> bool:
        """Note what a customer chose for a live case; False where it ended."""
        ...

    def speak(self, case: Case, said: str) -> None:
        """Note that a customer would like to speak with a person."""
        ...


class Openings(Protocol):
    """The incidents."""

    def add(self, incidents: Sequence[Incident]) -> None:
        """Keep new ones; one that is there stays as it is."""
        ...


class Choosing:
    """Takes customers' choices; the last one stands until the case ends, and doing it twice is doing it once."""

    def __init__(
        self, *, cases: Wishes, incidents: Openings, products: Products, policies: Policies, clock: Clock
    ) -> None:
        self._cases = cases
        self._incidents = incidents
        self._products = products
        self._policies = policies
        self._clock = clock

    def cases(self, order: Order) -> list[Case]:
        """What its customer may see of what went wrong with an order: what they were told, the latest first."""
        found = [
            case for case in self._cases.of_orders([order.id]) if case.told_at and case.customer == order.customer_id
        ]
        return sorted(found, key=lambda case: (case.live, case.opened_at), reverse=True)

    def substitutes(self, order: Order) -> list[Product]:
        """What can be had instead of what is sold out of an order, in stock, each once."""
        bought = [line.product_id for line in order.lines]
        return instead(bought, with_stand_ins(self._products, bought))

    def offered(self, case: Case, substitutes: Sequence[Product]) -> list[Choice]:
        """What a customer can choose for a case."""
        if not case.live:
            return []
        return [one for one in OFFERED.get(case.cause, ()) if one != "substitute" or substitutes]

    def choose(self, order: Order, case: str, choice: str, product: str) -> None:
        """Take a choice; raises Invalid for one that is not offered, and Conflict where it is over meanwhile."""
        known: Mapping[str, Case] = {one.id: one for one in self.cases(order)}
        if case not in known:
            raise Invalid.field("case", "There is no such trouble with this order.")
        substitutes = self.substitutes(order)
        wanted = next((one for one in OFFERED.get(known[case].cause, ()) if one == choice), None)
        if wanted is None or (wanted == "substitute" and product not in {one.id for one in substitutes}):
            raise Invalid.field("choice", "It cannot be had.")
        if not self._cases.want(known[case], wanted, product if wanted == "substitute" else ""):
            raise Conflict("It has been settled meanwhile.", "over")

    def speak(self, order: Order, said: str) -> None:
        """Ask a person to call about an order: about the trouble that it has, or about something nobody knows yet."""
        said = said.strip()[:LONGEST_WORD]
        live = [case for case in self.cases(order) if case.live]
        case = live[0] if live else self._new(order)
        self._cases.speak(case, said)

    def _new(self, order: Order) -> Case:
        """Something is not as it should be, or they would not ask; a person is to find out what."""
        policy, now = self._policies.get(), self._clock.now()
        case = Case(
            id=case_id(order.id, "asked"),
            incident=incident_id(order.id, "asked"),
            customer=order.customer_id,
            cause="unhappy",
            opened_at=now,
            order=order.id,
            rests_until=now + policy.rests if policy.active and policy.rest_days else None,
            bad_in_a_row=1,
        )
        incident = Incident(id=case.incident, cause="unhappy", source="page", opened_at=now, quiet=True)
        self._incidents.add([incident])
        self._cases.open([case])
        return case
