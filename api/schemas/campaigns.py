"""Campaigns, coming in and going out, and their dry runs."""

from typing import Any

from marshmallow import fields, post_load, validate

from api.schemas.base import Instant, MoneySchema, ShopId, Strict, Whole
from api.schemas.checks import KnownMoneySchema, a_channel
from api.schemas.journeys import JourneyRulesSchema, JourneyStepSchema
from api.schemas.ladders import LadderForecastSchema, LadderSchema
from api.schemas.shop import SendWindowSchema
from campaigns.approval import Approval
from campaigns.campaign import Budget, CampaignState, Limits
from campaigns.experiments.variants import MOST, Variant
from campaigns.steps import MOST as MOST_STEPS
from campaigns.steps import JourneyRules
from messaging.message import Step

ID = validate.Length(1, 64)
# "holdout" and "treated" are the names of the other arms.
VARIANT_ID = r"^(?!holdout$|treated$)[a-z0-9][a-z0-9_-]{0,31}\Z"


class CampaignBudgetSchema(Strict):
    """What a campaign may use up over all of its runs; what is left out has no end."""

    messages = fields.Integer(
        strict=True, load_default=None, allow_none=True, validate=validate.Range(1, 1_000_000_000)
    )
    money = fields.Nested(
        KnownMoneySchema,
        load_default=None,
        allow_none=True,
        metadata={"description": "At the prices that are set for the providers (PUT /v1/providers/{name})."},
    )

    @post_load
    def _budget(self, data: dict[str, Any], **_: Any) -> Budget:
        return Budget(**data)


class StepSchema(Strict):
    """What is enough on a channel, and how long it has."""

    success = fields.String(
        required=True,
        validate=validate.OneOf(["accepted", "delivered", "read", "converted"]),
        metadata={
            "description": "What must have come; read is opened by a person, or clicked in; converted is an order "
            "since, or the voucher used. What a provider does not report, or is uncertain, never goes on."
        },
    )
    wait_minutes = fields.Integer(strict=True, load_default=240, validate=validate.Range(1, 30 * 24 * 60))

    @post_load
    def _step(self, data: dict[str, Any], **_: Any) -> Step:
        return Step(**data)


class LimitsSchema(Whole):
    """What a campaign keeps to."""

    window = fields.Nested(
        SendWindowSchema,
        load_default=None,
        allow_none=True,
        metadata={"description": "When its messages may go out, each in its receiver's own time."},
    )
    budget = fields.Nested(CampaignBudgetSchema, load_default=Budget)
    failover = fields.Dict(
        keys=fields.String(validate=a_channel()),
        values=fields.Nested(StepSchema),
        load_default=dict,
        validate=validate.Length(max=20),
        metadata={
            "description": "By channel: what is enough there, and when a message goes on over its receiver's next "
            "channel. What a provider refuses goes on at once, whatever stands here."
        },
    )

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
    per_minute = fields.Integer(
        strict=True,
        load_default=None,
        allow_none=True,
        validate=validate.Range(1, 1_000_000),
        metadata={"description": "So many of its messages go out in a minute at most, over all workers together."},
    )
    per_hour = fields.Integer(
        strict=True,
        load_default=None,
        allow_none=True,
        validate=validate.Range(1, 60_000_000),
        metadata={"description": "So many in an hour at most."},
    )

    @post_load
    def _limits(self, data: dict[str, Any], **_: Any) -> Limits:
        return Limits(**data)


class VariantSchema(Whole):
    """One of the ways in which a campaign is tried; what is left out is as the campaign says."""

    id = fields.String(required=True, validate=validate.Regexp(VARIANT_ID))
    name = fields.String(load_default="", validate=validate.Length(max=200))
    share = fields.Float(
        required=True,
        validate=validate.Range(0, 100),
        metadata={"description": "In percent of those who are not held out; all shares come to 100."},
    )
    template = fields.String(load_default="", validate=validate.Length(max=64))
    offer = fields.String(load_default="", validate=validate.Length(max=64))
    channels = fields.List(
        fields.String(validate=validate.Length(1, 64)),
        load_default=list,
        validate=validate.Length(max=20),
        metadata={"description": "The only channels it goes by; empty for all that the words are written for."},
    )
    delay_minutes = fields.Integer(
        strict=True,
        load_default=0,
        validate=validate.Range(0, 7 * 24 * 60),
        metadata={"description": "How much later than the campaign it begins."},
    )

    @post_load
    def _variant(self, data: dict[str, Any], **_: Any) -> Variant:
        return Variant(**data)


class ApprovalSchema(Whole):
    """Whether a second key must agree before it goes out, and which has; keys by their ids."""

    required = fields.Boolean(
        load_default=False,
        truthy={True},
        falsy={False},
        metadata={"description": "The shop's `approval_required` asks for it too, whatever stands here."},
    )
    changed_by = fields.String(dump_only=True)
    by = fields.String(
        dump_only=True, metadata={"description": "Empty until somebody has agreed since it was changed."}
    )
    at = Instant(dump_only=True, allow_none=True)

    @post_load
    def _approval(self, data: dict[str, Any], **_: Any) -> Approval:
        return Approval(**data)


