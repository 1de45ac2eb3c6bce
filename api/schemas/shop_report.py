"""The whole shop's report, going out."""

from marshmallow import fields

from api.schemas.base import Instant, MoneySchema, Strict
from api.schemas.campaign_reports import ArmSchema, FreshArgs, Signed, UpliftSchema
from api.schemas.checks import dated


class ShopReportArgs(FreshArgs):
    """Of which time: the last thirty days where nothing is said; a year at most."""

    since = dated()
    until = dated()


class ShopNumbersSchema(Strict):
    """What messages were handed over, what they cost, and the orders that are credited to them."""

    handed_over = fields.Integer(required=True)
    orders = fields.Integer(required=True)
    revenue = fields.Nested(MoneySchema, required=True)
    discounts = fields.Nested(MoneySchema, required=True)
    message_cost = fields.Nested(MoneySchema, required=True)
    estimated = fields.Boolean(required=True)
    unpriced = fields.Integer(required=True)
    goods_cost = fields.Nested(Signed, required=True, allow_none=True)
    margin = fields.Nested(Signed, required=True, allow_none=True)


class CampaignMoneySchema(ShopNumbersSchema):
    """A campaign's."""

    campaign = fields.String(required=True)
    name = fields.String(required=True)


class ChannelMoneySchema(ShopNumbersSchema):
    """A channel's; what codes took off is counted by campaign and by offer alone."""

    channel = fields.String(required=True)


class OfferMoneySchema(Strict):
    """What an offer's codes did, sent by campaigns or not."""

    offer = fields.String(required=True)
    used = fields.Integer(required=True)
    revenue = fields.Nested(MoneySchema, required=True, metadata={"description": "The orders that used a code."})
    discounts = fields.Nested(MoneySchema, required=True)


class TimesSchema(Strict):
    """So many customers got so many messages."""

    messages = fields.Integer(required=True)
    customers = fields.Integer(required=True)


class ShopHoldoutSchema(Strict):
    """Everybody who gets no marketing at all, and everybody else; written to or not."""

    percent = fields.Float(required=True)
    treated = fields.Nested(ArmSchema, required=True)
    holdout = fields.Nested(ArmSchema, required=True)
    uplift = fields.Nested(UpliftSchema, required=True, allow_none=True)


class ShopReportSchema(Strict):
    """The whole shop over a time."""

    since = Instant(required=True)
    until = Instant(required=True)
    orders = fields.Integer(required=True, metadata={"description": "All that stand, in the shop's currency."})
    revenue = fields.Nested(MoneySchema, required=True)
    credited = fields.Nested(ShopNumbersSchema, required=True)
    by_campaign = fields.List(fields.Nested(CampaignMoneySchema), required=True)
    by_channel = fields.List(fields.Nested(ChannelMoneySchema), required=True)
    by_offer = fields.List(fields.Nested(OfferMoneySchema), required=True)
    written_to = fields.List(
        fields.Nested(TimesSchema),
        required=True,
        metadata={"description": "How often people got marketing of campaigns; who got none is left out."},
    )
    holdout = fields.Nested(ShopHoldoutSchema, required=True, allow_none=True)
