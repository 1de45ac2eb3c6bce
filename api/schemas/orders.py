"""Orders and what happens to them, coming in and going out."""

from typing import Any, get_args

from marshmallow import ValidationError, fields, validate, validates_schema

from api.schemas.base import MAX_AMOUNT, Instant, MoneySchema, ShopId, Strict
from api.schemas.checks import short, url, whole
from customers.imports import MAX_QUANTITY
from customers.orders import OrderEventType

MAX_LINES = 1_000
MAX_VOUCHERS = 20


class LineSchema(Strict):
    """A product bought, how many, and the price of one."""

    product_id = ShopId(required=True)
    quantity = whole(1, MAX_QUANTITY, required=True)
    unit_price = fields.Nested(MoneySchema, required=True)


class OrderBodySchema(Strict):
    """An order as the shop gives it, whole; its events stay as they are."""

    customer_id = ShopId(required=True)
    placed_at = Instant(required=True)
    lines = fields.List(fields.Nested(LineSchema), load_default=list, validate=validate.Length(max=MAX_LINES))
    total = fields.Nested(
        MoneySchema, metadata={"description": "What was paid; the sum of the lines where it is left out."}
    )
    vouchers = fields.List(
        fields.String(validate=validate.Length(1, 64)), load_default=list, validate=validate.Length(max=MAX_VOUCHERS)
    )
    packed_by = short(load_default="")
    promised_at = Instant(load_default=None, allow_none=True)

    @validates_schema
    def _one_currency(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("total") is None and not data.get("lines"):
            raise ValidationError("Needed where there are no lines.", "total")
        prices = [line["unit_price"] for line in data.get("lines", [])]
        currency = (data.get("total") or prices[0]).currency
        if any(price.currency != currency for price in prices):
            raise ValidationError("An order has one currency.", "lines")
        if sum(line["quantity"] * line["unit_price"].amount for line in data.get("lines", [])) > MAX_AMOUNT:
            raise ValidationError(f"The sum is more than {MAX_AMOUNT}.", "lines")


class OrderEventSchema(Strict):
    """Something that happened to an order; the same event twice is one."""

    type = fields.String(required=True, validate=validate.OneOf(get_args(OrderEventType)))
    at = Instant(required=True)
    expected_at = Instant(allow_none=True, metadata={"description": "When it is now expected."})
    reason = short()
    carrier = short()
    tracking_url = url()
    amount = whole(
        0,
        MAX_AMOUNT,
        allow_none=True,
        metadata={"description": "What a refund gave back, in minor units of the order's currency; all if left out."},
    )


class OrderSchema(Strict):
    """An order as it is kept."""

    id = fields.String(required=True)
    customer_id = fields.String(required=True)
    placed_at = Instant(required=True)
    lines = fields.List(fields.Nested(LineSchema), required=True)
    total = fields.Nested(MoneySchema, required=True)
    refunded = fields.Nested(MoneySchema, required=True)
    vouchers = fields.List(fields.String(), required=True)
    packed_by = fields.String(required=True)
    promised_at = Instant(required=True, allow_none=True)
    state = fields.String(required=True)
    events = fields.List(fields.Nested(OrderEventSchema), required=True)
    version = fields.Integer(required=True)
