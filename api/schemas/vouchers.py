"""Codes at the checkout, coming in and going out."""

from typing import Any, get_args

from marshmallow import fields, post_load, validate

from api.schemas.base import MAX_AMOUNT, Instant, MoneySchema, ShopId, Strict
from customers.orders import Line
from loyalty.basket import Basket, check_sum
from loyalty.voucher import VoucherState
from loyalty.voucher_book import State
from loyalty.vouchers import HOLD_SECONDS

MAX_LINES = 1_000
MAX_QUANTITY = 10**6
MAX_SEGMENTS = 1_000
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

    channel = fields.String(
        load_default="",
        validate=validate.Length(max=200),
        metadata={"description": "Where the order is placed, in the shop's own words, such as `web` or `store`."},
    )

    @post_load
    def _basket(self, data: dict[str, Any], **_: Any) -> Basket:
        return check_sum(Basket(**data))


class UseSchema(Strict):
    """Who wants to use a code, and for which order; the customer may be one that Encore does not know yet."""

    customer_id = ShopId(required=True)
    order = fields.Nested(BasketSchema, required=True)
    segments = fields.List(
        ShopId(),
        load_default=None,
        allow_none=True,
        validate=validate.Length(max=MAX_SEGMENTS),
        metadata={"description": "The segments that the customer is known to be in; left out, Encore finds out."},
    )


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
    written = fields.String(
        required=True, metadata={"description": "How the shop wrote a code of its own; empty where as `code` says."}
    )


class VoucherChangeSchema(Strict):
    """What becomes of a code: a disabled one can be made active again, a cancelled one is useless for ever."""

    state = fields.String(required=True, validate=validate.OneOf(get_args(VoucherState)))


class QrArgs(Strict):
    """How a code is drawn."""

    format = fields.String(load_default="svg", validate=validate.OneOf(["svg", "png"]))
    content = fields.String(
        load_default="code",
        validate=validate.OneOf(["code", "link"]),
        metadata={"description": "The code alone, for a till; or the shop's address with `voucher=…`, for a phone."},
    )
    scale = fields.Integer(
        load_default=8, validate=validate.Range(1, 40), metadata={"description": "Pixels of a module's side."}
    )
