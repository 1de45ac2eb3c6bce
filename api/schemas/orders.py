"""Orders and what happens to them, coming in and going out."""

from typing import Any, get_args

from marshmallow import ValidationError, fields, validate, validates_schema

from api.schemas.base import MAX_AMOUNT, Instant, MoneySchema, PageArgs, ShopId, Strict
from api.schemas.checks import dated, short, url, whole
from customers.imports import MAX_QUANTITY
from customers.incidents import CAUSES
from customers.orders import OrderEventType

MAX_LINES = 1_000
MAX_VOUCHERS = 20
MAX_EVENTS_AT_ONCE = 500


class LineSchema(Strict):
    """A product bought, how many, and the price of one."""

    product_id = ShopId(required=True)
    quantity = whole(1, MAX_QUANTITY, required=True)
    unit_price = fields.Nested(MoneySchema, required=True)


class OrderBodySchema(Strict):
    """An order as the shop gives it, whole; its events stay as they are."""

    customer_id = ShopId(required=True)
    placed_at = dated(required=True)
    lines = fields.List(fields.Nested(LineSchema), load_default=list, validate=validate.Length(max=MAX_LINES))
    total = fields.Nested(
        MoneySchema,
        metadata={
            "description": "What was paid; the sum of the lines where it is left out. Shipping and discounts may "
            "set it apart from that sum; its currency must be the lines'."
        },
    )
    vouchers = fields.List(
        fields.String(validate=validate.Length(1, 64)), load_default=list, validate=validate.Length(max=MAX_VOUCHERS)
    )
    packed_by = short(load_default="")
    promised_at = dated(load_default=None, allow_none=True)

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


class EventLineSchema(Strict):
    """A product that came back, and how many."""

    product_id = ShopId(required=True)
    quantity = whole(1, MAX_QUANTITY, required=True)


class OrderEventSchema(Strict):
    """Something that happened to an order; the same event twice is one.

    It is known by its `id` or, without one, by its type and instant. Told again with more to say, it is completed.
    """

    id = ShopId(metadata={"description": "The shop's own id of it; needed where two of a type fall on one instant."})
    type = fields.String(required=True, validate=validate.OneOf(get_args(OrderEventType)))
    at = dated(required=True)
    expected_at = dated(allow_none=True, metadata={"description": "When it is now expected."})
    reason = short()
    carrier = short()
    tracking_url = url()
    amount = whole(
        0,
        MAX_AMOUNT,
        allow_none=True,
        metadata={
            "description": "What a refund or a return gave back, in minor units of the order's currency. Left out, a "
            "refund is of all and a return of nothing yet. Refunds of more than the total count as the total."
        },
    )
    lines = fields.List(
        fields.Nested(EventLineSchema),
        validate=validate.Length(max=MAX_LINES),
        metadata={"description": "What came back with a return; left out, all of it did."},
    )

    @validates_schema
    def _about_its_type(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("lines") and data["type"] != "returned":
            raise ValidationError("Only a return names what came back.", "lines")
        if data.get("amount") is not None and data["type"] not in ("returned", "refunded"):
            raise ValidationError("Only refunds and returns give money back.", "amount")


class CarrierEventSchema(OrderEventSchema):
    """An event of a feed, which says of which order."""

    order_id = ShopId(required=True)


class OrderEventsSchema(Strict):
    """Events of many orders. What is wrong with one is told for that one, and keeps no other out."""

    events = fields.List(
        fields.Raw(allow_none=True),
        required=True,
        validate=validate.Length(1, MAX_EVENTS_AT_ONCE),
        metadata={
            "description": "Each as POST /v1/orders/{order_id}/events takes one, with its `order_id`.",
            "example": [{"order_id": "1001", "type": "delivered", "at": "2026-11-22T14:30:00Z"}],
        },
    )


class RefusedEventSchema(Strict):
    """Why an event was not taken; `index` is its place in the batch, from 0."""

    index = fields.Integer(required=True)
    order_id = fields.String(required=True, allow_none=True)
    reason = fields.String(required=True, validate=validate.OneOf(["invalid", "unknown_order", "full"]))
    errors = fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.String()),
        required=True,
        metadata={"description": "What is wrong, by field."},
    )


class TakenEventsSchema(Strict):
    """How many events their orders have now, new or not, and which were refused."""

    accepted = fields.Integer(required=True)
    refused = fields.List(fields.Nested(RefusedEventSchema), required=True)


class OrderPageArgs(PageArgs):
    """Which orders are wanted: all in the order of their ids, or one customer's, the latest first."""

    customer = ShopId(metadata={"description": "Only this customer's."})


class OrderRowSchema(Strict):
    """An order in a list."""

    id = fields.String(required=True)
    customer_id = fields.String(required=True)
    placed_at = Instant(required=True)
    state = fields.String(required=True)
    total = fields.Nested(MoneySchema, required=True)
    refunded = fields.Nested(MoneySchema, required=True)
    units = fields.Integer(required=True, metadata={"description": "Pieces, over all lines."})
    units_returned = fields.Integer(required=True)
    causes = fields.List(fields.String(), required=True, metadata={"description": "What went wrong with it."})
    promised_at = Instant(required=True, allow_none=True)
    expected_at = Instant(required=True, allow_none=True)


class OrderLineSchema(LineSchema):
    """A product bought, with how many of it came back."""

    returned = fields.Integer(required=True)


class OrderSchema(Strict):
    """An order as it is kept."""

    id = fields.String(required=True)
    customer_id = fields.String(required=True)
    placed_at = Instant(required=True)
    lines = fields.List(fields.Nested(OrderLineSchema), required=True)
    total = fields.Nested(MoneySchema, required=True)
    refunded = fields.Nested(MoneySchema, required=True)
    vouchers = fields.List(fields.String(), required=True)
    packed_by = fields.String(required=True)
    promised_at = Instant(required=True, allow_none=True)
    expected_at = Instant(
        required=True,
        allow_none=True,
        metadata={"description": "By the latest word: of an event, else as promised. null when nothing is on its way."},
    )
    state = fields.String(required=True)
    causes = fields.List(
        fields.String(validate=validate.OneOf(sorted(CAUSES))),
        required=True,
        metadata={"description": "What went wrong with it; `late` is a delivery after what was promised."},
    )
    open = fields.Boolean(required=True, metadata={"description": "Something went wrong and is not yet put right."})
    events = fields.List(fields.Nested(OrderEventSchema), required=True)
    version = fields.Integer(required=True)
