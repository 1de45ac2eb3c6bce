"""Forgetting a person: who they were goes, what was sold stays, and an address that said STOP stays suppressed."""

from common.errors import NotFound
from customers.customer import Records
from customers.orders import OrderHistory
from customers.timeline import CustomerEvents


class Eraser:
    """Erases customers."""

    def __init__(self, customers: Records, orders: OrderHistory, events: CustomerEvents) -> None:
        self._customers = customers
        self._orders = orders
        self._events = events

    def erase(self, customer: str) -> None:
        """Erase a customer; raises NotFound where there is none.

        Their orders keep their sums under a name that leads to nobody. The customer goes last, so that an
        erasure that was interrupted can be asked for again and is then finished.
        """
        self._orders.forget(customer)
        self._events.forget(customer)
        if not self._customers.erase(customer):
            raise NotFound("customer", customer)
