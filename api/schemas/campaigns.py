"""Campaigns, coming in and going out, and their reports."""

from typing import Any

from marshmallow import fields, post_load, validate

from api.schemas.base import Instant, MoneySchema, ShopId, Strict
from api.schemas.shop import SendWindowSchema
from campaigns.campaign import Budget, CampaignState, Limits

ID = validate.Length(1, 64)


class CampaignBudgetSchema(Strict):
    """What a campaign may use up over all of its runs; what is left out has no end."""

    messages = fields.Integer(
        strict=True, load_default=None, allow_none=True, validate=validate.Range(1, 1_000_000_000)
    )
    money = fields.Nested(
        MoneySchema,
        load_default=None,
        allow_none=True,
        metadata={"description": "At the prices that are set for the providers (PUT /v1/providers/{name})."},
    )

    @post_load
    def _budget(self, data: dict[str, Any], **_: Any) -> Budget:
        return Budget(**data)


class LimitsSchema(Strict):
    """What a campaign keeps to."""

    window = fields.Nested(
        SendWindowSchema,
        load_default=None,
        allow_none=True,
        metadata={"description": "When its messages may go out, each in its receiver's own time."},
    )
    budget = fields.Nested(CampaignBudgetSchema, load_default=Budget)

    expires_after_hours = fields.Integer(
        strict=True,
        load_default=72,
        validate=validate.Range(1, 24 * 30),
        metadata={"description": "A message that could not go out so long is not sent any more."},
    )
    policy = fields.String(
        load_default="at_most_once",
        validate=validate.OneOf(["at_most_once", "at_least_once"]),
        metadata={"description": "What to do when nobody knows whether a provider took a message."},
    )
    attribution_days = fields.Integer(strict=True, load_default=14, validate=validate.Range(1, 365))

    @post_load
    def _limits(self, data: dict[str, Any], **_: Any) -> Limits:
        return Limits(**data)


class CampaignSchema(Strict):
    """A campaign as a marketer sets it up."""

    id = fields.String(dump_only=True)
    name = fields.String(required=True, validate=validate.Length(1, 200))
    template = ShopId(required=True, metadata={"description": "The id of a template."})
    segment = fields.String(
        load_default="",
        validate=validate.Length(max=64),
        metadata={"description": "The id of a segment; may be left out where an event triggers the campaign."},
    )
    purpose = fields.String(
        load_default="marketing", validate=validate.OneOf(["marketing", "service", "transactional"])
    )
    offer = fields.String(load_default="", validate=validate.Length(max=64))
    referral_programme = fields.String(load_default="", validate=validate.Length(max=64))
    brand = fields.String(load_default="default", validate=ID)
    trigger = fields.Dict(
        keys=fields.String(),
        load_default=lambda: {"kind": "launched"},
        metadata={
            "description": "A kind of trigger and its settings, e.g. "
            '`{"kind": "recurring", "cron": "0 10 * * 2", "time_zone": "Europe/Berlin"}`; '
            "see `GET /v1/campaigns/triggers`."
        },
    )
    holdout_percent = fields.Float(
        load_default=0.0,
        validate=validate.Range(0, 50),
        metadata={"description": "So many in a hundred of the audience get nothing, to compare with."},
    )
    limits = fields.Nested(LimitsSchema, load_default=Limits)
    state = fields.String(dump_only=True, validate=validate.OneOf([state.value for state in CampaignState]))
    next_at = Instant(dump_only=True, allow_none=True)
    launched_at = Instant(dump_only=True, allow_none=True)
    created_at = Instant(dump_only=True, allow_none=True)
    updated_at = Instant(dump_only=True, allow_none=True)


class TriggerSchema(Strict):
    """A kind of trigger, enough to build a form from."""

    kind = fields.String(required=True)
    summary = fields.String(required=True)
    event = fields.String(required=True, metadata={"description": "The event it listens to; empty for none."})
    settings = fields.Dict(required=True, metadata={"description": "JSON schema of its settings."})


class TriggersSchema(Strict):
    """Every kind of trigger."""

    data = fields.List(fields.Nested(TriggerSchema), required=True)


class ArmSchema(Strict):
    """What the people of one arm bought in the attribution window."""

    customers = fields.Integer(required=True)
    buyers = fields.Integer(required=True)
    revenue = fields.Nested(MoneySchema, required=True)
    revenue_per_customer = fields.Float(required=True, metadata={"description": "In minor units."})


class UpliftSchema(Strict):
    """Revenue per customer over the holdout's, in minor units, with its 95 % interval."""

    per_customer = fields.Float(required=True)
    low = fields.Float(required=True, allow_none=True)
    high = fields.Float(required=True, allow_none=True)


class RedemptionTotalsSchema(Strict):
    """What was redeemed of the campaign's vouchers, money in minor units by currency."""

    redeemed = fields.Integer(required=True)
    discount = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    revenue = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)


class ReportSchema(Strict):
    """What a campaign did."""

    campaign = fields.String(required=True)
    name = fields.String(required=True)
    state = fields.String(required=True)
    planned = fields.Integer(required=True)
    states = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    sent = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    delivered = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    skipped = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    failed = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    waiting = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    troubles = fields.List(
        fields.String(),
        required=True,
        metadata={"description": "What is in the way with a provider, a sentence each, and what to do."},
    )
    engagement = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    redemptions = fields.Nested(RedemptionTotalsSchema, required=True)
    attribution_days = fields.Integer(required=True)
    treated = fields.Nested(ArmSchema, required=True)
    holdout = fields.Nested(ArmSchema, required=True)
    uplift = fields.Nested(UpliftSchema, required=True, allow_none=True)


def counts(description: str) -> fields.Dict:
    """How many, by a word."""
    return fields.Dict(
        keys=fields.String(), values=fields.Integer(), required=True, metadata={"description": description}
    )


class ExampleSchema(Strict):
    """One customer and what the dry run says of them."""

    customer = fields.String(required=True)
    first_name = fields.String(required=True)
    channel = fields.String(required=True)
    verdict = fields.String(required=True, validate=validate.OneOf(["send", "wait", "skip"]))
    reason = fields.String(required=True)


class DryRunSchema(Strict):
    """What launching now would do."""

    audience = fields.Integer(required=True)
    held_out = fields.Integer(required=True)
    would_send = counts("By channel.")
    would_wait = counts("By reason.")
    would_skip = counts("By reason.")
    written = fields.Integer(required=True, metadata={"description": "For so many the words were written on trial."})
    unwritable = counts("Of those, by the variable without a value, who would not get it.")
    examples = fields.List(fields.Nested(ExampleSchema), required=True)
