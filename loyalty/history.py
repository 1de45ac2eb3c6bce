"""What an offer or a fraud rule may ask of a customer's past."""

from customers.customer import Customer, Customers
from customers.orders import Orders


class History:
    """Reads customers and orders."""

    def __init__(self, customers: Customers, orders: Orders) -> None:
        self._customers = customers
        self._orders = orders

    def earlier_orders(self, customer: str, order: str) -> int:
        """How many standing orders a customer has besides this one; none for somebody not known yet."""
        known = self._customers.get([customer]).get(customer)
        return self.besides(known, order) if known else 0

    def besides(self, customer: Customer, order: str) -> int:
        """The same for a customer already read; the order itself is read only if it could matter."""
        count = customer.profile.orders
        if not count:
            return 0
        this = self._orders.get([order]).get(order)
        return count - (1 if this and this.customer_id == customer.id and this.stands else 0)
