"""Referrals, coming in and going out."""

from typing import Any, get_args

from marshmallow import ValidationError, fields, post_load, validate

from api.schemas.base import MAX_AMOUNT, Instant, MoneySchema, PageArgs, ShopId, Strict
from api.schemas.said import Said
from api.schemas.vouchers import BasketSchema
from common.errors import Invalid
from customers.addresses import EMAIL, SMS, normalise
from loyalty.evidence import network
from loyalty.points_account import MOST
from loyalty.programme import FriendWhen, Limits, Period, ReferralTier, Refunds, Trigger, Verdict
from loyalty.referral import Friend, ReferralState

STATES = [state.value for state in ReferralState]
MAX_CODES = 10_000
MAX_FRIENDS = 1_000
MAX_DAYS = 3_650
MAX_TIERS = 20
MAX_NOTE = 2_000


def _count(most: int, about: str = "") -> fields.Integer:
    """So many, or no limit."""
    return fields.Integer(
        strict=True,
        load_default=None,
        allow_none=True,
        validate=validate.Range(1, most),
        metadata={"description": about} if about else {},
    )


def _points(about: str) -> fields.Integer:
    return fields.Integer(
        strict=True, load_default=0, validate=validate.Range(0, MOST), metadata={"description": about}
    )


def _offer(about: str) -> fields.String:
    return fields.String(load_default="", validate=validate.Length(max=64), metadata={"description": about})


class Whole(Strict):
    """What a PATCH, too, gives whole: half a tier is none."""

    def load(self, data: Any, *, partial: Any = None, **settings: Any) -> Any:
        """Not in part."""
        return super().load(data, partial=False, **settings)


class ReferralLimitsSchema(Whole):
    """How many friends count, and for how much; what is left out has no limit."""

    per_advocate = _count(MAX_FRIENDS, "Of one customer's friends, ever.")
    per_advocate_and_period = _count(MAX_FRIENDS, "Of one customer's friends, in a period.")
    in_all = _count(MAX_AMOUNT, "Of all friends, ever.")
    in_period = _count(MAX_AMOUNT, "Of all friends, in a period.")
    period = fields.String(
        load_default="month",
        validate=validate.OneOf(get_args(Period)),
        metadata={"description": "Of the shop's own calendar."},
    )
    money = fields.Nested(
        MoneySchema,
        load_default=None,
        allow_none=True,
        metadata={"description": "What both rewards of all who count may be worth; each needs its `…_worth`."},
    )

    @post_load
    def _limits(self, data: dict[str, Any], **_: Any) -> Limits:
        return Limits(**data)


class ReferralTierSchema(Whole):
    """What an advocate gets once, besides, for so many friends: a voucher of an offer of any kind, or points."""

    friends = fields.Integer(strict=True, required=True, validate=validate.Range(1, MAX_FRIENDS))
    offer = _offer("A gift, say.")
    points = _points("Instead of an offer.")
    worth = fields.Nested(
        MoneySchema,
        load_default=None,
        allow_none=True,
        metadata={"description": "What a limit of money counts it as; needed where there is one."},
    )

    @post_load
    def _tier(self, data: dict[str, Any], **_: Any) -> ReferralTier:
        return ReferralTier(**data)


