"""`/c/{token}`: from a link in a message to where it leads. The address is signed, so this redirects nowhere else."""

import logging

from flask import Response, redirect, request

from api.context import services
from api.pages.page import new_blueprint
from common.errors import NotFound
from common.ids import derive
from messaging.receipts import Fact
from storage.outages import as_unavailable

log = logging.getLogger(__name__)
blueprint = new_blueprint("click")


@blueprint.get("/c/<token:token>")
def follow(token: str) -> Response:
    """Redirect, and note that the link was followed.

    The note is a figure for the campaign's report and says nothing of the customer, for whom nothing changes: a mail
    scanner follows links as people do. It is kept once for a message and link.
    """
    message, address = _read(token)
    if request.method == "GET" and "prefetch" not in request.headers.get("Sec-Purpose", ""):
        try:
            _note(message, address)
        except Exception as error:
            # Whoever follows a link wants to get there, whether or not it can be counted.
            if as_unavailable(error) is None:
                raise
            log.warning("click.not_noted", extra={"error": type(error).__name__})
    return redirect(address, 302)  # type: ignore[return-value]  # it is one


def _note(id: str, address: str) -> None:
    message = services().messages.get([id]).get(id)
    if message is not None:
        fact = Fact(
            id=derive("followed", id, address),
            type="clicked",
            at=services().clock.now(),
            provider="encore",
            channel=message.channel,
            message=id,
            campaign=message.campaign,
            url=address,
            detail="unverified",
        )
        services().facts.add([fact])


def _read(token: str) -> tuple[str, str]:
    match services().links.read("click", token):
        case [str(message), str(address)] if address.startswith(("https://", "http://")):
            return message, address
        case _:
            raise NotFound("page", "click")
