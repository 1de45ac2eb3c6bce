"""Shopify's financial status decides whether an order of its export is one."""

from tests.customers.test_import_maps import SHOPIFY, plan_of, taken
from wiring import Services


def test_orders_that_nobody_paid_are_none_and_voided_ones_are_cancelled(services: Services) -> None:
    order = SHOPIFY.splitlines()[-1]
    head = SHOPIFY.split("#1001")[0]
    row = order.replace("#1003,,", "{id},cy@example.com,").replace(",paid,", ",{state},", 1)
    row = row.replace("2026-01-09 10:00:00 -0500", "")
    states = {"#1": "paid", "#2": "pending", "#3": "voided", "#4": "expired", "#5": "authorized", "#6": "dubious"}
    job = taken(
        services, "orders", head + "".join(row.format(id=id_, state=said) + "\n" for id_, said in states.items())
    )
    assert plan_of(job)["guessed"] == "map shopify"
    assert (job.good, job.refused) == (3, {"unpaid": 2, "unknown_state": 1})
    kept = services.orders.get(list(states))
    assert {id_: one.state for id_, one in kept.items()} == {"#1": "placed", "#3": "cancelled", "#5": "placed"}
