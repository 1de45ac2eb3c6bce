"""`encore check`: is everything there that it takes to run?"""

import os
import sys
from urllib.parse import urlsplit

import click

from cli.here import nothing_runs, settings_here
from common.settings import Settings
from storage.indexes import missing
from wiring import Services


@click.command()
def command() -> None:
    """Look at settings, servers and indexes, and say what is wrong and what to do. Exit code 0 when all is well."""
    settings = settings_here(os.environ)
    wrong = _settings(settings)
    services = Services(settings)
    answering = services.health.answering() if not wrong else {}
    for server, url in (("mongodb", settings.mongodb_url), ("redis", settings.redis_url)):
        if server in answering:
            wrong += _server(server, url, answering[server])
    if answering.get("mongodb"):
        wrong += _indexes(services)
    services.close()
    if wrong:
        sys.exit(1)
    click.echo("All is well.")


def _settings(settings: Settings) -> int:
    problems = settings.missing()
    for name, reason in problems.items():
        _bad(f"{name}: {reason}")
    if not settings.mongodb_url:
        click.echo(nothing_runs(settings), err=True)
    if not problems:
        _good("settings")
    return len(problems)


def _server(name: str, url: str, answers: bool) -> int:
    place = urlsplit(url).hostname or "its socket"
    if answers:
        _good(f"{name} at {place}")
        return 0
    _bad(f"{name} at {place} does not answer: is it running, and is ENCORE_{name.upper()}_URL right?")
    return 1


def _indexes(services: Services) -> int:
    names = missing(services.database)
    for name in names:
        _bad(f"index {name} is missing: `encore api` puts it in place as it starts")
    if not names:
        _good("indexes")
    return len(names)


def _good(text: str) -> None:
    click.echo(f"ok     {text}")


def _bad(text: str) -> None:
    click.echo(f"WRONG  {text}", err=True)