class WordsSchema(Strict):
    """The words of a template, in one version."""

    template = fields.String(required=True)
    version = fields.Integer(required=True)


class LoopSchema(Strict):
    """That people were let in no more, since what they were sent brought the trigger about."""

    at = Instant(required=True, metadata={"description": "When that was noticed last."})
    place = fields.String(required=True, metadata={"description": "The field that is to be changed in a copy."})
    reason = fields.String(required=True)


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
    variants = fields.List(
        fields.Nested(VariantSchema),
        load_default=list,
        validate=validate.Length(max=MOST),
        metadata={"description": "Ways to try against each other; each customer is drawn one, always the same."},
    )
    allocation = fields.String(
        load_default="fixed",
        validate=validate.OneOf(["fixed", "bandit"]),
        metadata={"description": "`bandit` moves the shares to what earns more, from one run to the next."},
    )
    shares = fields.Dict(
        keys=fields.String(),
        values=fields.Float(),
        dump_only=True,
        metadata={"description": "What the bandit gives now, in percent, by variant."},
    )
    detect_percent = fields.Float(
        load_default=10.0,
        validate=validate.Range(0, 1000, min_inclusive=False),
        metadata={"description": "The difference worth finding, of what the arm compared with earns a head."},
    )
    limits = fields.Nested(LimitsSchema, load_default=Limits)
    approval = fields.Nested(ApprovalSchema, load_default=Approval)
    steps = fields.List(
        fields.Nested(JourneyStepSchema),
        load_default=list,
        validate=validate.Length(max=MOST_STEPS),
        metadata={"description": "Messages in a row; empty for a single one."},
    )
    journey = fields.Nested(
        JourneyRulesSchema,
        load_default=JourneyRules,
        metadata={"description": "Who may enter again, what ends the steps early, and how often at most."},
    )
    ladder = fields.Nested(
        LadderSchema,
        load_default=None,
        allow_none=True,
        metadata={"description": "Makes a win-back ladder of the variants, from a plain note up; null for none."},
    )
    ends_marketing = fields.Boolean(
        load_default=False,
        truthy={True},
        falsy={False},
        metadata={
            "description": "Who gets to the end of its steps has said no by silence, and gets no more marketing."
        },
    )
    loop = fields.Nested(
        LoopSchema,
        dump_only=True,
        allow_none=True,
        metadata={"description": "That its own messages triggered it, and it was stopped; null where they did not."},
    )
    words = fields.List(
        fields.Nested(WordsSchema),
        attribute="kept",
        dump_only=True,
        metadata={
            "description": "Its words in the versions that were agreed to or launched; a launched one keeps them."
        },
    )
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
    reentry = fields.String(
        required=True,
        validate=validate.OneOf(["always", "left"]),
        metadata={"description": "What `by_trigger` means for a journey that it begins."},
    )
    settings = fields.Dict(required=True, metadata={"description": "JSON schema of its settings."})


class TriggersSchema(Strict):
    """Every kind of trigger."""

    data = fields.List(fields.Nested(TriggerSchema), required=True)


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


class StepForecastSchema(Strict):
    """A step, as far as anybody can know beforehand."""

    step = fields.Integer(required=True, metadata={"description": "Counted from 0."})
    after_minutes = fields.Integer(required=True, metadata={"description": "After the entry, at the earliest."})
    template = fields.String(required=True)
    offer = fields.String(required=True)
    reachable = counts("By channel: whom it could reach of all the audience, before exits and conditions.")


class DryRunSchema(Strict):
    """What launching now would do."""

    audience = fields.Integer(required=True)
    held_out = fields.Integer(required=True)
    arms = counts("By variant, and `holdout`: who would be drawn into which.")
    would_send = counts("By channel.")
    would_wait = counts("By reason.")
    would_skip = counts("By reason.")
    written = fields.Integer(required=True, metadata={"description": "For so many the words were written on trial."})
    unwritable = counts("Of those, by the variable without a value, who would not get it.")
    cost = fields.List(
        fields.Nested(MoneySchema),
        required=True,
        metadata={"description": "What those in `would_send` cost at the providers' prices, by currency, rounded up."},
    )
    cost_estimated = fields.Boolean(
        required=True, metadata={"description": "Segments of text messages were reckoned from those that were written."}
    )
    unpriced = counts("By channel: letters that no price is set for.")
    ladder = fields.Nested(
        LadderForecastSchema,
        required=True,
        allow_none=True,
        metadata={"description": "Of a ladder: who would get which rung, and what it would cost at most."},
    )
    steps = fields.List(fields.Nested(StepForecastSchema), required=True)
    examples = fields.List(fields.Nested(ExampleSchema), required=True)
