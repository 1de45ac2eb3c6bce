"""A customer who was merged is found under the old id, too, wherever a path names one."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, request

from api.context import services
from api.routing import view_of

View = TypeVar("View", bound=Callable[..., Any])

_ARGUMENT = "customer_id"


def install(app: Flask) -> None:
    """Lead requests about old ids to the survivor."""
    app.before_request(_lead)


def led(customer: str) -> str:
    """The customer that an id leads to: itself, unless it was merged."""
    return services().aliases.one(customer)


def literally(view: View) -> View:
    """Declare that a view means the very id in its path."""
    view.literal_ids = True  # type: ignore[attr-defined]  # functions take attributes; decorators copy them
    return view


def _lead() -> None:
    args = request.view_args
    if args and _ARGUMENT in args and not getattr(view_of(request), "literal_ids", False):
        args[_ARGUMENT] = led(args[_ARGUMENT])
