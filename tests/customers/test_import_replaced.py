"""An order whose lines lie in two files keeps those of the later one, and the job says so."""

from tests.customers.test_import_maps import taken
from wiring import Services

HEAD = "order_id,customer_id,placed_at,product_id,quantity,unit_price,currency\n"
JANUARY = HEAD + "o1,ana,2026-01-31,cd,1,10.00,EUR\no2,ana,2026-01-31,cd,1,10.00,EUR\n"
FEBRUARY = (
    HEAD + "o1,ana,2026-01-31,lp,1,20.00,USD\no3,ana,2026-02-01,lp,1,20.00,USD\no1,ana,2026-01-31,mc,1,1.00,USD\n"
)


def test_the_job_counts_the_orders_that_a_file_begins_anew_in_a_dry_run_too(services: Services) -> None:
    assert taken(services, "orders", JANUARY).notes == {}
    assert taken(services, "orders", FEBRUARY, dry_run=True).notes == {"known": 2, "new": 1, "orders_replaced": 1}
    assert taken(services, "orders", FEBRUARY).notes == {"orders_replaced": 1}
    order = services.orders.get(["o1"])["o1"]
    assert ([line.product_id for line in order.lines], order.total, order.currency) == (["lp", "mc"], 2_100, "USD")
    assert taken(services, "orders", FEBRUARY, dry_run=True).notes == {"known": 3}
    assert taken(services, "orders", FEBRUARY).notes == {}


def test_an_order_in_many_batches_is_counted_once(services: Services) -> None:
    taken(services, "orders", JANUARY)
    rows = "".join(f"o1,ana,2026-01-31,p{number},1,1.00,EUR\n" for number in range(600))
    assert taken(services, "orders", HEAD + rows, dry_run=True).notes == {"known": 600, "orders_replaced": 1}
    assert taken(services, "orders", HEAD + rows).notes == {"orders_replaced": 1}
