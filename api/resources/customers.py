"""Customers: kept under the shop's own ids, looked up, asked for consent, forgotten."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
from flask import Response
from flask.views import MethodView

from api import csv
from api.auth import scope
from api.blueprint import Blueprint
from api.context import services
from api.etags import etag_headers, expected_version, versioned
from api.paging import paged
from api.schemas.base import Page, instant_text
from api.schemas.customers import (
    CustomerFactsSchema,
    CustomerPageArgs,
    CustomerRowSchema,
    CustomerSchema,
    TimelineArgs,
    TimelineEntrySchema,
)
from common.errors import Invalid, NotFound
from customers import attributes
from customers.addresses import EMAIL, SMS, normalise
from customers.customer import Customer, birthday_of, channels_of, preferred_source, zone_source
from customers.preferences import LONGEST_PAUSE
from customers.timeline import Entry, timeline
from segments.ranges import days_since

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
    profile["days_since"] = days_since(customer.profile.last_at, services().clock.now())
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


def row(customer: Customer) -> dict[str, Any]:
    """A customer as a line of CSV: what an import takes, and beside it what their orders add up to."""
    profile = customer.profile
    return msgspec.structs.asdict(customer) | {
        "customer_id": customer.id,
        "email": next(iter(customer.addresses.get(EMAIL, [])), ""),
        "phone": next(iter(customer.addresses.get(SMS, [])), ""),
        # What was worked out or learned is not told as if the shop had given it.
        "time_zone": customer.time_zone if zone_source(customer) == "given" else "",
        "preferred_channel": ";".join(customer.preferred if preferred_source(customer) == "declared" else []),
        "marketing_email": _agreed(customer, EMAIL),
        "marketing_sms": _agreed(customer, SMS),
        "tags": ";".join(customer.tags),
        "orders": profile.orders,
        "first_order_at": profile.first_at,
        "last_order_at": profile.last_at,
    }


def _agreed(customer: Customer, channel: str) -> str:
    word = customer.consents.get(channel, {}).get("marketing")
    return "" if word is None or word.state == "pending" else ("yes" if word.state == "granted" else "no")


def answer(customer: Customer) -> Answer:
    """A customer with their ETag, and with whom they may be one."""
    return shown(customer) | {"duplicates": services().found_duplicates.others(customer.id)}, etag_headers(
        customer.version
    )


def facts(body: dict[str, Any], country: str) -> dict[str, Any]:
    """What a body tells, flat as `Records.change` takes it; what is empty is taken away."""
    given = {name: value or None for name, value in body.items() if name not in ("addresses", "attributes")}
    for name in ("preferred", "tags"):
        if body.get(name):
            given[name] = list(dict.fromkeys(body[name]))
    if body.get("birthday"):
        # Whose day has begun somewhere on Earth may have been born on it.
        birthday_of(body["birthday"], (services().clock.now() + timedelta(hours=14)).date())
    if body.get("paused_until") and body["paused_until"] > services().clock.now() + LONGEST_PAUSE:
        raise Invalid.field("paused_until", "A pause lasts two years at most; who wants none at all says no.")
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
    @blueprint.doc(responses=csv.RESPONSES)
    def get(self, args: dict[str, Any]) -> dict[str, Any] | Response:
        """List customers in the order of their ids, or those who have an address; all as `Accept: text/csv`."""
        if args.get("email") and args.get("phone"):
            raise Invalid.field("phone", "Look for an e-mail address or a phone number, not for both at once.")
        address = None
        for name, channel in (("email", EMAIL), ("phone", SMS)):
            if name in args:
                try:
                    address = normalise(channel, args[name])
                except Invalid as error:
                    raise Invalid.field(name, error.fields[channel][0]) from None
        if csv.is_wanted():
            rows = (row(customer) for customer in services().customers.stream(args["after"], address))
            return csv.answer("customers", list(CustomerRowSchema._declared_fields), rows)
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


@blueprint.route("/<customer_id>/timeline")
class CustomerTimeline(MethodView):
    """All that happened with a customer."""

    @scope("read")
    @blueprint.arguments(TimelineArgs, location="query")
    @blueprint.response(200, Page(TimelineEntrySchema))
    def get(self, args: dict[str, Any], customer_id: str) -> dict[str, Any]:
        """List what happened, the newest first: orders, consents, messages, codes, points, referrals, visits."""
        found(customer_id)
        happenings = services().happenings

        def fetch(after: str, limit: int) -> list[Entry]:
            return timeline(happenings, customer_id, after, limit, args["type"])

        page = paged(fetch, args, cursor=lambda entry: entry.cursor)
        return page | {"data": [_happened(entry) for entry in page["data"]]}


def _happened(entry: Entry) -> dict[str, Any]:
    return {"id": entry.id, "type": entry.type, "at": entry.at, "text": entry.text, "data": _readable(entry.data)}
