"""Referrals, coming in and going out."""

from typing import Any

from marshmallow import ValidationError, fields, post_load, validate

from api.schemas.base import Instant, MoneySchema, PageArgs, ShopId, Strict
from api.schemas.vouchers import BasketSchema
from common.errors import Invalid
from customers.addresses import EMAIL, SMS, normalise
from loyalty.referral import Friend, ReferralState

STATES = [state.value for state in ReferralState]
MAX_CODES = 10_000


class ReferralProgrammeSchema(Strict):
    """A referral programme: both rewards are vouchers of offers."""

    id = ShopId(metadata={"description": "Left out, one is made."})
    name = fields.String(required=True, validate=validate.Length(1, 200))
    friend_offer = fields.String(required=True, validate=validate.Length(1, 64))
    advocate_offer = fields.String(required=True, validate=validate.Length(1, 64))
    active = fields.Boolean(dump_only=True)
    created_at = Instant(dump_only=True)


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


class FriendSchema(Strict):
    """Who was sent. The addresses only serve to tell friends apart and are kept as hashes."""

    customer_id = ShopId(required=True)
    email = fields.String(load_default="", validate=validate.Length(max=320))
    phone = fields.String(
        load_default="", validate=validate.Length(max=40), metadata={"description": "With its country code (+351…)."}
    )

    @post_load
    def _friend(self, data: dict[str, Any], **_: Any) -> Friend:
        return Friend(
            customer_id=data["customer_id"],
            email=_address(EMAIL, "email", data["email"]),
            phone=_address(SMS, "phone", data["phone"]),
        )


def _address(channel: str, field: str, raw: str) -> str:
    try:
        return normalise(channel, raw) if raw else ""
    except Invalid as error:
        message = next((text for texts in error.fields.values() for text in texts), str(error))
        raise ValidationError(message, field) from None


class ReferralUseSchema(Strict):
    """A friend has bought with a code. `device` is anything by which the shop knows a browser again."""

    friend = fields.Nested(FriendSchema, required=True)
    order = fields.Nested(BasketSchema, required=True)
    device = fields.String(load_default="", validate=validate.Length(max=256))


class ReferralArgs(PageArgs):
    """Which referrals are wanted."""

    state = fields.String(load_default=None, validate=validate.OneOf(STATES))


class ReferralSchema(Strict):
    """A friend's purchase, and what has become of both rewards."""

    id = fields.String(required=True)
    programme = fields.String(required=True)
    code = fields.String(required=True)
    advocate_id = fields.String(required=True)
    friend_id = fields.String(required=True)
    order_id = fields.String(required=True)
    order_total = fields.Nested(MoneySchema, required=True)
    state = fields.String(required=True, validate=validate.OneOf(STATES))
    reasons = fields.List(
        fields.String(), required=True, metadata={"description": "The names of the rules that spoke against it."}
    )
    friend_voucher = fields.String(required=True, metadata={"description": "The friend's code; empty in review."})
    advocate_voucher = fields.String(required=True, metadata={"description": "Empty until the return window is over."})
    at = Instant(required=True)
    due_at = Instant(required=True, metadata={"description": "When the return window ends."})
    decided_at = Instant(required=True, allow_none=True)
