"""What a request may reach: the services, its own id, the key that called."""

from typing import cast

from flask import Flask, current_app, g

from common.errors import Unknown
from common.keys import ApiKey
from wiring import Services

EXTENSION = "encore"


def provide(app: Flask, services: Services) -> None:
    """Say which services an application's requests work with from now on."""
    app.extensions[EXTENSION] = services


def services() -> Services:
    """The services of the application that handles this request."""
    return cast(Services, current_app.extensions[EXTENSION])


def request_id() -> str:
    """The id by which this request can be followed through the logs."""
    return cast(str, g.get("request_id", ""))


def caller() -> ApiKey:
    """The key that made this request; raises Unknown on a page that needs none."""
    key: ApiKey | None = g.get("caller")
    if key is None:
        raise Unknown("This request was made without a key.")
    return key
