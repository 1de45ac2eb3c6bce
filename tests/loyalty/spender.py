"""Spends, earns and takes back in six threads until it is killed: `python -m tests.loyalty.spender SEED`."""

import os
import random
import sys
import threading

from common.errors import Conflict, Unavailable
from common.settings import load
from customers.order_events import OrderEvent
from customers.orders import Order
from wiring import Services

CUSTOMERS = ["ana", "ben"]


def work(services: Services, name: str) -> None:
    """One of the threads."""
    chosen = random.Random(name)
    for number in range(1_000_000):
        customer = chosen.choice(CUSTOMERS)
        try:
            if chosen.random() < 0.5:
                services.points.spend(customer, f"{name}-{number}", "tenth", "tests")
            elif chosen.random() < 0.5:
                services.points.adjust(customer, f"{name}-{number}", chosen.randrange(-90, 120) or 1, "", "tests")
            else:
                buy(services, customer, f"{name}-{number}", chosen)
        except (Conflict, Unavailable):
            continue


def buy(services: Services, customer: str, order: str, chosen: random.Random) -> None:
    """An order, that may come back, as the feed sees it."""
    now = services.clock.now()
    total = chosen.randrange(1, 20_000)
    services.orders.upsert([Order(id=order, customer_id=customer, placed_at=now, currency="EUR", total=total)])
    services.points_feed.reconcile([order])
    if chosen.random() < 0.5:
        services.orders.add_event(order, OrderEvent(type="refunded", at=now, amount=chosen.randrange(1, 20_000)))
        services.points_feed.reconcile([order])


def main() -> None:
    """Say "busy" once it is."""
    services = Services(load(os.environ))
    services.points.statement("ana")
    for number in range(6):
        threading.Thread(target=work, args=(services, f"{sys.argv[1]}-{number}")).start()
    sys.stdout.write("busy\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
