"""Incidents and their cases, coming in and going out."""

from typing import Any

from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from api.schemas.base import Instant, MoneySchema, PageArgs, ShopId, Strict
from customers.incident import CASE_STATES, CHOICES, INCIDENT_CAUSES, Scope

MAX_ORDERS = 1_000
_CAUSE = validate.OneOf(INCIDENT_CAUSES)
_STATE = validate.OneOf(CASE_STATES)
_CHOICE = validate.OneOf(CHOICES)


class NewIncidentSchema(Strict):
    """What went wrong, and with which orders: name the orders, or a product, or a carrier."""

    cause = fields.String(required=True, validate=_CAUSE)
    reason = fields.String(
        load_default="", validate=validate.Length(max=500), metadata={"description": "Why, as customers are told it."}
    )
    expected_at = Instant(
        load_default=None, allow_none=True, metadata={"description": "When the orders are expected now."}
    )
    orders = fields.List(ShopId(), load_default=list, validate=validate.Length(max=MAX_ORDERS))
    product = fields.String(
        load_default="",
        validate=validate.Length(max=64),
        metadata={"description": "Whoever ordered it and has not been sent it yet."},
    )
    carrier = fields.String(
        load_default="",
        validate=validate.Length(max=200),
        metadata={"description": "Whoever is waiting for a parcel that this carrier has, as order events name it."},
    )
    since = Instant(
        load_default=None,
        allow_none=True,
        metadata={"description": "With a product or a carrier: orders placed since; else those of the last 60 days."},
    )
    quiet = fields.Boolean(
        truthy={True}, falsy={False}, load_default=False, metadata={"description": "Keep it, and tell nobody."}
    )

    @validates_schema
    def _one_scope(self, data: dict[str, Any], **_: Any) -> None:
        if sum(bool(data[name]) for name in ("orders", "product", "carrier")) != 1:
            raise ValidationError("Name orders, or a product, or a carrier: one of the three.", "orders")

    @post_load
    def _scope(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        scope = Scope(
            orders=list(dict.fromkeys(data.pop("orders"))),
            product=data.pop("product"),
            carrier=data.pop("carrier"),
            since=data.pop("since"),
        )
        return {**data, "scope": scope}


class ScopeSchema(Strict):
    """Whom an incident hit."""

    orders = fields.List(fields.String(), required=True)
    product = fields.String(required=True)
    carrier = fields.String(required=True)
    since = Instant(required=True, allow_none=True)


class IncidentSchema(Strict):
    """An incident, and how far it is: it is as open as the case of it that is furthest from being put right."""

    id = fields.String(required=True)
    cause = fields.String(required=True, validate=_CAUSE)
    source = fields.String(required=True, metadata={"description": "Who noticed: order, chore, shop, survey or page."})
    state = fields.String(required=True, validate=_STATE)
    reason = fields.String(required=True)
    expected_at = Instant(required=True, allow_none=True)
    scope = fields.Nested(ScopeSchema, required=True)
    by = fields.String(required=True, metadata={"description": "The id of the API key that opened it, or empty."})
    opened_at = Instant(required=True)
    finding = fields.Boolean(required=True, metadata={"description": "Whether whom it hit is still being found."})
    cases = fields.Dict(
        keys=fields.String(validate=_STATE),
        values=fields.Integer(),
        required=True,
        metadata={"description": "How many orders it hit, by state."},
    )


class IncidentArgs(PageArgs):
    """Which incidents are wanted."""

    state = fields.String(load_default=None, validate=_STATE, metadata={"description": "With a case in this state."})
    cause = fields.String(load_default=None, validate=_CAUSE)


class MadeGoodSchema(Strict):
    """A make-good that was given."""

    id = fields.String(required=True)
    kind = fields.String(required=True)
    offer = fields.String(required=True)
    code = fields.String(required=True)
    worth = fields.Nested(MoneySchema, required=True)
    at = Instant(required=True)
    by = fields.String(required=True, metadata={"description": "Who gave it by hand; empty for Encore."})
    note = fields.String(required=True)


class CaseSchema(Strict):
    """One order that an incident hit, and what was done about it."""

    id = fields.String(required=True)
    incident = fields.String(required=True)
    customer_id = fields.String(required=True)
    order_id = fields.String(required=True)
    cause = fields.String(required=True, validate=_CAUSE)
    state = fields.String(required=True, validate=_STATE)
    reason = fields.String(required=True)
    expected_at = Instant(required=True, allow_none=True)
    opened_at = Instant(required=True)
    rests_until = Instant(
        required=True,
        allow_none=True,
        metadata={"description": "Until when they get no marketing, unless it is over before."},
    )
    bad_in_a_row = fields.Integer(required=True)
    given = fields.List(fields.Nested(MadeGoodSchema), required=True)
    refused = fields.String(
        required=True, metadata={"description": "Which limit of the goodwill budget left no room for a make-good."}
    )
    message = fields.String(required=True, metadata={"description": "The message that tells the bad news."})
    told_at = Instant(required=True, allow_none=True)
    dates = fields.List(
        Instant(), required=True, metadata={"description": "The promised dates they were told, the latest word last."}
    )
    updates = fields.List(
        fields.String(), required=True, metadata={"description": "The messages that told of a changed date."}
    )
    untold = fields.String(required=True, metadata={"description": "Why they could not be told."})
    call = fields.Boolean(required=True, metadata={"description": "Whether a person is to call them."})
    why_call = fields.String(required=True)
    called_by = fields.String(required=True)
    ended_at = Instant(required=True, allow_none=True)
    ended_by = fields.String(required=True)
    ending = fields.String(required=True)
    note = fields.String(required=True)
    good_news = fields.String(required=True, metadata={"description": "The message that tells it is put right."})
    wants = fields.String(
        required=True,
        validate=_CHOICE,
        metadata={"description": "What the customer chose on the page of their order; empty for nothing yet."},
    )
    wants_product = fields.String(required=True, metadata={"description": "The substitute that they chose."})
    wants_at = Instant(required=True, allow_none=True)
    said = fields.String(required=True, metadata={"description": "What they would like to speak with a person about."})


class CaseArgs(PageArgs):
    """Which cases are wanted."""

    state = fields.String(load_default=None, validate=_STATE)


class ChoiceArgs(PageArgs):
    """Which choices are wanted."""

    wants = fields.String(load_default=None, validate=validate.OneOf([one for one in CHOICES if one]))


class EndSchema(Strict):
    """An incident is over, for all or for one customer."""

    note = fields.String(load_default="", validate=validate.Length(max=500))
    customer_id = fields.String(load_default="", validate=validate.Length(max=64))


class EndedSchema(Strict):
    """How many cases ended by it."""

    ended = fields.Integer(required=True)


class CalledSchema(Strict):
    """A person has spoken with a customer."""

    customer_id = fields.String(load_default="", validate=validate.Length(max=64))
    note = fields.String(load_default="", validate=validate.Length(max=500))


class HandSchema(Strict):
    """What a person gives beyond what the policy gave; `give` is a kind of make-good with its settings."""

    give = fields.Dict(
        keys=fields.String(),
        required=True,
        metadata={"description": "As in a rule of the goodwill policy: `GET /v1/goodwill/kinds`."},
    )
    customer_id = fields.String(
        load_default="", validate=validate.Length(max=64), metadata={"description": "Where the incident hit several."}
    )
    order_id = fields.String(load_default="", validate=validate.Length(max=64))
    note = fields.String(load_default="", validate=validate.Length(max=500))
