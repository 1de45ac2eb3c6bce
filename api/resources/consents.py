"""Customers' consents: the word that stands, the log of all that were said, and the double opt-in."""

from typing import Any

import msgspec
from flask.views import MethodView

from api.auth import scope
from api.blueprint import Blueprint
from api.context import caller, services
from api.paging import paged
from api.resources.customers import found
from api.schemas.base import Page, PageArgs
from api.schemas.customers import (
    AskedConsentSchema,
    ConsentEntrySchema,
    ConsentPutSchema,
    OptInSchema,
    StandingConsentSchema,
)
from campaigns.opt_in import PURPOSE
from common.errors import Invalid, NotFound
from customers.addresses import CHANNELS
from customers.consent import IMPORTED, Consent, Entry
from customers.timeline import cursor_of, place_of

blueprint = Blueprint("consents", __name__, url_prefix="/v1/customers", description="Who agreed to what.")


@blueprint.route("/<customer_id>/consents")
class CustomerConsents(MethodView):
    """All that a customer ever said about being written to."""

    @scope("read")
    @blueprint.arguments(PageArgs, location="query")
    @blueprint.response(200, Page(ConsentEntrySchema))
    def get(self, args: dict[str, Any], customer_id: str) -> dict[str, Any]:
        """List every word, the newest first; nothing of it is ever changed."""
        found(customer_id)
        log = services().consents

        def fetch(after: str, limit: int) -> list[Entry]:
            return log.history(customer_id, limit, place_of(after) if after else None)

        page = paged(fetch, args, cursor=lambda entry: cursor_of(entry.word.at, entry.id))
        return page | {"data": [_told(entry) for entry in page["data"]]}


def _told(entry: Entry) -> dict[str, Any]:
    word = msgspec.structs.asdict(entry.word)
    return {"id": entry.id, "channel": entry.channel, "purpose": entry.purpose, **word}


@blueprint.route("/<customer_id>/consents/<channel>")
class CustomerConsent(MethodView):
    """A customer's consent to be written to on a channel."""

    @scope("ingest")
    @blueprint.arguments(ConsentPutSchema)
    @blueprint.response(200, StandingConsentSchema)
    def put(self, body: dict[str, Any], customer_id: str, channel: str) -> dict[str, Any]:
        """Record what a customer said; answers with the word that now stands."""
        _check_channel(channel)
        now = services().clock.now()
        purpose, twice = body.pop("purpose"), body.pop("double_opt_in")
        word = Consent(**{"at": now, **body, "by": caller().id})
        if word.at > now:
            raise Invalid.field("at", "Lies in the future.")
        if word.source == IMPORTED:
            raise Invalid.field("source", f"{IMPORTED!r} is what words from files say.")
        if twice and (purpose, word.state) != (PURPOSE, "granted"):
            raise Invalid.field("double_opt_in", f"Only a yes to {PURPOSE} is confirmed.")
        if twice:
            found(customer_id)
            services().opt_in.ask(customer_id, channel, word)
        elif not services().customers.set_consent(customer_id, channel, purpose, word):
            raise NotFound("customer", customer_id)
        standing = found(customer_id).consents[channel][purpose]
        return {"channel": channel, "purpose": purpose, **msgspec.structs.asdict(standing)}


@blueprint.route("/<customer_id>/consents/<channel>/opt-in")
class CustomerOptIn(MethodView):
    """A yes that is to be confirmed."""

    @scope("ingest")
    @blueprint.arguments(OptInSchema)
    @blueprint.response(202, AskedConsentSchema)
    def post(self, body: dict[str, Any], customer_id: str, channel: str) -> dict[str, Any]:
        """Send the customer a message with a link to confirm that they want marketing; until then it is pending."""
        _check_channel(channel)
        word = Consent(state="pending", at=services().clock.now(), by=caller().id, **body)
        asked = services().opt_in.ask(customer_id, channel, word)
        standing = msgspec.structs.asdict(asked.consent)
        more = {"expires_at": asked.expires_at, "message": asked.message}
        return {"channel": channel, "purpose": PURPOSE, **standing, **more}


def _check_channel(channel: str) -> None:
    if channel not in CHANNELS:
        raise NotFound("channel", channel)
