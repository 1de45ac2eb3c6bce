"""`encore demo`: the main job on real orders, from an empty machine to a report."""

import os
import shutil
import sys
import time
import traceback
from contextlib import ExitStack
from pathlib import Path

import click
from rich.console import Console

from cli.datadir import DataDir
from cli.demo.client import Api
from cli.demo.ending import broken_promises, where_to_look_next
from cli.demo.provider import StandIn, sandbox
from cli.demo.screen import Screen
from cli.demo.story import play
from cli.demo.world import World
from cli.embedded import HOST, free_port
from cli.processes import StartFailed
from cli.servers import Stack
from cli.signals import interrupt_on_signals
from cli.supervisor import Supervisor
from common.errors import EncoreError
from common.settings import PREFIX, load
from storage.outages import as_unavailable

INTERRUPTED = 130
# What the demo keeps besides its lock; it starts over by removing these, never the directory it was given.
KEPT = ("mongodb", "redis", "logs", "sandbox.jsonl", "secret_key")


@click.command()
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1, 16), help="Worker processes.")
def command(workers: int) -> None:
    """Play the main job through the REST API, on servers of its own, and end with exit code 0 if all promises held.

    Nothing leaves this machine: a stand-in for the providers takes the messages. Data and logs are kept in
    ENCORE_DATA_DIR/demo (./var/demo) until the next demo starts over.
    """
    interrupt_on_signals()
    console = Console(width=None if sys.stdout.isatty() else 110)
    started = time.monotonic()
    try:
        with ExitStack() as exits:
            broken = _run(exits, console, workers)
    except KeyboardInterrupt:
        console.print("Stopped; nothing is left running. The next demo starts over.")
        sys.exit(INTERRUPTED)
    except StartFailed:
        raise  # its own words name the log
    except Exception as error:
        raise StartFailed(_halted(error)) from error
    for sentence in broken:
        console.print(f"[red]Broken:[/] {sentence}")
    console.print(f"{'Not all promises held' if broken else 'All promises held'}; {time.monotonic() - started:.0f} s.")
    sys.exit(1 if broken else 0)


def _run(exits: ExitStack, console: Console, workers: int) -> list[str]:
    directory = _directory()
    with DataDir(directory):
        _start_over(directory)
    say = Screen(console).say
    port, provider_port = free_port(), free_port()
    supervisor = exits.enter_context(Supervisor(directory / "logs", say))
    supervisor.start(sandbox(provider_port, f"http://{HOST}:{port}", directory / "sandbox.jsonl"))
    provider = StandIn(provider_port)
    environment = {f"{PREFIX}DATA_DIR": str(directory), **provider.environment()}
    stack = exits.enter_context(Stack(environment, port=port, workers=workers, say=say))
    console.print(f"Encore runs at {stack.base_url}, with MongoDB, Redis and a stand-in for the providers of its own.")
    world = World(api=Api(stack.base_url, stack.admin_key() or ""), provider=provider, screen=Screen(console))
    play(world)
    broken = broken_promises(world, stack.services)
    where_to_look_next(world, directory)
    return broken


def _halted(error: Exception) -> str:
    """What to tell of an error that nobody foresaw; where it came from is kept in a file beside the other logs."""
    logs = _directory() / "logs"
    outage = as_unavailable(error)
    said = str(outage or error) or "no more is known"
    if not isinstance(outage or error, EncoreError | OSError):
        said = f"{type(error).__name__}: {said}"
    try:
        logs.mkdir(parents=True, exist_ok=True)
        (logs / "demo.log").write_text("".join(traceback.format_exception(error)))
    except OSError as unwritten:
        return f"The demo came to a halt: {said} Its log could not be written to {logs}: {unwritten.strerror}."
    return f"The demo came to a halt: {said}\nThe logs are in {logs}; demo.log says where. `encore demo` starts over."


def _directory() -> Path:
    own = {name: value for name, value in os.environ.items() if name == f"{PREFIX}DATA_DIR"}
    return Path(load(own).data_dir).absolute() / "demo"


def _start_over(directory: Path) -> None:
    for name in KEPT:
        place = directory / name
        if place.is_dir():
            shutil.rmtree(place)
        else:
            place.unlink(missing_ok=True)
