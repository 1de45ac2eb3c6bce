"""Offers, coming in and going out."""

from typing import Any

from marshmallow import fields, post_load, validate

from api.schemas.base import MAX_AMOUNT, Instant, MoneySchema, ShopId, Strict
from loyalty.offer import Budget, Conditions

MAX_PRODUCTS = 1_000
MAX_PER_CUSTOMER = 100
MAX_DAYS = 3_650


class ConditionsSchema(Strict):
    """What an order and its buyer must fulfil; what is left out, everybody fulfils."""

    minimum = fields.Nested(MoneySchema, load_default=None, allow_none=True)
    products = fields.List(
        ShopId(),
        load_default=list,
        validate=validate.Length(max=MAX_PRODUCTS),
        metadata={"description": "At least one of them is in the order."},
    )
    first_order = fields.Boolean(
        truthy={True},
        falsy={False},
        load_default=False,
        metadata={"description": "Only for a customer without an earlier order."},
    )
    currency = fields.String(
        load_default="", validate=validate.Regexp(r"^([A-Z]{3})?\Z"), metadata={"pattern": "^([A-Z]{3})?$"}
    )

    @post_load
    def _conditions(self, data: dict[str, Any], **_: Any) -> Conditions:
        return Conditions(**data)


class BudgetSchema(Strict):
    """How much may be given; what is left out has no limit."""

    uses = fields.Integer(strict=True, load_default=None, allow_none=True, validate=validate.Range(1, MAX_AMOUNT))
    money = fields.Nested(MoneySchema, load_default=None, allow_none=True)
    per_customer = fields.Integer(
        strict=True,
        load_default=None,
        allow_none=True,
        validate=validate.Range(1, MAX_PER_CUSTOMER),
        metadata={"description": "So many uses by one customer, over all codes of the offer."},
    )

    @post_load
    def _budget(self, data: dict[str, Any], **_: Any) -> Budget:
        return Budget(**data)


class SpentSchema(Strict):
    """How much has been given or is held; money in minor units by currency."""

    uses = fields.Integer(required=True)
    money = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)


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
    active = fields.Boolean(truthy={True}, falsy={False}, load_default=True)
    summary = fields.String(dump_only=True, metadata={"description": "What it gives, in the shop's language."})
    spent = fields.Nested(SpentSchema, dump_only=True)
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
