"""`encore import`: a file of customers, orders or products, as POST /v1/imports takes it."""

import csv
import json
import os
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import sleep
from typing import Any, BinaryIO, cast

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from cli.here import complete_here
from common.errors import Invalid, NotFound
from common.jobs import Job, Jobs
from customers import parquet
from customers.columns import FIELDS, ColumnMap, Kind
from customers.forms import check_dates
from customers.imports import zone_of
from customers.maps import shipped
from customers.opening import Asked
from customers.reading import CSV, NDJSON, PARQUET
from customers.report import report_of
from customers.unpacking import encoding_named
from wiring import Services

LOOK_EVERY = 0.3
SHOWN = 5
_TYPES = {".csv": CSV, ".ndjson": NDJSON, ".jsonl": NDJSON, ".parquet": PARQUET}
_DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|"}


@click.command()
@click.argument("kind", type=click.Choice(list(FIELDS)))
@click.argument("file", type=click.File("rb"))
@click.option("--map", "map_name", metavar="NAME", help="A map kept by this name, or shipped: shopify, woocommerce …")
@click.option(
    "--column", "columns", multiple=True, metavar="FIELD=COLUMN", help="Which column is what; may be repeated."
)
@click.option(
    "--constant", "constants", multiple=True, metavar="FIELD=TEXT", help="What holds for every row: currency=EUR."
)
@click.option("--delimiter", type=click.Choice(list(_DELIMITERS)), help="What parts the cells; found out if left out.")
@click.option("--encoding", help="cp1252, latin-1, utf-16 …; UTF-8 if left out.")
@click.option("--decimal", type=click.Choice(["point", "comma"]), help="What parts the cents; found out if left out.")
@click.option("--dates", help="iso, day_first, month_first, or a pattern like %d %b %Y; found out if left out.")
@click.option("--time-zone", help="Of instants without an offset; UTC if left out.")
@click.option("--dry-run", is_flag=True, help="Read everything, change nothing, and tell.")
def command(kind: str, file: BinaryIO, map_name: str | None, *, dry_run: bool, **said: Any) -> None:
    """Take in FILE, a CSV, NDJSON or parquet of this KIND, packed by gzip or not; twice changes nothing.

    The columns are guessed and shown, or said. Bad rows are written to FILE.errors.csv, to be mended and taken in in
    turn, and do not keep the others out; exit code 1 says that there were some.
    """
    services = Services(complete_here(os.environ))
    asked = Asked(said=_said(cast(Kind, kind), said), named=_named(services, map_name), dry_run=dry_run)
    job = services.importer.start(cast(Kind, kind), file, _type_of(file.name), asked)
    console = Console(stderr=True)
    _show_map(console, job)
    with ThreadPoolExecutor(1) as pool:
        # A worker may be quicker than we are, or there may be none: whoever claims the job does it.
        ours = pool.submit(services.importer.run, job.id)
        job = _follow(services.jobs, job)
        ours.result()
    if dry_run:
        _preview(console, job)
    _tell(console, job)
    if job.bad:
        click.echo(f"The rows not taken are in {_report(services, job, file.name)}.", err=True)
    services.close()
    sys.exit(0 if job.state == "finished" and not job.bad else 1)


def _said(kind: Kind, said: Mapping[str, Any]) -> ColumnMap:
    if said["dates"]:
        check_dates(said["dates"])
    return ColumnMap(
        kind=kind,
        columns=dict(_pair(one) for one in said["columns"]),
        constants=dict(_pair(one) for one in said["constants"]),
        delimiter=cast(Any, _DELIMITERS.get(said["delimiter"] or "", "")),
        encoding=encoding_named(said["encoding"]) if said["encoding"] else "",
        decimal=said["decimal"] or "",
        dates=said["dates"] or "",
        time_zone=zone_of(said["time_zone"] or ""),
    )


def _pair(text: str) -> tuple[str, str]:
    field, equals, value = text.partition("=")
    if not equals:
        raise Invalid.field(text, "Write it like currency=EUR.")
    return field.strip(), value.strip()


def _named(services: Services, name: str | None) -> ColumnMap | None:
    if name is None:
        return None
    found = shipped().get(name) or services.column_maps.get(name)
    if found is None:
        raise NotFound("column map", name)
    return found


def _type_of(name: str) -> str:
    path = Path(name)
    suffix = path.with_suffix("").suffix if path.suffix.lower() == ".gz" else path.suffix
    found = _TYPES.get(suffix.lower(), CSV)
    if found == PARQUET and not parquet.there():
        raise Invalid.field("file", "Parquet needs the extra `parquet`: pip install 'encore-campaigns[parquet]'.")
    return found


def _show_map(console: Console, job: Job) -> None:
    plan = job.subject["plan"]
    if plan.get("guessed") != "names":
        _show_columns(console, plan)
    if job.subject["ignored_columns"]:
        console.print(f"Left aside: {', '.join(job.subject['ignored_columns'])}", highlight=False, markup=False)


def _show_columns(console: Console, plan: Mapping[str, Any]) -> None:
    table = Table("field", "is", title=f"The columns, by {plan['guessed']}")
    for field, column in plan["map"].get("columns", {}).items():
        table.add_row(field, f"the column {column!r}")
    for field, text in plan["map"].get("constants", {}).items():
        table.add_row(field, f"always {text!r}")
    console.print(table)
    written = f"Amounts with a {plan['map']['decimal']}, dates {plan['map']['dates']}, {plan.get('encoding', 'utf-8')}."
    console.print(written, highlight=False)


def _follow(jobs: Jobs, job: Job) -> Job:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns) as progress:
        bar = progress.add_task("rows", total=job.total)
        while job.state in ("queued", "running"):
            sleep(LOOK_EVERY)
            found = jobs.get(job.id)
            if found is None:
                raise NotFound("job", job.id)
            job = found
            # Until its end a file is only counted by its lines, of which the first names the columns.
            progress.update(bar, completed=job.done, total=job.total)
    return job


def _preview(console: Console, job: Job) -> None:
    rows = job.subject.get("preview", [])[:SHOWN]
    if rows:
        console.print("The first rows, as they would be kept:")
    for row in rows:
        said = {name: value for name, value in row.items() if value not in ("", None, [], {}, 0)}
        console.print(f"  {json.dumps(said, ensure_ascii=False)}", highlight=False, markup=False)


def _tell(console: Console, job: Job) -> None:
    words = ("would be taken", "would not be taken") if job.subject.get("dry_run") else ("taken", "not taken")
    click.echo(f"{job.good} {words[0]}, {job.bad} {words[1]}. {job.detail}".strip())
    if job.notes:
        click.echo("Counted: " + ", ".join(f"{count} {name}" for name, count in sorted(job.notes.items())))
    if job.refused:
        table = Table("why not taken", "rows")
        for kind, count in sorted(job.refused.items(), key=lambda one: -one[1]):
            table.add_row(kind, str(count))
        console.print(table)
    for error in job.errors[: 2 * SHOWN]:
        click.echo(f"  line {error.line}: {f'{error.field}: ' if error.field else ''}{error.reason}", err=True)
    if job.bad > 2 * SHOWN:
        click.echo("  …", err=True)


def _report(services: Services, job: Job, name: str) -> Path:
    """Write the rows that were not taken beside the file."""
    place = Path(f"{name}.errors.csv") if name != "-" else Path(f"{job.id}.errors.csv")
    with place.open("w", newline="", encoding="utf-8") as out:
        csv.writer(out).writerows(report_of(job, services.importer.bad_rows(job.id)))
    return place
