"""Points, coming in and going out."""

import re
from typing import Any

from marshmallow import ValidationError, fields, post_load, validate

from api.schemas.base import MAX_AMOUNT, Instant, MoneySchema, PageArgs, Strict
from api.schemas.checks import short, whole
from api.schemas.said import Said
from common.money import Money
from loyalty.points_account import MOST, EntryKind
from loyalty.points_expiry import Expiry
from loyalty.points_programme import Earning, PointsProgramme, Reward, Worth
from loyalty.tiers import Level, TierRules

MAX_RULES = 100
MAX_LEVELS = 20
MAX_BENEFITS = 50
_FRESH = PointsProgramme()
_BENEFIT = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}\Z")


class WorthSchema(Strict):
    """So many points are worth so much money: what the liability is reckoned with."""

    points = whole(1, MOST, required=True)
    money = fields.Nested(MoneySchema, required=True)

    @post_load
    def _worth(self, data: dict[str, Any], **_: Any) -> Worth:
        return Worth(**data)


class EarningSchema(Strict):
    """A rule by which points are earned."""

    kind = fields.String(
        required=True,
        validate=validate.Length(1, 64),
        metadata={"description": "One of `GET /v1/points/earning`."},
    )
    settings = fields.Dict(
        keys=fields.String(), load_default=dict, metadata={"description": "As the kind's own schema has it."}
    )

    @post_load
    def _earning(self, data: dict[str, Any], **_: Any) -> Earning:
        return Earning(**data)


class ExpirySchema(Strict):
    """How long points last, from the day on which they can be spent."""

    policy = fields.String(
        load_default=_FRESH.expiry.policy,
        validate=validate.OneOf(["never", "months", "end_of_month", "fixed_day"]),
        metadata={
            "description": "`months`: through the same day so many months later; `end_of_month`: through the last of "
            "that month; `fixed_day`: through the next `day` of `month` that is at least `months` away."
        },
    )
    months = whole(0, 120, load_default=_FRESH.expiry.months)
    month = whole(1, 12, load_default=_FRESH.expiry.month)
    day = whole(1, 31, load_default=_FRESH.expiry.day)

    @post_load
    def _expiry(self, data: dict[str, Any], **_: Any) -> Expiry:
        return Expiry(**data)


class Benefits(fields.Dict):
    """What a tier brings, for the shop and its messages: a name, and a text, a number or a yes or no."""

    def __init__(self, **settings: Any) -> None:
        metadata = {"additionalProperties": {"type": ["string", "number", "boolean"]}}
        super().__init__(keys=fields.String(), metadata=metadata, **settings)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dict[str, Any]:
        given: dict[str, Any] = super()._deserialize(value, attr, data, **kwargs)  # type: ignore[no-untyped-call]
        if len(given) > MAX_BENEFITS:
            raise ValidationError(f"At most {MAX_BENEFITS} benefits.")
        for name, benefit in given.items():
            if not _BENEFIT.match(name):
                raise ValidationError("A name is up to 64 letters, digits and _, and begins with a letter.")
            if not isinstance(benefit, str | int | float | bool):
                raise ValidationError("A benefit is a text, a number, or true or false.")
            if isinstance(benefit, str) and len(benefit) > 1_000:
                raise ValidationError("A benefit's text has at most 1000 characters.")
            if isinstance(benefit, int | float) and not abs(benefit) <= 10**15:
                raise ValidationError("A benefit's number has at most 15 digits.")
        return given


class LevelSchema(Strict):
    """A tier."""

    name = fields.String(required=True, validate=validate.Length(1, 64))
    threshold = whole(1, MAX_AMOUNT, required=True, metadata={"description": "Points, or money in minor units."})
    benefits = Benefits(load_default=dict)

    @post_load
    def _level(self, data: dict[str, Any], **_: Any) -> Level:
        return Level(**data)


