"""Scores of customers, and what they are worked out by, coming in and going out."""

from itertools import pairwise
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from api.schemas.base import MAX_AMOUNT, Instant, MoneySchema, Strict
from segments.lapse import CERTAINTIES, SPANS
from segments.rfm import CELLS

MODES = ["quintiles", "set"]
MAX_DAYS = 36_500


class Four(fields.List[int]):
    """Four whole numbers, rising."""

    def __init__(self, most: int, about: str) -> None:
        number = fields.Integer(strict=True, validate=validate.Range(0, most))
        super().__init__(
            number, required=True, validate=[validate.Length(equal=4), _rising], metadata={"description": about}
        )


def _rising(numbers: list[int]) -> None:
    if any(one >= next_one for one, next_one in pairwise(numbers)):
        raise ValidationError("Each number must be more than the one before.")


class SetBordersSchema(Strict):
    """Borders that the shop sets. Whoever is at a border or below it gets the lower score; for days, the higher."""

    recency_days = Four(MAX_DAYS, "Days since the last order: [30, 90, 180, 365] gives 5 up to 30 days, 1 after 365.")
    frequency = Four(100_000, "Days with an order: [1, 2, 4, 9] gives 1 for one day, 2 for two, 5 from ten on.")
    money = Four(MAX_AMOUNT, "Spent, in minor units of the shop's currency.")


class RfmBodySchema(Strict):
    """How customers are scored: by fifths of them all, or by borders that the shop sets."""

    mode = fields.String(required=True, validate=validate.OneOf(MODES))
    borders = fields.Nested(SetBordersSchema, load_default=None, allow_none=True)

    @validates_schema
    def _agree(self, data: dict[str, Any], **_: Any) -> None:
        if (data["mode"] == "set") != (data["borders"] is not None):
            raise ValidationError({"borders": ["Borders are given where `mode` is `set`, and only there."]})


class BordersSchema(Strict):
    """The borders in force: a score is 1 plus how many of the four lie below the customer's number."""

    recency = fields.List(Instant(), required=True)
    frequency = fields.List(fields.Float(), required=True)
    money = fields.List(fields.Float(), required=True)


class SumsSchema(Strict):
    """Some customers: how many, what they ordered, and what is to be expected of them."""

    customers = fields.Integer(required=True)
    share = fields.Float(required=True, metadata={"description": "Of all customers with scores, 0 to 1."})
    orders = fields.Integer(required=True)
    money = fields.Nested(MoneySchema, required=True, metadata={"description": "What they have spent."})
    alive = fields.Float(
        required=True, metadata={"description": "How many of them are likely still customers: a sum of probabilities."}
    )
    gone = fields.Integer(required=True, metadata={"description": "How many of them have more likely left than not."})
    value = fields.Nested(
        MoneySchema, required=True, metadata={"description": "What they will likely spend in a year."}
    )


class CellRowSchema(SumsSchema):
    """A named cell."""

    cell = fields.String(required=True, validate=validate.OneOf(CELLS))


class SquareSchema(CellRowSchema):
    """A square of the grid: recency down, the mean of frequency and money across, both 1 to 5."""

    recency = fields.Integer(required=True)
    frequency_money = fields.Integer(required=True)


class RfmSchema(Strict):
    """Recency, frequency and money of everybody, as last refreshed, ready to be drawn."""

    mode = fields.String(required=True, validate=validate.OneOf(MODES))
    chosen = fields.Nested(SetBordersSchema, required=True, allow_none=True)
    borders = fields.Nested(BordersSchema, required=True, allow_none=True)
    refreshed_at = Instant(required=True, allow_none=True)
    customers = fields.Integer(required=True)
    cells = fields.List(fields.Nested(CellRowSchema), required=True)
    grid = fields.List(fields.Nested(SquareSchema), required=True)


class ParametersSchema(Strict):
    """BG/NBD's four parameters; time in weeks."""

    r = fields.Float(required=True)
    alpha = fields.Float(required=True)
    a = fields.Float(required=True)
    b = fields.Float(required=True)


