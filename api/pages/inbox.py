"""What the shop's own pages load from here: a customer's inbox, the script that shows it, and one for push messages.

`/i/{token}` is data for that script, and only for pages of the origins that ENCORE_INBOX_ORIGINS names.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Response, jsonify, render_template, request

from api.context import services
from api.pages.page import new_blueprint
from api.schemas.base import instant_text
from common.errors import NotFound
from content.cards import buttons_of
from customers.addresses import INBOX
from messaging.channels.inbox import Inbox
from messaging.shelf import LIES, SHOWN, Lying

blueprint = new_blueprint("inbox")

SCRIPT = "/site/inbox.js"
# A token is asked for anew whenever a customer logs in; one that was copied ends by itself.
_GOOD_FOR = timedelta(days=30)
_SCRIPTS = ("inbox.js", "push.js")


@blueprint.get("/i/<token:token>")
def show(token: str) -> Response:
    """What lies in the inbox, the newest first. Looking changes nothing: what was shown or read, the script posts."""
    address = _address(token)
    shelf, inbox = services().inboxes, services().providers.by_name(INBOX)
    lying = shelf.lying(address, services().clock.now() - LIES, SHOWN)
    shown = [_shown(one, inbox) for one in lying if isinstance(inbox, Inbox)]
    response = jsonify({"unread": sum(not one.read for one in lying), "messages": shown})
    if isinstance(inbox, Inbox) and request.headers.get("Origin", "").lower() in inbox.origins:
        response.headers["Access-Control-Allow-Origin"] = request.headers["Origin"]
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.vary.add("Origin")
    return response


@blueprint.get("/site/<name>")
def script(name: str) -> Response:
    """A script for the shop's own pages; it holds nothing of anybody."""
    if name not in _SCRIPTS:
        raise NotFound("script", name)
    response = Response(render_template(f"site/{name}"), content_type="text/javascript; charset=utf-8")
    response.headers["Cache-Control"] = "public, max-age=3600"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def token_for(address: str) -> tuple[str, datetime]:
    """A token for an inbox, and until when it opens it."""
    until = services().clock.now().replace(microsecond=0) + _GOOD_FOR
    return services().links.token("inbox", [address, int(until.timestamp())]), until


def _address(token: str) -> str:
    match services().links.read("inbox", token):
        case [str(address), int(until)] if datetime.fromtimestamp(until, UTC) > services().clock.now():
            return address
        case _:
            raise NotFound("page", "inbox")


def _shown(one: Lying, inbox: Inbox) -> dict[str, Any]:
    words = {name: one.parts.get(name, "") for name in ("title", "body", "media", "media_alt", "link", "preferences")}
    return {
        "id": one.message,
        "at": instant_text(one.at),
        "read": one.read,
        **words,
        "buttons": [{"label": button.label, "url": button.url} for button in buttons_of(one.parts)],
        "back": inbox.back(one.message, one.token),
    }
