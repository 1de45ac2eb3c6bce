"""Offers, coming in and going out."""

from marshmallow import fields, validate

from api.schemas.base import Instant, ShopId, Strict
from api.schemas.offer_rules import (
    AlertSchema,
    BudgetSchema,
    BudgetStateSchema,
    ConditionsSchema,
    SpentSchema,
    StackingSchema,
)
from loyalty.offer import Budget, Conditions
from loyalty.stacking import Stacking

MAX_DAYS = 3_650


class OfferSchema(Strict):
    """Something given to customers by codes."""

    id = ShopId(metadata={"description": "Left out, one is made."})
    name = fields.String(required=True, validate=validate.Length(1, 200))
    kind = fields.String(
        required=True,
        validate=validate.Length(1, 64),
        metadata={"description": "One of `GET /v1/offers/kinds`."},
    )
    settings = fields.Dict(
        keys=fields.String(), load_default=dict, metadata={"description": "As the kind's own schema has it."}
    )
    conditions = fields.Nested(ConditionsSchema, load_default=Conditions)
    valid_from = Instant(load_default=None, allow_none=True)
    valid_until = Instant(load_default=None, allow_none=True)
    valid_days = fields.Integer(
        strict=True,
        load_default=None,
        allow_none=True,
        validate=validate.Range(1, MAX_DAYS),
        metadata={"description": "Each code ends so many days after it was issued."},
    )
    budget = fields.Nested(BudgetSchema, load_default=Budget)
    stacking = fields.Nested(StackingSchema, load_default=Stacking)
    active = fields.Boolean(truthy={True}, falsy={False}, load_default=True)
    summary = fields.String(dump_only=True, metadata={"description": "What it gives, in the shop's language."})
    spent = fields.Nested(SpentSchema, dump_only=True)
    budgets = fields.List(
        fields.Nested(BudgetStateSchema),
        dump_only=True,
        metadata={"description": "Each limit of the budget: what is used, what is left, what is to be told."},
    )
    alerts = fields.List(
        fields.Nested(AlertSchema), dump_only=True, metadata={"description": "What was told so far, the last last."}
    )
    created_at = Instant(dump_only=True)
    updated_at = Instant(dump_only=True)


class OfferKindSchema(Strict):
    """A kind of offer, enough to build a form from."""

    kind = fields.String(required=True)
    summary = fields.String(required=True)
    settings = fields.Dict(required=True, metadata={"description": "JSON schema of its settings."})


class OfferKindsSchema(Strict):
    """Every kind of offer."""

    data = fields.List(fields.Nested(OfferKindSchema), required=True)
