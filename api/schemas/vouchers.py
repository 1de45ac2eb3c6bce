"""Codes at the checkout, coming in and going out."""

from typing import Any, get_args

from marshmallow import fields, post_load, validate

from api.schemas.base import MAX_AMOUNT, Instant, MoneySchema, ShopId, Strict
from customers.orders import Line
from loyalty.basket import Basket
from loyalty.conditions import Reason
from loyalty.redemption import RedemptionState
from loyalty.voucher_book import State
from loyalty.vouchers import HOLD_SECONDS

MAX_LINES = 1_000
MAX_QUANTITY = 10**6
DAY = 86_400


class BasketLineSchema(Strict):
    """A product in the order; the price of one, in minor units."""

    product_id = ShopId(required=True)
    quantity = fields.Integer(required=True, strict=True, validate=validate.Range(1, MAX_QUANTITY))
    unit_price = fields.Integer(required=True, strict=True, validate=validate.Range(0, MAX_AMOUNT))

    @post_load
    def _line(self, data: dict[str, Any], **_: Any) -> Line:
        return Line(**data)


class BasketSchema(Strict):
    """The order before any discount, under the shop's own id."""

    id = ShopId(required=True)
    total = fields.Nested(MoneySchema, required=True)
    lines = fields.List(fields.Nested(BasketLineSchema), load_default=list, validate=validate.Length(max=MAX_LINES))
    shipping = fields.Integer(
        strict=True,
        load_default=0,
        validate=validate.Range(0, MAX_AMOUNT),
        metadata={"description": "The part of the total that is for shipping, in minor units."},
    )

    @post_load
    def _basket(self, data: dict[str, Any], **_: Any) -> Basket:
        return Basket(**data)


class UseSchema(Strict):
    """Who wants to use a code, and for which order; the customer may be one that Encore does not know yet."""

    customer_id = ShopId(required=True)
    order = fields.Nested(BasketSchema, required=True)


class ReserveSchema(UseSchema):
    """The same, and how long to hold the code."""

    seconds = fields.Integer(strict=True, load_default=HOLD_SECONDS, validate=validate.Range(1, DAY))


class VoucherSchema(Strict):
    """A code."""

    code = fields.String(required=True)
    offer = fields.String(required=True)
    customer_id = fields.String(
        required=True, attribute="customer", metadata={"description": "Whose it is; empty for anybody's."}
    )
    campaign = fields.String(required=True)
    message = fields.String(required=True)
    single_use = fields.Boolean(required=True)
    issued_at = Instant(required=True)
    valid_until = Instant(required=True, allow_none=True)
    state = fields.String(required=True, validate=validate.OneOf(get_args(State)))


class VerdictSchema(Strict):
    """What a code would give for this order, or exactly why it would not."""

    code = fields.String(required=True)
    offer = fields.String(required=True)
    valid = fields.Boolean(required=True)
    discount = fields.Nested(MoneySchema, required=True, allow_none=True)
    reason = fields.String(required=True, validate=validate.OneOf(["", *(reason.value for reason in Reason)]))
    detail = fields.String(required=True)


class RedemptionSchema(Strict):
    """One use of a code by one order."""

    id = fields.String(required=True)
    code = fields.String(required=True)
    offer = fields.String(required=True)
    customer_id = fields.String(required=True)
    order_id = fields.String(required=True)
    order_total = fields.Nested(MoneySchema, required=True)
    discount = fields.Nested(MoneySchema, required=True)
    state = fields.String(required=True, validate=validate.OneOf([state.value for state in RedemptionState]))
    at = Instant(required=True)
    until = Instant(required=True, allow_none=True, metadata={"description": "When a hold ends by itself."})
    ended_at = Instant(required=True, allow_none=True)
    campaign = fields.String(required=True)
    message = fields.String(required=True)