class ReferralProgrammeSchema(Strict):
    """A referral programme: what makes a friend count, and what either side gets."""

    id = ShopId(metadata={"description": "Left out, one is made."})
    name = fields.String(required=True, validate=validate.Length(1, 200))
    trigger = fields.String(
        load_default="first_order",
        validate=validate.OneOf(get_args(Trigger)),
        metadata={"description": "What makes a friend count. With `every_order`, each further one rewards again."},
    )
    friend_offer = _offer("The friend gets a voucher of this offer, of any kind.")
    friend_points = _points("The friend gets points instead.")
    friend_worth = fields.Nested(MoneySchema, load_default=None, allow_none=True)
    friend_when = fields.String(
        load_default="order",
        validate=validate.OneOf(get_args(FriendWhen)),
        metadata={"description": "`claim`: at once, so that it can be used on the first order."},
    )
    advocate_offer = _offer("Who sent them gets a voucher of this offer, of any kind.")
    advocate_points = _points("Who sent them gets points instead.")
    advocate_worth = fields.Nested(MoneySchema, load_default=None, allow_none=True)
    wait_days = fields.Integer(
        strict=True,
        load_default=None,
        allow_none=True,
        validate=validate.Range(0, MAX_DAYS),
        metadata={"description": "How long the advocate's reward waits. Left out: the shop's return window."},
    )
    refunds = fields.String(
        load_default="whole",
        validate=validate.OneOf(get_args(Refunds)),
        metadata={
            "description": "`whole`: an order undone altogether takes the rewards back. `any`: one refunded in part, "
            "too. `part`: points shrink with the order, a voucher stays."
        },
    )
    minimum = fields.Nested(MoneySchema, load_default=None, allow_none=True)
    claim_days = fields.Integer(strict=True, load_default=90, validate=validate.Range(1, MAX_DAYS))
    limits = fields.Nested(ReferralLimitsSchema, load_default=Limits)
    tiers = fields.List(fields.Nested(ReferralTierSchema), load_default=list, validate=validate.Length(max=MAX_TIERS))
    verdicts = fields.Dict(
        keys=fields.String(validate=validate.Length(1, 64)),
        values=fields.String(validate=validate.OneOf(get_args(Verdict))),
        load_default=dict,
        metadata={"description": "By the names of `GET /v1/referral-programmes/rules`, what one does here instead."},
    )
    evidence_days = fields.Integer(
        strict=True,
        load_default=90,
        validate=validate.Range(1, MAX_DAYS),
        metadata={"description": "How long the hashes are kept that fraud is found by."},
    )
    valid_until = Instant(load_default=None, allow_none=True)
    active = fields.Boolean(truthy={True}, falsy={False}, load_default=True)
    created_at = Instant(dump_only=True)
    updated_at = Instant(dump_only=True, allow_none=True)


class FraudRuleSchema(Strict):
    """A fraud rule: what it does unless a programme says otherwise, and what a programme may say."""

    name = fields.String(required=True)
    verdict = fields.String(required=True, validate=validate.OneOf(["block", "review"]))
    allowed = fields.List(fields.String(), required=True)
    sentence = fields.String(required=True)


class FraudRulesSchema(Strict):
    """Every fraud rule."""

    data = fields.List(fields.Nested(FraudRuleSchema), required=True)


class ReferralProofKeysSchema(Strict):
    """The keys that proofs are signed with, the newest first; an older one holds until its proofs have run out."""

    keys = fields.List(fields.String(), required=True)


class ReferralProgrammeReportSchema(Strict):
    """How far friends came: clicks of people, not of machines, and referrals by their state."""

    clicked = fields.Integer(required=True)
    states = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    rejected = fields.Dict(
        keys=fields.String(), values=fields.Integer(), required=True, metadata={"description": "By the rule."}
    )
    counted = fields.Integer(required=True, metadata={"description": "Of the limit `in_all`, what is used."})
    periods = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    worth = fields.Nested(MoneySchema, required=True, allow_none=True)


class CodesWantedSchema(Strict):
    """Who should have a code; who has one keeps it."""

    customers = fields.List(ShopId(), required=True, validate=validate.Length(1, MAX_CODES))


class ReferralCodeSchema(Strict):
    """A customer's own code and the link to share."""

    programme = fields.String(required=True)
    customer_id = fields.String(required=True)
    code = fields.String(required=True)
    link = fields.String(required=True)


class ReferralCodesSchema(Strict):
    """The codes that were asked for."""

    data = fields.List(fields.Nested(ReferralCodeSchema), required=True)


class ProgrammeArgs(Strict):
    """Which programme is meant."""

    programme = fields.String(
        load_default="",
        validate=validate.Length(max=64),
        metadata={"description": "Left out, the newest one that is active."},
    )


class ReferralProofSchema(Strict):
    """What the shop's address was called with: `referral` and `referral_proof`."""

    code = fields.String(required=True, validate=validate.Length(1, 64))
    proof = fields.String(required=True, validate=validate.Length(max=400))


class ReferralProofCheckedSchema(Strict):
    """Whether a visitor came by the code's landing page, and when; if not, why."""

    valid = fields.Boolean(required=True)
    reason = fields.String(required=True, validate=validate.OneOf(["", "malformed", "forged", "expired"]))
    clicked_at = Instant(required=True, allow_none=True)


class FriendSchema(Strict):
    """Who was sent. What is told beside the id only serves to tell friends apart, and is kept as keyed hashes."""

    customer_id = ShopId(required=True)
    email = fields.String(load_default="", validate=validate.Length(max=320))
    phone = fields.String(
        load_default="", validate=validate.Length(max=40), metadata={"description": "With its country code (+351…)."}
    )
    name = fields.String(load_default="", validate=validate.Length(max=200))
    address = fields.String(
        load_default="", validate=validate.Length(max=400), metadata={"description": "Where the parcel goes."}
    )

    @post_load
    def _friend(self, data: dict[str, Any], **_: Any) -> Friend:
        return Friend(
            customer_id=data["customer_id"],
            email=_address(EMAIL, "email", data["email"]),
            phone=_address(SMS, "phone", data["phone"]),
            name=data["name"],
            home=data["address"],
        )


