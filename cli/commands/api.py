"""`encore api`: the API alone, for a deployment of several machines."""

import os
import sys

import click

from cli.servers import API_PORT, granian, must_be_free
from common.settings import load
from storage.indexes import ensure
from wiring import Services


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=API_PORT, show_default=True, help="The port to listen on.")
@click.option("--processes", default=1, show_default=True, type=click.IntRange(1, 64), help="How many processes.")
@click.option("--threads", default=4, show_default=True, type=click.IntRange(1, 256), help="Threads in each.")
def command(host: str, port: int, processes: int, threads: int) -> None:
    """Serve the API, after putting missing indexes in place."""
    services = Services(load(os.environ).complete())
    must_be_free(host, port)
    ensure(services.database)
    services.close()
    sys.stdout.flush()
    served = granian(host, port, processes, threads)
    os.execv(served[0], served)  # noqa: S606  # becomes the server, which then gets the signals itself