class TierRulesSchema(Strict):
    """By what tiers are held: points earned or money spent, in a window that moves with the days."""

    by = fields.String(load_default="points", validate=validate.OneOf(["points", "spend"]))
    window_months = whole(1, 60, load_default=_FRESH.tiers.window_months)
    grace_days = whole(
        0,
        730,
        load_default=_FRESH.tiers.grace_days,
        metadata={"description": "So long somebody keeps a tier for which the window no longer has enough."},
    )
    downgrade = fields.String(
        load_default="fall",
        validate=validate.OneOf(["fall", "step"]),
        metadata={"description": "To what the window says at once, or one tier at a time."},
    )
    levels = fields.List(fields.Nested(LevelSchema), load_default=list, validate=validate.Length(max=MAX_LEVELS))

    @post_load
    def _rules(self, data: dict[str, Any], **_: Any) -> TierRules:
        return TierRules(**data)


class RewardSchema(Strict):
    """What points buy: a personal voucher of an offer."""

    offer = fields.String(required=True, validate=validate.Length(1, 64))
    points = whole(1, MOST, required=True)

    @post_load
    def _reward(self, data: dict[str, Any], **_: Any) -> Reward:
        return Reward(**data)


class PointsProgrammeSchema(Strict):
    """The rules for points. What is left out is as in a fresh installation; each version is kept."""

    active = fields.Boolean(
        load_default=False, truthy={True}, falsy={False}, metadata={"description": "Whether anything is earned."}
    )
    history = fields.Boolean(
        load_default=False,
        truthy={True},
        falsy={False},
        metadata={"description": "Whether orders from before `started_at` earn too, as if it had been there then."},
    )
    worth = fields.Nested(WorthSchema, load_default=Worth(points=100, money=Money(100, "EUR")))
    earning = fields.List(fields.Nested(EarningSchema), load_default=list, validate=validate.Length(max=MAX_RULES))
    expiry = fields.Nested(ExpirySchema, load_default=Expiry())
    notice_days = whole(
        0,
        365,
        load_default=_FRESH.notice_days,
        metadata={"description": "So long before points are lost, `points_expiring` is told."},
    )
    tiers = fields.Nested(TierRulesSchema, load_default=TierRules())
    rewards = fields.List(fields.Nested(RewardSchema), load_default=list, validate=validate.Length(max=MAX_RULES))
    started_at = Instant(dump_only=True, allow_none=True)
    changed_at = Instant(dump_only=True, allow_none=True)
    changed_by = fields.String(dump_only=True, metadata={"description": "The id of the API key that set it so."})
    version = fields.Integer(dump_only=True)

    @post_load
    def _programme(self, data: dict[str, Any], **_: Any) -> PointsProgramme:
        return PointsProgramme(**data)


class EarningKindSchema(Strict):
    """A kind of rule, enough to build a form from."""

    kind = fields.String(required=True)
    summary = fields.String(required=True)
    settings = fields.Dict(required=True, metadata={"description": "JSON schema of its settings."})


class EarningKindsSchema(Strict):
    """Every kind of rule."""

    data = fields.List(fields.Nested(EarningKindSchema), required=True)


class AdjustmentSchema(Strict):
    """Points given by hand, or taken (below zero)."""

    amount = fields.Integer(
        required=True,
        strict=True,
        validate=[validate.Range(-MOST, MOST), validate.NoneOf([0], error=Said("Must not be zero.", "zero"))],
        metadata={"not": {"const": 0}},
    )
    reason = short(load_default="")


class SpendingSchema(Strict):
    """What points are to buy: an offer that the programme names among its rewards."""

    offer = fields.String(required=True, validate=validate.Length(1, 64))


