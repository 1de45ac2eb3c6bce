"""Two real shops' files go in over the API as they are, and come to what an independent reckoning says they do."""

import io
import os
from typing import Any

import pytest

from tests.api.conftest import Call
from tests.support.real_orders import (
    NO_GROCERIES,
    NO_RETAIL,
    RETAIL,
    Figures,
    groceries,
    groceries_are_here,
    groceries_table,
    retail,
    retail_is_here,
    retail_table,
)
from wiring import Services

PARQUET = "application/vnd.apache.parquet"
# Of how many customers one is taken; the whole files take minutes, and are asked for.
WHOLE = bool(os.environ.get("ENCORE_TEST_WHOLE_FILES"))
RETAIL_EVERY = 1 if WHOLE else 83
GROCERY_EVERY = 1 if WHOLE else 311


def as_file(table: Any) -> bytes:
    """A table as a parquet file."""
    from pyarrow import parquet

    file = io.BytesIO()
    parquet.write_table(table, file)
    return file.getvalue()


def bring_in(call: Call, services: Services, data: bytes, column_map: str) -> dict[str, Any]:
    """POST a file of orders and have a worker take it in; the job as the API then shows it."""
    answer = call("POST", f"/v1/imports/orders?map={column_map}", data=data, content_type=PARQUET)
    assert answer.status_code == 202, answer.get_json()
    job = answer.get_json()["id"]
    services.importer.run(job)
    told: dict[str, Any] = call("GET", f"/v1/jobs/{job}").get_json()
    assert told["state"] == "finished", told
    return told


def compare(call: Call, reckoned: Figures, currency: str) -> None:
    """What the API reports is what was reckoned, in all and month by month."""
    told = call("GET", "/v1/reports/orders").get_json()
    assert told["customers"] == reckoned.customers
    (totals,) = told["totals"]
    assert totals["currency"] == currency
    for name in ("customers", "orders", "lines", "units", "returned_orders", "returned_units"):
        assert totals[name] == getattr(reckoned, name), name
    for name in ("gross", "refunded", "net", "returned_value"):
        assert totals[name]["amount"] == getattr(reckoned, name), name
    months = {
        one["month"]: (one["orders"], one["gross"]["amount"], one["refunded"]["amount"]) for one in told["months"]
    }
    assert months == reckoned.months


@pytest.mark.slow
@pytest.mark.skipif(not retail_is_here, reason=NO_RETAIL)
def test_the_gift_shops_year_comes_to_what_it_was(call: Call, services: Services) -> None:
    table = retail_table(RETAIL_EVERY)
    data = RETAIL.read_bytes() if WHOLE else as_file(table)
    reckoned = retail(table)
    assert min(reckoned.returns.values()) > 0, "a sample in which returns are found, not found, and found in part"
    not_found = {kind: count for kind, count in reckoned.returns.items() if kind != "returns"}
    for _ in range(1 if WHOLE else 2):  # the same file once more changes nothing
        job = bring_in(call, services, data, "online-retail")
        assert job["refused"] == reckoned.refused | not_found
        assert job["good"] == reckoned.lines + reckoned.returns["returns"]
        assert job["done"] == table.num_rows
        assert job["notes"]["equal_lines"] == reckoned.equal_lines
        assert job["notes"]["returns"] == reckoned.returns.total()
        compare(call, reckoned, "GBP")
    countries = {customer.country for customer in services.customers.find("", 250)}
    assert "GB" in countries


@pytest.mark.slow
@pytest.mark.skipif(not groceries_are_here, reason=NO_GROCERIES)
def test_the_grocers_baskets_come_to_what_was_paid(call: Call, services: Services) -> None:
    table = groceries_table(GROCERY_EVERY)
    reckoned = groceries(table)
    job = bring_in(call, services, as_file(table), "completejourney")
    assert job["refused"] == reckoned.refused
    assert job["good"] == reckoned.lines
    compare(call, reckoned, "USD")