def _address(channel: str, field: str, raw: str) -> str:
    try:
        return normalise(channel, raw) if raw else ""
    except Invalid as error:
        message = next((text for texts in error.fields.values() for text in texts), str(error))
        raise ValidationError(message, field) from None


def _ip(raw: str) -> None:
    try:
        network(raw)
    except Invalid:
        raise ValidationError(Said("Not an IP address.", "no_ip")) from None


class ReferralClaimSchema(Strict):
    """A friend has said with whose code they come, and what the shop saw of them."""

    friend = fields.Nested(FriendSchema, required=True)
    device = fields.String(
        load_default="",
        validate=validate.Length(max=256),
        metadata={"description": "Anything by which the shop knows a browser again."},
    )
    payment = fields.String(
        load_default="",
        validate=validate.Length(max=256),
        metadata={"description": "The shop's own hash, or its provider's fingerprint, of the card or account."},
    )
    ip = fields.String(load_default="", validate=[validate.Length(max=64), _ip])
    proof = fields.String(
        load_default="",
        validate=validate.Length(max=400),
        metadata={"description": "The `referral_proof` that the friend brought along."},
    )


class ReferralUseSchema(ReferralClaimSchema):
    """A friend has bought with a code."""

    order = fields.Nested(BasketSchema, required=True)


class ReferralArgs(PageArgs):
    """Which referrals are wanted."""

    state = fields.String(load_default=None, validate=validate.OneOf(STATES))
    programme = fields.String(load_default=None, validate=validate.Length(max=64))
    advocate = fields.String(load_default=None, validate=validate.Length(max=64))
    friend = fields.String(load_default=None, validate=validate.Length(max=64))


class ReferralDecisionSchema(Strict):
    """Why, for whoever looks later."""

    note = fields.String(load_default="", validate=validate.Length(max=MAX_NOTE))


class NewReferralNoteSchema(Strict):
    """Something worth knowing of a referral."""

    note = fields.String(required=True, validate=validate.Length(1, MAX_NOTE))


class ReferralNoteSchema(Strict):
    """What a person noted: when, by which key, and what they decided, if they did."""

    at = Instant(required=True)
    by = fields.String(required=True, metadata={"description": "The id of the API key."})
    by_name = fields.String(required=True, metadata={"description": "The key's name."})
    text = fields.String(required=True)
    did = fields.String(required=True, validate=validate.OneOf(["", "approved", "rejected"]))


class ReferralReasonSchema(Strict):
    """A rule that spoke against it, and what that means."""

    reason = fields.String(required=True)
    sentence = fields.String(required=True)


class ReferralSchema(Strict):
    """A friend who came, and what has become of both rewards."""

    id = fields.String(required=True)
    programme = fields.String(required=True)
    code = fields.String(required=True)
    advocate_id = fields.String(required=True)
    friend_id = fields.String(required=True)
    order_id = fields.String(required=True, metadata={"description": "Empty until the friend has ordered."})
    order_total = fields.Nested(MoneySchema, required=True, allow_none=True)
    state = fields.String(required=True, validate=validate.OneOf(STATES))
    reasons = fields.List(
        fields.String(), required=True, metadata={"description": "The names of the rules that spoke against it."}
    )
    why = fields.List(fields.Nested(ReferralReasonSchema), required=True)
    friend_voucher = fields.String(required=True, metadata={"description": "The friend's code; empty in review."})
    friend_points = fields.Integer(required=True)
    advocate_voucher = fields.String(required=True, metadata={"description": "Empty until the return window is over."})
    advocate_points = fields.Integer(required=True)
    further = fields.Boolean(
        required=True, attribute="again", metadata={"description": "A further order, where every one counts."}
    )
    at = Instant(required=True)
    clicked_at = Instant(required=True, allow_none=True)
    claimed_at = Instant(required=True, allow_none=True)
    ordered_at = Instant(required=True, allow_none=True)
    due_at = Instant(
        required=True, allow_none=True, metadata={"description": "When the return window, or the time to order, ends."}
    )
    decided_at = Instant(required=True, allow_none=True)
    notes = fields.List(fields.Nested(ReferralNoteSchema), required=True)
