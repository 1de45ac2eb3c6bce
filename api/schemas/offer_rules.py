"""What an offer asks for, how much of it there is, and what it goes with; coming in and going out."""

from typing import Any, get_args

from marshmallow import fields, post_load, validate

from api.schemas.base import MAX_AMOUNT, Instant, MoneySchema, ShopId, Strict
from loyalty.budgets import ALERT_AT, Budget, Limit, PeriodLimit, Scope
from loyalty.hours import CLOCK_PATTERN, MIDNIGHT, Hours, Period, Weekday
from loyalty.offer import Conditions
from loyalty.stacking import Stacking

MAX_NAMED = 1_000
MAX_GROUPS = 20
MAX_HOURS = 50
MAX_PER_CUSTOMER = 100
MAX_CODES = 20
MAX_ORDER = 10_000
MAX_PERCENT = 100


def _ids(description: str) -> fields.List[str]:
    return fields.List(
        ShopId(), load_default=list, validate=validate.Length(max=MAX_NAMED), metadata={"description": description}
    )


def _names(description: str, most: int = MAX_NAMED) -> fields.List[str]:
    name = fields.String(validate=validate.Length(1, 200))
    return fields.List(
        name, load_default=list, validate=validate.Length(max=most), metadata={"description": description}
    )


def _some(most: int = MAX_AMOUNT, **metadata: str) -> fields.Integer:
    return fields.Integer(
        strict=True, load_default=None, allow_none=True, validate=validate.Range(1, most), metadata=metadata
    )


def _clock() -> fields.String:
    # ECMA 262 and Python agree on this one, but for a line break at the end.
    checked = validate.Regexp(CLOCK_PATTERN.replace("$", r"\Z"))
    return fields.String(load_default=MIDNIGHT, validate=checked, metadata={"pattern": CLOCK_PATTERN})


class HoursSchema(Strict):
    """From `start` until `end` by the clock in the shop's time zone, on these weekdays (none: on all).

    An `end` that is not after `start` lies on the next day; both alike is the whole day.
    """

    weekdays = fields.List(
        fields.String(validate=validate.OneOf(get_args(Weekday))), load_default=list, validate=validate.Length(max=7)
    )
    start = _clock()
    end = _clock()

    @post_load
    def _hours(self, data: dict[str, Any], **_: Any) -> Hours:
        return Hours(**data)


class ConditionsSchema(Strict):
    """What an order and its buyer must fulfil; what is left out, everybody fulfils."""

    minimum = fields.Nested(MoneySchema, load_default=None, allow_none=True)
    products = _ids("At least one of them is in the order.")
    categories = _names("Something of at least one of them is in the order.")
    not_products = _ids("None of them is in the order.")
    not_categories = _names("Nothing of them is in the order.")
    first_order = fields.Boolean(
        truthy={True},
        falsy={False},
        load_default=False,
        metadata={"description": "Only for a customer without an earlier order."},
    )
    segments = _ids("The customer is in at least one of these segments.")
    not_segments = _ids("The customer is in none of these segments.")
    channels = _names("The order's `channel` is one of these, in the shop's own words.")
    hours = fields.List(
        fields.Nested(HoursSchema),
        load_default=list,
        validate=validate.Length(max=MAX_HOURS),
        metadata={"description": "It is one of these times."},
    )
    currency = fields.String(
        load_default="", validate=validate.Regexp(r"^([A-Z]{3})?\Z"), metadata={"pattern": "^([A-Z]{3})?$"}
    )

    @post_load
    def _conditions(self, data: dict[str, Any], **_: Any) -> Conditions:
        return Conditions(**data)


class LimitSchema(Strict):
    """At most so many uses, and so much money."""

    uses = _some()
    money = fields.Nested(MoneySchema, load_default=None, allow_none=True)

    @post_load
    def _limit(self, data: dict[str, Any], **_: Any) -> Limit:
        return Limit(**data)


