"""What codes gave, or would give; several codes at a time; what is taken back."""

from marshmallow import fields, validate

from api.schemas.base import Instant, MoneySchema, PageArgs, Strict
from api.schemas.offer_rules import MAX_CODES
from api.schemas.vouchers import ReserveSchema, UseSchema
from loyalty import codes
from loyalty.conditions import Reason
from loyalty.redemption import RedemptionState

STATES = [state.value for state in RedemptionState]
# A redemption that was refused in a race for the last place is nobody's to see.
SEEN = [state.value for state in RedemptionState if state is not RedemptionState.REFUSED]
_REASONS = ["", *(reason.value for reason in Reason), *codes.REASONS]


def _codes() -> fields.List[str]:
    return fields.List(
        fields.String(validate=validate.Length(1, 10_000)),
        required=True,
        validate=validate.Length(1, MAX_CODES),
        metadata={"description": "As somebody typed them; in which order they are reckoned, their offers say."},
    )


class GiftSchema(Strict):
    """What goes into the parcel for nothing."""

    product_id = fields.String(required=True)
    quantity = fields.Integer(required=True)


class VerdictSchema(Strict):
    """What a code would give for this order, or exactly why it would not."""

    code = fields.String(required=True)
    offer = fields.String(required=True)
    valid = fields.Boolean(required=True)
    discount = fields.Nested(MoneySchema, required=True, allow_none=True)
    gift = fields.Nested(GiftSchema, required=True, allow_none=True)
    points = fields.Integer(required=True, metadata={"description": "Credited when the code is redeemed."})
    reason = fields.String(required=True, validate=validate.OneOf(_REASONS))
    detail = fields.String(required=True)
    against = fields.String(
        required=True, metadata={"description": "The code that it does not go with, where that is why."}
    )


class RedemptionSchema(Strict):
    """One use of a code by one order."""

    id = fields.String(required=True)
    code = fields.String(required=True)
    offer = fields.String(required=True)
    customer_id = fields.String(required=True)
    order_id = fields.String(required=True)
    order_total = fields.Nested(MoneySchema, required=True)
    discount = fields.Nested(MoneySchema, required=True)
    gift = fields.Nested(GiftSchema, required=True, allow_none=True)
    points = fields.Integer(required=True)
    cost = fields.Nested(MoneySchema, required=True, metadata={"description": "What it takes out of the budget."})
    rolled_back = fields.Nested(
        MoneySchema, required=True, metadata={"description": "How much of the discount was taken back."}
    )
    state = fields.String(required=True, validate=validate.OneOf(STATES))
    reason = fields.String(required=True, validate=validate.OneOf(_REASONS))
    at = Instant(required=True)
    until = Instant(required=True, allow_none=True, metadata={"description": "When a hold ends by itself."})
    ended_at = Instant(required=True, allow_none=True)
    campaign = fields.String(required=True)
    message = fields.String(required=True)
    channel = fields.String(required=True)


class UseTogetherSchema(UseSchema):
    """Who wants to use several codes on one order: all of them, or none."""

    codes = _codes()


class ReserveTogetherSchema(ReserveSchema):
    """The same, and how long to hold them."""

    codes = _codes()


class TogetherSchema(Strict):
    """What several codes would give on one order, in the order in which they are reckoned."""

    valid = fields.Boolean(required=True, metadata={"description": "Whether all of them can be used together."})
    discount = fields.Nested(MoneySchema, required=True, metadata={"description": "Of those that can be used."})
    codes = fields.List(fields.Nested(VerdictSchema), required=True)


class RedeemedTogetherSchema(Strict):
    """What several codes gave on one order."""

    discount = fields.Nested(MoneySchema, required=True)
    redemptions = fields.List(fields.Nested(RedemptionSchema), required=True)


class RollbackSchema(Strict):
    """How much of the discount is taken back; left out, all of it, and the code can be used again."""

    amount = fields.Nested(MoneySchema, load_default=None, allow_none=True)


class GivenArgs(PageArgs):
    """Which of an offer's redemptions."""

    state = fields.String(load_default=None, validate=validate.OneOf(SEEN))


class SumSchema(Strict):
    """Redemptions of one state, currency and campaign summed up, in minor units."""

    state = fields.String(required=True, validate=validate.OneOf(STATES))
    currency = fields.String(required=True)
    cost_currency = fields.String(required=True)
    campaign = fields.String(required=True)
    count = fields.Integer(required=True)
    discount = fields.Integer(
        required=True, metadata={"description": "What came off the orders, less what was taken back in part."}
    )
    cost = fields.Integer(
        required=True,
        metadata={"description": "What they took out of the budget of money, less what was taken back in part."},
    )
    returned = fields.Integer(
        required=True, metadata={"description": "What was taken back in part; no longer in discount and cost."}
    )
    orders = fields.Integer(required=True, metadata={"description": "Their orders' totals before any discount."})
    points = fields.Integer(required=True)
    gifts = fields.Integer(required=True)


class GivenSchema(Strict):
    """What an offer has given in all; customers, orders and times of what stands."""

    sums = fields.List(fields.Nested(SumSchema), required=True)
    customers = fields.Integer(required=True)
    orders = fields.Integer(required=True)
    first_at = Instant(required=True, allow_none=True)
    last_at = Instant(required=True, allow_none=True)
