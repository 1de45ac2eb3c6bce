"""`encore scheduler`: the clock."""

import os

import click

import worker
from common.settings import load


@click.command()
def command() -> None:
    """Do what is due: scheduled campaigns, retries, sweeping. Several may run: one works, the others stand by."""
    load(os.environ).complete()
    worker.scheduler_main()
