"""`encore import`: a file of customers, orders or products, as POST /v1/imports takes it."""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import sleep
from typing import BinaryIO, cast

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from cli.here import complete_here
from common.errors import NotFound
from common.jobs import Job, Jobs
from customers.columns import FIELDS, Kind
from wiring import Services

LOOK_EVERY = 0.3
_TYPES = {".csv": "text/csv", ".ndjson": "application/x-ndjson", ".jsonl": "application/x-ndjson"}


@click.command()
@click.argument("kind", type=click.Choice(list(FIELDS)))
@click.argument("file", type=click.File("rb"))
def command(kind: str, file: BinaryIO) -> None:
    """Take in FILE, a CSV or NDJSON of this KIND; the same file twice changes nothing.

    A bad row is told with its line and field, and does not keep the others out; exit code 1 says that there were some.
    """
    services = Services(complete_here(os.environ))
    content_type = _TYPES.get(Path(file.name).suffix.lower(), "text/csv")
    job = services.importer.start(cast(Kind, kind), file, content_type)
    with ThreadPoolExecutor(1) as pool:
        # A worker may be quicker than we are, or there may be none: whoever claims the job does it.
        ours = pool.submit(services.importer.run, job.id)
        job = _follow(services.jobs, job)
        ours.result()
    services.close()
    _tell(job)
    sys.exit(0 if job.state == "finished" and not job.bad else 1)


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
            progress.update(bar, completed=job.done)
    return job


def _tell(job: Job) -> None:
    click.echo(f"{job.good} taken, {job.bad} not taken. {job.detail}".strip())
    for error in job.errors:
        click.echo(f"  line {error.line}: {f'{error.field}: ' if error.field else ''}{error.reason}", err=True)
    if job.bad > len(job.errors):
        click.echo(f"  … and {job.bad - len(job.errors)} more.", err=True)
