"""Mended rows are read as the file was that they are from."""

from datetime import UTC, datetime
from typing import Any

from tests.customers.test_import_maps import asked_for, mended, taken
from wiring import Services

TEXT = (
    "Bon;Kunde;Tag;Ware;Menge;Preis\n"
    "o1;ana;03/04/2025 12:00;cd;1;1,50\no1;ana;03/04/2025 12:00;lp;none;1.250\no2;bo;03/04/2025 12:00;cd;none;2,00\n"
)
COLUMNS = {
    "order_id": "Bon", "customer_id": "Kunde", "placed_at": "Tag", "product_id": "Ware", "quantity": "Menge",
    "unit_price": "Preis",
}  # fmt: skip
SAID: dict[str, Any] = {
    "columns": COLUMNS, "constants": {"currency": "EUR"}, "dates": "month_first", "time_zone": "Europe/Lisbon",
    "decimal": "comma",
}  # fmt: skip


def test_mended_rows_take_the_settings_of_their_file_and_what_is_said_counts_more(services: Services) -> None:
    job = taken(services, "orders", TEXT, **SAID)
    assert (job.good, job.bad) == (1, 2)
    report = mended(services, job, {"3": {"Menge": "1"}, "4": {"Menge": "1"}})
    taken(services, "orders", report)
    orders = services.orders.get(["o1", "o2"])
    assert {order.placed_at for order in orders.values()} == {datetime(2025, 3, 4, 12, tzinfo=UTC)}
    assert (orders["o1"].total, orders["o1"].currency, orders["o2"].total) == (150 + 125_000, "EUR", 200)
    before = list(services.database["orders"].find())
    taken(services, "orders", report)
    taken(services, "orders", TEXT, **SAID)
    assert list(services.database["orders"].find()) == before
    other = taken(services, "orders", report, dates="day_first")
    assert other.subject["plan"]["map"]["dates"] == "day_first"


def test_without_the_job_they_are_read_as_any_file(services: Services) -> None:
    job = taken(services, "orders", TEXT, **SAID)
    report = mended(services, job, {})
    services.jobs.remove(job.id)
    assert asked_for(services, "orders", report)
