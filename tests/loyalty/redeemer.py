"""Redeems, holds and rolls back in eight threads until it is killed: `python -m tests.loyalty.redeemer CODE SEED`."""

import os
import random
import sys
import threading

from common.settings import load
from loyalty.conditions import Refused
from tests.loyalty.makers import basket
from wiring import Services


def work(services: Services, code: str, name: str) -> None:
    """One of the threads."""
    chosen = random.Random(name)
    for number in range(1_000_000):
        order = basket(f"{name}-{number}", total=chosen.randrange(1, 20_000))
        try:
            if chosen.random() < 0.3:
                services.vouchers.reserve(code, name, order)
            redemption = services.vouchers.redeem(code, name, order)
            if chosen.random() < 0.8:
                services.vouchers.rollback(redemption.id)
        except Refused:
            continue


def main() -> None:
    """Say "busy" once it is."""
    code, seed = sys.argv[1:]
    services = Services(load(os.environ))
    services.vouchers.get(code)
    for number in range(8):
        threading.Thread(target=work, args=(services, code, f"{seed}-{number}")).start()
    sys.stdout.write("busy\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