class OrderWorthSchema(Strict):
    """Gamma-Gamma's three parameters, `gamma` in minor units, and how well its one assumption holds."""

    p = fields.Float(required=True)
    q = fields.Float(required=True)
    gamma = fields.Float(required=True)
    currency = fields.String(required=True)
    customers = fields.Integer(required=True)
    log_likelihood = fields.Float(required=True)
    correlation = fields.Float(
        required=True, metadata={"description": "Of an order's worth with their number; it should be near 0."}
    )


class FitSchema(Strict):
    """A model as it was fitted one night."""

    model = fields.String(required=True, validate=validate.OneOf(["bgnbd", "gaps", "none"]))
    reason = fields.String(required=True, metadata={"description": "Why it is not BG/NBD; empty where it is."})
    fitted_at = Instant(required=True)
    parameters = fields.Nested(ParametersSchema, required=True, allow_none=True)
    log_likelihood = fields.Float(required=True, allow_none=True)
    customers = fields.Integer(required=True)
    repeat_customers = fields.Integer(required=True)
    repeat_orders = fields.Integer(required=True)
    repeat_orders_expected = fields.Float(
        required=True,
        allow_none=True,
        metadata={"description": "What the model expects of customers of their ages, nothing else known."},
    )
    usual_gap_days = fields.Float(required=True, allow_none=True)
    histories = fields.Integer(required=True, metadata={"description": "Distinct ones, on which it was fitted."})
    unit_days = fields.Integer(required=True, metadata={"description": "What times were rounded to for the fit."})
    worth = fields.Nested(OrderWorthSchema, required=True, allow_none=True)
    worth_reason = fields.String(required=True)


class RefreshStateSchema(Strict):
    """The refresh under way, or the latest."""

    started_at = Instant(required=True)
    finished_at = Instant(required=True, allow_none=True)
    seen = fields.Integer(required=True)
    changed = fields.Integer(required=True)


class LapseSchema(Strict):
    """The model in force, how far the scores follow it, and the fits before."""

    model = fields.Nested(FitSchema, required=True, allow_none=True)
    refresh = fields.Nested(RefreshStateSchema, required=True, allow_none=True)
    history = fields.List(fields.Nested(FitSchema), required=True)


class CustomerRfmSchema(Strict):
    """A customer's three scores, 5 the best, and since when they hold."""

    recency = fields.Integer(required=True)
    frequency = fields.Integer(required=True)
    money = fields.Integer(required=True)
    cell = fields.String(required=True, validate=validate.OneOf(CELLS))
    since = Instant(required=True)


class ExpectedSchema(Strict):
    """Orders to be expected."""

    days = fields.Integer(required=True, validate=validate.OneOf(SPANS))
    orders = fields.Float(required=True)


class GoneSchema(Strict):
    """From when on, with no further order, they have left with this probability."""

    percent = fields.Integer(required=True, validate=validate.OneOf(CERTAINTIES))
    at = Instant(required=True)


class OutlookSchema(Strict):
    """What is to be expected of a customer."""

    model = fields.String(required=True, validate=validate.OneOf(["bgnbd", "gaps"]))
    p_alive = fields.Float(required=True, metadata={"description": "The probability that they still are a customer."})
    expected = fields.List(fields.Nested(ExpectedSchema), required=True)
    next_order_at = Instant(required=True, allow_none=True)
    late_at = Instant(
        required=True,
        allow_none=True,
        metadata={"description": "From when on their silence is longer than nine in ten of their own gaps."},
    )
    late = fields.Boolean(required=True)
    late_by_days = fields.Integer(required=True)
    gone = fields.List(fields.Nested(GoneSchema), required=True)
    value = fields.Integer(
        required=True, metadata={"description": "Likely spent in a year, in minor units of the shop's currency."}
    )
    since = Instant(required=True)


class CustomerScoresSchema(Strict):
    """A customer's scores; null where there are none, as just after an order, until they are worked out anew."""

    rfm = fields.Nested(CustomerRfmSchema, required=True, allow_none=True)
    outlook = fields.Nested(OutlookSchema, required=True, allow_none=True)
