"""What the pages share: a blueprint whose errors are pages too, rendering in a language under a strict policy."""

import logging
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, render_template
from werkzeug.exceptions import HTTPException

from api.context import services
from api.headers import PAGE_POLICY
from api.pages.brand import DEFAULT, brand_of
from api.pages.words import direction_of, language_of_visitor, words
from api.problems import of_http
from common.errors import NotFound, Unavailable
from messaging.message import Message
from storage.outages import as_unavailable

log = logging.getLogger(__name__)


def new_blueprint(name: str) -> Blueprint:
    """A blueprint of pages: what goes wrong in it is told to a customer, not to a program."""
    made = Blueprint(name, __name__, template_folder="templates")
    made.register_error_handler(NotFound, _not_found)
    made.register_error_handler(Exception, _anything)
    return made


def page(
    template: str,
    language: str,
    *,
    status: int = 200,
    brand: str = DEFAULT,
    leads_to: Iterable[str] = (),
    **values: Any,
) -> Response:
    """Render a page. `leads_to` are addresses that its forms may end up at, beside our own."""
    shop = services().shops.get()
    text = render_template(
        f"pages/{template}.html",
        w=words(language),
        language=language,
        direction=direction_of(language),
        brand=brand_of(shop, brand),
        brand_name=brand,
        shop=shop,
        **values,
    )
    response = Response(text, status, content_type="text/html; charset=utf-8")
    origins = " ".join(["'self'", *(origin_of(address) for address in leads_to)])
    # Browsers hold a redirect that follows a form to the policy of the page that had the form.
    response.headers["Content-Security-Policy"] = PAGE_POLICY.replace("form-action 'self'", f"form-action {origins}")
    response.headers["Content-Language"] = language
    response.headers["X-Robots-Tag"] = "noindex"
    response.vary.add("Accept-Language")
    return response


def origin_of(address: str) -> str:
    """The scheme and host of an address, as a content policy names them."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def message_of(kind: str, token: str) -> Message:
    """The message that a token of this kind of page was made for; raises NotFound for any other token."""
    named = services().links.read(kind, token)
    found = services().messages.get([named]).get(named) if isinstance(named, str) else None
    if found is None:
        raise NotFound("page", kind)
    return found


def _not_found(error: NotFound) -> Response:
    """The same page for a wrong, an old and a made-up link, so that nothing is learned from it."""
    return page("gone", language_of_visitor(services().shops.get().locale), status=404)


def _anything(error: Exception) -> Response:
    if isinstance(error, HTTPException):
        return of_http(error)
    outage = as_unavailable(error)
    if outage is None:
        log.error("unhandled", exc_info=error)
    return _away(outage)


def _away(outage: Unavailable | None) -> Response:
    """A page that needs no server of ours: whatever is away, this can be shown."""
    language = language_of_visitor()
    text = render_template("pages/away.html", w=words(language), language=language)
    response = Response(text, 503 if outage else 500, content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = PAGE_POLICY
    if outage:
        response.headers["Retry-After"] = str(outage.retry_after)
    return response