class PeriodLimitSchema(Strict):
    """The same in each day, week (from Monday) or month of the shop's time zone."""

    per = fields.String(required=True, validate=validate.OneOf(get_args(Period)))
    uses = _some()
    money = fields.Nested(MoneySchema, load_default=None, allow_none=True)
    per_customer = _some(MAX_PER_CUSTOMER, description="So many uses by one customer in each.")

    def load(self, data: Any, *, partial: Any = None, **settings: Any) -> Any:
        """Half a limit is none, in a PATCH too."""
        return super().load(data, partial=False, **settings)

    @post_load
    def _limit(self, data: dict[str, Any], **_: Any) -> PeriodLimit:
        return PeriodLimit(**data)


class BudgetSchema(Strict):
    """How much may be given; what is left out has no limit. A limit counts from when it is set."""

    uses = _some()
    money = fields.Nested(MoneySchema, load_default=None, allow_none=True)
    per_customer = _some(MAX_PER_CUSTOMER, description="So many uses by one customer, over all codes of the offer.")
    customer_money = fields.Nested(
        MoneySchema, load_default=None, allow_none=True, metadata={"description": "So much to one customer."}
    )
    periods = fields.List(
        fields.Nested(PeriodLimitSchema), load_default=list, validate=validate.Length(max=len(get_args(Period)))
    )
    per_campaign = fields.Nested(
        LimitSchema,
        load_default=None,
        allow_none=True,
        metadata={"description": "For the codes that one campaign has sent out."},
    )
    alert_at = fields.List(
        fields.Integer(strict=True, validate=validate.Range(1, MAX_PERCENT)),
        load_default=lambda: list(ALERT_AT),
        validate=validate.Length(max=10),
        metadata={"description": "Shares of a limit, in percent, at which `offer_budget_reached` is told."},
    )

    @post_load
    def _budget(self, data: dict[str, Any], **_: Any) -> Budget:
        return Budget(**data)


class StackingSchema(Strict):
    """How an offer goes with others on one order."""

    exclusive = fields.Boolean(
        truthy={True}, falsy={False}, load_default=False, metadata={"description": "Goes with no other code."}
    )
    groups = _names(
        "Goes with offers that share one of these; without any, with offers that have none either.", MAX_GROUPS
    )
    order = fields.Integer(
        strict=True,
        load_default=100,
        validate=validate.Range(0, MAX_ORDER),
        metadata={"description": "The lowest is reckoned first, each on what the ones before it left to pay."},
    )
    at_once = _some(MAX_CODES, description="So many codes on one order with one of this offer among them.")
    repeats = fields.Boolean(
        truthy={True},
        falsy={False},
        load_default=False,
        metadata={"description": "Two codes of this offer may be used on one order."},
    )

    @post_load
    def _stacking(self, data: dict[str, Any], **_: Any) -> Stacking:
        return Stacking(**data)


class SpentSchema(Strict):
    """How much has been given or is held; money in minor units by currency."""

    uses = fields.Integer(required=True)
    money = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)


class BudgetStateSchema(Strict):
    """One limit as it stands now: of the whole (`all`), of this day, week or month, of a campaign."""

    scope = fields.String(required=True, validate=validate.OneOf(get_args(Scope)))
    key = fields.String(required=True, metadata={"description": "Which day, week or month, or the campaign's id."})
    what = fields.String(required=True, validate=validate.OneOf(["uses", "money"]))
    currency = fields.String(required=True)
    limit = fields.Integer(required=True)
    used = fields.Integer(required=True)
    left = fields.Integer(required=True)
    percent = fields.Integer(required=True)
    alert = fields.Integer(
        required=True, allow_none=True, metadata={"description": "The highest of `alert_at` that is reached."}
    )


class AlertSchema(Strict):
    """A share of a limit that was reached, and when it was told."""

    scope = fields.String(required=True, validate=validate.OneOf(get_args(Scope)))
    key = fields.String(required=True)
    what = fields.String(required=True, validate=validate.OneOf(["uses", "money"]))
    percent = fields.Integer(required=True)
    limit = fields.Integer(required=True)
    at = Instant(required=True)
