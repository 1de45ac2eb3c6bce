"""`/c/{token}`, `/l/{code}` and `/o/{token}.gif`: links followed and letters opened.

The address of a link is signed, or kept by us, so this redirects nowhere else. A visit is noted, and no more: what it
means is settled later (messaging/sightings.py), and the customer is untouched by any GET.
"""

import logging
from base64 import b64decode
from typing import Literal

from flask import Response, redirect, request

from api.context import services
from api.pages.page import new_blueprint
from common.errors import NotFound
from messaging.sightings import Visit
from storage.outages import as_unavailable

log = logging.getLogger(__name__)
blueprint = new_blueprint("click")

# One transparent point.
_POINT = b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
# How browsers and mail programs say that nobody has asked for a page yet.
_AHEAD = ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")


@blueprint.get("/c/<token:token>")
def follow(token: str) -> Response:
    """Redirect, and note that the link was followed."""
    match services().links.read("click", token):
        case [str(message), str(address)] if address.startswith(("https://", "http://")):
            return _on(message, address)
        case _:
            raise NotFound("page", "click")


@blueprint.get("/l/<code:code>")
def follow_short(code: str) -> Response:
    """The same for the ten characters of a text message."""
    link = services().short_links.get(code)
    if link is None:
        raise NotFound("page", "click")
    return _on(link.message, link.address)


@blueprint.get("/o/<token:token>.gif")
def opened(token: str) -> Response:
    """The picture, whatever the token is; for one of ours, note that the letter was opened."""
    try:
        message = services().links.read("open", token)
    except NotFound:
        message = ""
    if message and isinstance(message, str):
        _note("opened", message)
    return Response(_POINT, content_type="image/gif", headers={"Cross-Origin-Resource-Policy": "cross-origin"})


def _on(message: str, address: str) -> Response:
    # Our own pages are no news: what is done there is told there.
    if not address.startswith(f"{services().links.public_url}/"):
        _note("clicked", message, address)
    return redirect(address, 302)  # type: ignore[return-value]  # it is one


def _note(type: Literal["opened", "clicked"], message: str, address: str = "") -> None:
    """Whoever follows a link wants to get there, whether or not it can be noted."""
    said = " ".join(request.headers.get(name, "").lower() for name in _AHEAD)
    if request.method != "GET" or "prefetch" in said:
        return
    visit = Visit(agent=request.headers.get("User-Agent", ""), ahead="preview" in said or "prerender" in said)
    try:
        services().sightings.note(type, message, visit, address)
    except Exception as error:
        if as_unavailable(error) is None:
            raise
        log.warning("visit.not_noted", extra={"error": error.__class__.__name__})
