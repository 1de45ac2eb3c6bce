"""`encore report`: the shop in figures, as GET /v1/reports gives them."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime

import click
from babel.numbers import get_currency_precision
from rich.console import Console
from rich.table import Table

from cli.here import complete_here
from customers.takings import Takings, report
from wiring import Services

_FIGURES = ("orders", "customers", "lines", "units", "returned_orders", "returned_units", "cancelled")
_MONEY = ("gross", "refunded", "net", "returned_value")
_DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.argument("about", type=click.Choice(["orders"]))
@click.option("--months", is_flag=True, help="A row a month, too.")
@click.option("--since", type=_DAY, help="Only orders placed from this day on (UTC).")
@click.option("--until", type=_DAY, help="Only orders placed before this day (UTC).")
def command(about: str, months: bool, since: datetime | None, until: datetime | None) -> None:
    """Print what the shop took: orders, customers, units, money before and after what was given back."""
    services = Services(complete_here(os.environ))
    figures = report(services.takings, _utc(since), _utc(until))
    services.close()
    rows = [*figures.months, *figures.totals] if months else figures.totals
    click.echo(f"{figures.customers:,} customers bought.")
    Console().print(_table(rows))


def _utc(day: datetime | None) -> datetime | None:
    return day.replace(tzinfo=UTC) if day else None


def _table(rows: Sequence[Takings]) -> Table:
    """A row each, and money in whole units: this one is read by people."""
    table = Table("month", "currency", *_FIGURES[:4], *_MONEY, *_FIGURES[4:])
    for column in table.columns[2:]:
        column.justify = "right"
    for one in rows:
        digits = get_currency_precision(one.currency)
        money = [f"{getattr(one, name) / 10**digits:,.{digits}f}" for name in _MONEY]
        counts = [f"{getattr(one, name):,}" for name in _FIGURES]
        table.add_row(one.month or "all", one.currency, *counts[:4], *money, *counts[4:])
    return table
