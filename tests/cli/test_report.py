"""`encore report orders` prints what the shop took."""

import re

from customers.orders import EventLine, Line, Order, OrderEvent
from tests.cli.test_commands import encore
from tests.cli.test_commands import variables as variables
from tests.support.clock import START
from wiring import Services


def figures(printed: str) -> dict[str, list[str]]:
    """The cells of each row, by the first."""
    rows = [re.findall(r"[^│┃]+", line) for line in printed.splitlines() if line.startswith(("│", "┃"))]
    return {row[0].strip(): [cell.strip() for cell in row[1:]] for row in rows}


def test_the_report_is_for_people(services: Services, variables: dict[str, str]) -> None:
    line = Line(product_id="cd", quantity=2, unit_price=123_456)
    bought = {"customer_id": "ana", "placed_at": START, "lines": [line]}
    euro = Order(id="o1", currency="EUR", total=246_912, **bought)  # type: ignore[arg-type]
    yen = Order(id="o2", currency="JPY", total=5_000, **bought)  # type: ignore[arg-type]
    services.orders.upsert([euro, yen])
    back = [EventLine(product_id="cd", quantity=1)]
    services.orders.add_events({"o1": [OrderEvent(type="returned", at=START, amount=100_000, lines=back)]})

    run = encore("report", "orders", "--months", **variables)
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith("1 customer bought.")
    told = figures(run.stdout)
    assert told["gross"] == ["2,469.12", "5,000"]
    assert told["refunded"] == ["1,000.00", "0"]
    assert told["net"] == ["1,469.12", "5,000"]
    assert told["returned units"] == ["1", "0"]
    assert told["2026-03"][0] in ("EUR", "JPY")

    none = encore("report", "orders", "--since", "2026-04-01", **variables)
    assert none.stdout.startswith("0 customers bought.")
