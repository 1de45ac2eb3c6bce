"""Customers: kept under the shop's own ids, looked up, asked for consent, forgotten."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
from flask.views import MethodView

from api.auth import scope
from api.blueprint import Blueprint
from api.context import caller, services
from api.etags import etag_headers, expected_version, versioned
from api.paging import paged
from api.schemas.base import Page, PageArgs, instant_text
from api.schemas.customers import (
    AskedConsentSchema,
    ConsentEntrySchema,
    ConsentPutSchema,
    CustomerFactsSchema,
    CustomerPageArgs,
    CustomerSchema,
    OptInSchema,
    StandingConsentSchema,
    TimelineEntrySchema,
)
from campaigns.opt_in import PURPOSE
from common.errors import Invalid, NotFound
from customers import attributes
from customers.addresses import CHANNELS, EMAIL, SMS, normalise
from customers.consent import IMPORTED, Consent, Entry
from customers.customer import Customer, birthday_of, channels_of, preferred_source, zone_source
from customers.timeline import cursor_of, place_of, timeline

blueprint = Blueprint("customers", __name__, url_prefix="/v1/customers", description="The people, and what they said.")

Answer = tuple[dict[str, Any], dict[str, str]]


# By what the facet's writers count each event once.
_INTERNAL = frozenset({"round", "applied"})


def shown(customer: Customer) -> dict[str, Any]:
    """A customer as the API shows them."""
    known = msgspec.structs.asdict(customer)
    profile = msgspec.structs.asdict(customer.profile)
    for name in ("spend", "average"):
        sums = sorted(profile[name].items())
        profile[name] = [{"amount": amount, "currency": currency} for currency, amount in sums]
    return known | {
        "profile": profile,
        "attributes": attributes.told(customer.attributes),
        "engagement": _readable({k: v for k, v in customer.engagement.items() if k not in _INTERNAL}),
        "locale_source": "given" if customer.locale else "shop",
        "time_zone_source": zone_source(customer),
        "preferred_source": preferred_source(customer),
        "channels": channels_of(customer),
    }


def _readable(value: Any) -> Any:
    """A facet with its instants as the API writes them."""
    if isinstance(value, dict):
        return {name: _readable(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_readable(inner) for inner in value]
    return instant_text(value) if isinstance(value, datetime) else value


def answer(customer: Customer) -> Answer:
    """A customer with their ETag, and with whom they may be one."""
    return shown(customer) | {"duplicates": services().found_duplicates.others(customer.id)}, etag_headers(
        customer.version
    )


def facts(body: dict[str, Any], country: str) -> dict[str, Any]:
    """What a body tells, flat as `Records.change` takes it; what is empty is taken away."""
    given = {name: value or None for name, value in body.items() if name not in ("addresses", "attributes")}
    if body.get("birthday"):
        # Whose day has begun somewhere on Earth may have been born on it.
        birthday_of(body["birthday"], (services().clock.now() + timedelta(hours=14)).date())
    wrong: dict[str, list[str]] = {}
    for channel, addresses in body.get("addresses", {}).items():
        normal: list[str] = []
        for index, address in enumerate(addresses):
            try:
                normal.append(normalise(channel, address, body.get("country", country)))
            except Invalid as error:
                wrong[f"addresses.{channel}.{index}"] = error.fields[channel]
        given[f"addresses.{channel}"] = list(dict.fromkeys(normal)) or None
    if wrong:
        raise Invalid("Some addresses are wrong; `errors` names each.", wrong)
    return given | {f"attributes.{name}": value for name, value in _attributes(body).items()}


def _attributes(body: dict[str, Any]) -> dict[str, Any]:
    """A body's attributes as the types that the shop declared; raises Invalid naming each wrong one."""
    if not body.get("attributes"):
        return {}
    shop = services().shops.get()
    return attributes.checked(body["attributes"], shop.attributes, strict=shop.attributes_strict)


def found(customer_id: str) -> Customer:
    """A customer that exists; raises NotFound."""
    customer = services().customers.get([customer_id]).get(customer_id)
    if customer is None:
        raise NotFound("customer", customer_id)
    return customer


@blueprint.route("")
class CustomerList(MethodView):
    """All customers."""

    @scope("read")
    @blueprint.arguments(CustomerPageArgs, location="query")
    @blueprint.response(200, Page(CustomerSchema))
    def get(self, args: dict[str, Any]) -> dict[str, Any]:
        """List customers in the order of their ids, or those who have an address."""
        if args.get("email") and args.get("phone"):
            raise Invalid.field("phone", "Look for an e-mail address or a phone number, not for both at once.")
        address = None
        for name, channel in (("email", EMAIL), ("phone", SMS)):
            if name in args:
                try:
                    address = normalise(channel, args[name])
                except Invalid as error:
                    raise Invalid.field(name, error.fields[channel][0]) from None
        page = paged(lambda after, limit: services().customers.find(after, limit, address), args)
        return page | {"data": [shown(customer) for customer in page["data"]]}


@blueprint.route("/<customer_id>")
class CustomerItem(MethodView):
    """One customer."""

    @scope("read")
    @versioned
    @blueprint.response(200, CustomerSchema)
    def get(self, customer_id: str) -> Answer:
        """Read a customer."""
        return answer(found(customer_id))

    @scope("ingest")
    @versioned
    @blueprint.arguments(CustomerFactsSchema)
    @blueprint.response(200, CustomerSchema)
    def put(self, body: dict[str, Any], customer_id: str) -> Answer:
        """Keep what the shop knows of a customer; what is left out stays as it is."""
        return answer(self._change(body, customer_id, create=True))

    @scope("ingest")
    @versioned
    @blueprint.arguments(CustomerFactsSchema(partial=True))
    @blueprint.response(200, CustomerSchema)
    def patch(self, body: dict[str, Any], customer_id: str) -> Answer:
        """Change a customer that exists."""
        return answer(self._change(body, customer_id, create=False))

    @scope("ingest")
    @blueprint.response(204)
    def delete(self, customer_id: str) -> None:
        """Forget a customer. Orders keep their sums without a name; an address that said STOP stays suppressed."""
        services().eraser.erase(customer_id)

    def _change(self, body: dict[str, Any], customer_id: str, create: bool) -> Customer:
        customers = services().customers
        phones = body.get("addresses", {}).get("sms")
        known = customers.get([customer_id]).get(customer_id) if phones and "country" not in body else None
        given = facts(body, known.country if known else "")
        changed = customers.change(customer_id, given, create=create, expected_version=expected_version())
        if "addresses" in body:
            services().duplicates.look([changed.id])
        return changed


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


@blueprint.route("/<customer_id>/timeline")
class CustomerTimeline(MethodView):
    """All that happened with a customer."""

    @scope("read")
    @blueprint.arguments(PageArgs, location="query")
    @blueprint.response(200, Page(TimelineEntrySchema))
    def get(self, args: dict[str, Any], customer_id: str) -> dict[str, Any]:
        """List what happened, the newest first."""
        found(customer_id)
        orders, events = services().orders, services().events
        return paged(
            lambda after, limit: timeline(orders, events, customer_id, after, limit),
            args,
            cursor=lambda entry: entry.cursor,
        )
