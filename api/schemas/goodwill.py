"""The goodwill policy, coming in and going out."""

from typing import Any

from marshmallow import fields, post_load, validate

from api.schemas.base import Instant, MoneySchema, Strict
from api.schemas.offer_rules import BudgetSchema, BudgetStateSchema
from customers.incident import INCIDENT_CAUSES
from loyalty.goodwill import MAX_RULES, WHATSAPP_TEMPLATE, Goodwill, GoodwillRule, ready_made

MAX_DAYS = 365
_PLAIN = Goodwill()


def _causes(default: Any, description: str) -> fields.List[str]:
    return fields.List(
        fields.String(validate=validate.OneOf(INCIDENT_CAUSES)),
        load_default=default,
        validate=validate.Length(max=len(INCIDENT_CAUSES)),
        metadata={"description": description},
    )


def _whole(default: int, most: int, description: str, least: int = 0) -> fields.Integer:
    return fields.Integer(
        strict=True,
        load_default=default,
        validate=validate.Range(least, most),
        metadata={"description": description},
    )


class GoodwillRuleSchema(Strict):
    """What is given for which trouble."""

    give = fields.Dict(
        keys=fields.String(),
        required=True,
        metadata={
            "description": "`kind` and its settings: `GET /v1/goodwill/kinds`.",
            "example": {"kind": "raincheck"},
        },
    )
    causes = _causes(list, "For these; none for any.")
    order_from = fields.Nested(
        MoneySchema, load_default=None, allow_none=True, metadata={"description": "From an order of this worth."}
    )
    bad_in_a_row_from = _whole(1, 100, "From so many bad experiences in a row.", 1)

    @post_load
    def _rule(self, data: dict[str, Any], **_: Any) -> GoodwillRule:
        return GoodwillRule(**data)


class GoodwillSchema(Strict):
    """What the shop does by itself when something went wrong. `{"active": true}` is enough."""

    active = fields.Boolean(truthy={True}, falsy={False}, required=True)
    active_since = Instant(dump_only=True, allow_none=True)
    tell = _causes(lambda: list(_PLAIN.tell), "What is told of; `unhappy` is an answer to a survey.")
    rules = fields.List(
        fields.Nested(GoodwillRuleSchema),
        load_default=ready_made,
        validate=validate.Length(max=MAX_RULES),
        metadata={"description": "Tried in their order; the first that has something to give holds."},
    )
    budget = fields.Nested(
        BudgetSchema,
        load_default=None,
        allow_none=True,
        metadata={"description": "Of what is promised. Left out: 50 a customer and 1,000 a month in the shop's money."},
    )
    budgets = fields.List(fields.Nested(BudgetStateSchema), dump_only=True)
    valid_days = _whole(_PLAIN.valid_days, MAX_DAYS, "So long a code is good for.", 1)
    call_from = _whole(_PLAIN.call_from, 100, "A person is to call after so many bad experiences in a row.", 1)
    person_limit = fields.Nested(
        MoneySchema,
        load_default=None,
        allow_none=True,
        metadata={"description": "So much may people give by hand in one case; nothing where it is left out."},
    )
    rest_days = _whole(
        _PLAIN.rest_days, MAX_DAYS, "Marketing rests at most so long after a promised date; 0 for not at all."
    )
    late_hours = _whole(_PLAIN.late_hours, 24 * 30, "An order is late so many hours after its date.")
    good_news = fields.Boolean(truthy={True}, falsy={False}, load_default=True)
    whatsapp_template = fields.String(
        load_default="",
        validate=validate.Regexp(WHATSAPP_TEMPLATE),
        metadata={
            "description": "The name of the template that Meta has approved, so that these news go out on WhatsApp "
            "outside of its 24 hours, too; docs/incidents.md says which words."
        },
    )
    brand = fields.String(load_default="default", validate=validate.Length(1, 64))


class MakeGoodKindSchema(Strict):
    """A kind of make-good, enough to build a form from."""

    kind = fields.String(required=True)
    summary = fields.String(required=True)
    settings = fields.Dict(required=True, metadata={"description": "JSON schema of its settings."})


class MakeGoodKindsSchema(Strict):
    """Every kind of make-good."""

    data = fields.List(fields.Nested(MakeGoodKindSchema), required=True)
