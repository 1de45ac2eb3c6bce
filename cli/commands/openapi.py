"""`encore openapi`: the API's description."""

import json

import click

from api.app import document


@click.command()
def command() -> None:
    """Print the OpenAPI document, and nothing else; needs no server."""
    click.echo(json.dumps(document(), indent=2, ensure_ascii=False))