class EntrySchema(Strict):
    """A line of the ledger: what it changed of what can be spent, and of what is pending."""

    id = fields.String(required=True)
    number = fields.Integer(required=True)
    at = Instant(required=True)
    kind = fields.String(required=True, validate=validate.OneOf([kind.value for kind in EntryKind]))
    points = fields.Integer(required=True)
    pending = fields.Integer(required=True)
    order = fields.String(required=True, metadata={"description": "The order it is about, if it is about one."})
    event = fields.String(required=True)
    offer = fields.String(required=True)
    reason = fields.String(required=True)
    by = fields.String(required=True, metadata={"description": "The id of the API key, where somebody did it by hand."})


class SpentPointsSchema(Strict):
    """What was bought, and what is left."""

    entry = fields.Nested(EntrySchema, required=True)
    code = fields.String(required=True, metadata={"description": "The customer's own voucher."})
    offer = fields.String(required=True)
    balance = fields.Integer(required=True)


class ExpiringSchema(Strict):
    """So many points are lost at the end of a day of this month, where nobody spends them."""

    month = fields.String(required=True, metadata={"description": "Like 2026-12, in the shop's time zone."})
    points = fields.Integer(required=True)


class NextTierSchema(Strict):
    """The next tier, and what is missing to it."""

    name = fields.String(required=True)
    missing = fields.Integer(required=True)


class StandingSchema(Strict):
    """Where a customer stands; `measured` is what counts in the window now."""

    name = fields.String(required=True, metadata={"description": "Empty where none is held."})
    since = fields.Date(required=True, allow_none=True)
    grace_until = fields.Date(required=True, allow_none=True)
    benefits = fields.Dict(required=True)
    by = fields.String(required=True)
    measured = fields.Integer(required=True)
    next = fields.Nested(NextTierSchema, required=True, allow_none=True)


class StatementSchema(Strict):
    """A customer's points as they are now, and a page of the entries that led there, the newest first."""

    customer_id = fields.String(required=True)
    balance = fields.Integer(
        required=True, metadata={"description": "What can be spent; below zero, what is owed to the shop."}
    )
    pending = fields.Integer(required=True, metadata={"description": "What waits for the end of a return window."})
    worth = fields.Nested(MoneySchema, required=True, metadata={"description": "What can be spent, in money."})
    expiring = fields.List(fields.Nested(ExpiringSchema), required=True)
    tier = fields.Nested(StandingSchema, required=True)
    data = fields.List(fields.Nested(EntrySchema), required=True)
    next = fields.String(
        required=True, allow_none=True, metadata={"description": "`after` of the next page; null at the end."}
    )


class PointsAuditSchema(Strict):
    """Whether the ledger alone tells the account."""

    customer_id = fields.String(required=True)
    entries = fields.Integer(required=True)
    mistakes = fields.List(
        fields.String(), required=True, metadata={"description": "What it does not bear out, in words; none is right."}
    )


class EntryPageArgs(PageArgs):
    """Which entries are wanted."""

    after = fields.String(
        load_default="",
        validate=validate.Regexp(r"([0-9]{1,15})?\Z", error="Not the `next` of a page."),
        metadata={"pattern": "^([0-9]{1,15})?$", "description": "The `next` of the page before."},
    )


class LiabilityMonthSchema(Strict):
    """What is lost at the end of a day of this month, where nobody spends it."""

    month = fields.String(required=True, metadata={"description": "Like 2026-12; empty for what is never lost."})
    points = fields.Integer(required=True)
    worth = fields.Nested(MoneySchema, required=True)


class LiabilitySchema(Strict):
    """All points outstanding, in points and in money; the months come to exactly `outstanding` and `worth`."""

    at = Instant(required=True)
    outstanding = fields.Integer(required=True, metadata={"description": "Points that can be spent."})
    pending = fields.Integer(required=True)
    owed = fields.Integer(required=True, metadata={"description": "What customers owe: taken back after it was spent."})
    worth = fields.Nested(MoneySchema, required=True)
    pending_worth = fields.Nested(MoneySchema, required=True)
    months = fields.List(fields.Nested(LiabilityMonthSchema), required=True)
