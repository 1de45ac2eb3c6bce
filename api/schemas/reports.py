"""Reports on the shop as a whole, going out."""

from marshmallow import fields

from api.schemas.base import MoneySchema, Strict
from api.schemas.checks import dated


class TakingsArgs(Strict):
    """Which orders are counted: all, or those placed from an instant on and before another."""

    since = dated(metadata={"description": "Orders placed from then on."})
    until = dated(metadata={"description": "Orders placed before then."})


class TakingsSchema(Strict):
    """Figures of orders of one currency that stand; cancelled ones are only counted."""

    currency = fields.String(required=True)
    orders = fields.Integer(required=True)
    customers = fields.Integer(required=True, metadata={"description": "Who placed them."})
    lines = fields.Integer(required=True)
    units = fields.Integer(required=True, metadata={"description": "Pieces, over all lines."})
    gross = fields.Nested(MoneySchema, required=True, metadata={"description": "The sum of the totals."})
    refunded = fields.Nested(
        MoneySchema,
        required=True,
        metadata={"description": "Given back, of the orders that were placed then; never more than their totals."},
    )
    net = fields.Nested(MoneySchema, required=True, metadata={"description": "Gross less refunded."})
    returned_orders = fields.Integer(required=True, metadata={"description": "Orders of which something came back."})
    returned_units = fields.Integer(required=True)
    returned_value = fields.Nested(
        MoneySchema,
        required=True,
        metadata={
            "description": "What the returns by themselves say was given back; `refunded` is capped, and has more."
        },
    )
    cancelled = fields.Integer(required=True, metadata={"description": "Orders that were cancelled; nowhere else in."})


class MonthSchema(TakingsSchema):
    """The figures of orders placed in a month (UTC)."""

    month = fields.String(required=True, metadata={"description": "Like 2026-03."})


class TakingsReportSchema(Strict):
    """What the shop took: in all by currency, and by month and currency."""

    customers = fields.Integer(required=True, metadata={"description": "Who bought in any currency."})
    totals = fields.List(fields.Nested(TakingsSchema), required=True)
    months = fields.List(fields.Nested(MonthSchema), required=True)
