"""`encore import`: what it shows, what it writes beside the file, what it reads."""

import gzip
from decimal import Decimal
from pathlib import Path

import pytest

from customers.reading import PARQUET
from tests.cli.test_commands import encore, variables  # noqa: F401  # a fixture
from wiring import Services

ORDERS = """Bestellnummer;Kundennummer;Bestelldatum;Artikelnummer;Menge;Einzelpreis;Währung
4711;k1;03.02.2025;cup;2;12,50;EUR
4712;k1;04.02.2025;cup;1;1.234,00;EUR
4713;k1;someday;cup;1;12,00;EUR
"""


def test_columns_are_guessed_and_shown_and_a_dry_run_changes_nothing(
    services: Services,
    variables: dict[str, str],  # noqa: F811
    tmp_path: Path,
) -> None:
    file = tmp_path / "orders.csv.gz"
    file.write_bytes(gzip.compress(ORDERS.encode("cp1252")))
    asked = encore("import", "orders", str(file), **variables)
    assert asked.returncode != 0
    assert "cp1252 reads" in asked.stderr
    assert "Traceback" not in asked.stderr
    said = ["import", "orders", str(file), "--encoding", "cp1252"]
    dry = encore(*said, "--dry-run", **variables)
    assert "2 would be taken, 1 would not be taken." in dry.stdout
    assert "Bestellnummer" in dry.stderr
    assert '"order_id": "4711"' in dry.stderr
    assert services.database["orders"].count_documents({}) == 0
    run = encore(*said, **variables)
    assert (run.returncode, "2 taken, 1 not taken." in run.stdout) == (1, True)
    assert "bad_date" in run.stderr
    report = tmp_path / "orders.csv.gz.errors.csv"
    assert "someday" in report.read_text(encoding="utf-8")
    report.write_text(report.read_text(encoding="utf-8").replace("someday", "05.02.2025"), encoding="utf-8")
    mended = encore("import", "orders", str(report), "--decimal", "comma", **variables)
    assert (mended.returncode, "1 taken, 0 not taken." in mended.stdout) == (0, True), mended.stderr
    assert services.orders.get(["4712"])["4712"].total == 123_400
    assert len(services.orders.of_customer("k1")) == 3


def test_parquet_is_read_where_pyarrow_is_there(
    services: Services,
    variables: dict[str, str],  # noqa: F811
    tmp_path: Path,
) -> None:
    pyarrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    file = tmp_path / "customers.parquet"
    columns = {"customer_id": [1.0, 2.0, None], "first_name": ["Ana", "Zoë", "Nobody"]}
    parquet.write_table(pyarrow.table(columns), file)
    run = encore("import", "customers", str(file), **variables)
    assert "2 taken, 1 not taken." in run.stdout, run.stderr
    assert services.customers.get(["2"])["2"].first_name == "Zoë"


def test_what_is_left_aside_is_told_of_a_file_by_encore_s_own_names_too_and_all_rows_are_seen_done(
    services: Services,
    variables: dict[str, str],  # noqa: F811
    tmp_path: Path,
) -> None:
    file = tmp_path / "customers.csv"
    file.write_text("customer_id,first_name,Lieblingsfarbe\nk1,Ana,red\n", encoding="utf-8")
    run = encore("import", "customers", str(file), **variables)
    assert run.returncode == 0, run.stderr
    assert "Left aside: Lieblingsfarbe" in run.stderr
    assert "1/1" in run.stdout


def test_numbers_of_parquet_are_not_written_in_two_ways(tmp_path: Path, services: Services) -> None:
    pyarrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    prices = pyarrow.array([Decimal("1.230"), Decimal("2.450")], pyarrow.decimal128(10, 3))
    table = {"product_id": ["a", "b"], "name": ["Cup", "Plate"], "price": prices, "currency": ["EUR", "EUR"]}
    parquet.write_table(pyarrow.table(table), tmp_path / "products.parquet")
    with (tmp_path / "products.parquet").open("rb") as file:
        services.importer.run(services.importer.start("products", file, PARQUET).id)
    assert [product.price for product in services.products.get(["a", "b"]).values()] == [123, 245]
