"""`encore worker`: takes jobs off the queues."""

import os
import sys
from pathlib import Path

import click

import worker
from cli.processes import Child
from cli.signals import interrupt_on_signals
from cli.supervisor import Supervisor
from common.settings import load


@click.command()
@click.option("--count", default=1, show_default=True, type=click.IntRange(1, 256), help="How many processes.")
@click.option("--urgent", is_flag=True, help="Only single messages and what else may not wait behind a campaign.")
def command(count: int, urgent: bool) -> None:
    """Take jobs off the queues until told to stop. Run as many as you like, on as many machines.

    Of several, one more does nothing but what is urgent.
    """
    settings = load(os.environ).complete()
    if count == 1:
        worker.main(urgent_only=urgent)
        return
    interrupt_on_signals()
    children = [
        Child(name=f"worker-{number}", command=[sys.executable, "-m", "cli.main", "worker"])
        for number in range(1, count + 1)
    ]
    children.append(Child(name="worker-urgent", command=[sys.executable, "-m", "cli.main", "worker", "--urgent"]))
    try:
        with Supervisor(Path(settings.data_dir) / "logs", lambda text: click.echo(text, err=True)) as supervisor:
            supervisor.start_all(children)
            supervisor.watch()
            supervisor.wait()
    except KeyboardInterrupt:
        click.echo("Stopped.")
