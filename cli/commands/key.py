"""`encore key`: API keys, for whoever can reach the database anyway."""

import os

import click

from cli.here import complete_here
from common.errors import Invalid, NotFound
from common.keys import SCOPES, Scope
from wiring import Services


@click.group()
def command() -> None:
    """Make, list and revoke API keys."""


@command.command()
@click.option("--scopes", default="admin", show_default=True, help=f"By commas, of: {', '.join(SCOPES)}.")
@click.option("--name", default="made on the command line", show_default=True, help="What it is for.")
def create(scopes: str, name: str) -> None:
    """Print a new key. It is not kept, only its hash is, so that it cannot be shown again."""
    _, secret = _services().keys.create(name, [_scope(word.strip()) for word in scopes.split(",")])
    click.echo(secret)


@command.command(name="list")
def list_() -> None:
    """Every key's id, name, scopes and whether it was revoked."""
    keys = _services().keys
    page = keys.page("", 100)
    while page:
        for key in page:
            click.echo("\t".join([key.id, key.name, ",".join(key.scopes), "revoked" if key.revoked_at else "valid"]))
        page = keys.page(page[-1].id, 100)


@command.command()
@click.argument("id")
def revoke(id: str) -> None:
    """Make a key useless from now on."""
    if not _services().keys.revoke(id):
        raise NotFound("key", id)
    click.echo(f"{id} is revoked.")


def _services() -> Services:
    return Services(complete_here(os.environ))


def _scope(word: str) -> Scope:
    for scope in SCOPES:
        if scope == word:
            return scope  # type: ignore[return-value]  # SCOPES are what Scope is made of
    raise Invalid.field("--scopes", f"There is no scope {word!r}; there are {', '.join(SCOPES)}.")
