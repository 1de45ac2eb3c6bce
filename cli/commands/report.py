"""`encore report`: the shop in figures, as GET /v1/reports gives them."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal

import click
from babel.numbers import get_currency_precision
from rich.console import Console
from rich.table import Table

from cli.here import complete_here
from customers.takings import Takings, report
from wiring import Services

_MONEY = frozenset({"gross", "refunded", "net", "returned_value"})
_ALL = (
    "orders", "customers", "lines", "units", "gross", "refunded", "net", "returned_orders", "returned_units",
    "returned_value", "cancelled",
)  # fmt: skip
_OF_A_MONTH = ("orders", "customers", "gross", "refunded", "net")
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
    people = "customer" if figures.customers == 1 else "customers"
    click.echo(f"{figures.customers:,} {people} bought.")
    console = Console()
    console.print(_totals(figures.totals))
    if months:
        console.print(_months(figures.months))


def _utc(day: datetime | None) -> datetime | None:
    return day.replace(tzinfo=UTC) if day else None


def _totals(totals: Sequence[Takings]) -> Table:
    """A row a figure, a column a currency."""
    table = Table("", *(one.currency for one in totals))
    for name in _ALL:
        table.add_row(name.replace("_", " "), *(_said(one, name) for one in totals))
    return _right(table, 1)


def _months(months: Sequence[Takings]) -> Table:
    table = Table("month", "", *_OF_A_MONTH)
    for one in months:
        table.add_row(one.month, one.currency, *(_said(one, name) for name in _OF_A_MONTH))
    return _right(table, 2)


def _right(table: Table, start: int) -> Table:
    for column in table.columns[start:]:
        column.justify = "right"
        column.no_wrap = True
    return table


def _said(takings: Takings, name: str) -> str:
    """A figure for people: money in whole units with its digits."""
    value: int = getattr(takings, name)
    digits = get_currency_precision(takings.currency) if name in _MONEY else 0
    return f"{Decimal(value).scaleb(-digits):,.{digits}f}"
