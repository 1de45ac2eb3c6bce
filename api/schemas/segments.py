"""Segments, their members and reasons, coming in and going out."""

from typing import Any

from marshmallow import fields, validate

from api.schemas.base import Instant, MoneySchema, PageArgs, ShopId, Strict
from customers.addresses import CHANNELS
from segments.rfm import CELLS

EXAMPLE = {"all": [{"rule": "profile_orders", "at_least": 2}, {"rule": "days_since_last_order", "at_least": 90}]}


class Rules(fields.Dict):
    """A tree of rules."""

    def __init__(self, **settings: Any) -> None:
        about = 'A tree: `{"all": [...]}`, `{"any": [...]}`, `{"not": {...}}` or `{"rule": "...", ...}`; '
        about += "`GET /v1/segments/rules` lists the rules with their settings."
        super().__init__(keys=fields.String(), metadata={"description": about, "example": EXAMPLE}, **settings)


class RulesSchema(Strict):
    """Rules to try."""

    rules = Rules(required=True)


class SegmentBodySchema(RulesSchema):
    """A segment as it is written."""

    name = fields.String(required=True, validate=validate.Length(1, 200))
    description = fields.String(load_default="", validate=validate.Length(max=2_000))
    tracked = fields.Boolean(
        load_default=False,
        metadata={"description": "Whether a snapshot is taken every day, and triggers are told who came and went."},
    )


class NewSegmentSchema(SegmentBodySchema):
    """A new segment; its id is made where none is given."""

    id = ShopId()


class SegmentSchema(SegmentBodySchema):
    """A segment as it is kept."""

    id = ShopId(required=True)
    version = fields.Integer(required=True)
    created_at = Instant(required=True)
    updated_at = Instant(required=True)


class ReadyMadeSchema(RulesSchema):
    """A proposal for a segment: keep it as it is, or copy its rules and change them."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    description = fields.String(required=True)


class ReadyMadeCopySchema(Strict):
    """What a segment made from a proposal is called; as the proposal is, where nothing is given."""

    id = ShopId()
    name = fields.String(validate=validate.Length(1, 200))
    tracked = fields.Boolean(load_default=False)


class ReadyMadeListSchema(Strict):
    """All proposals."""

    data = fields.List(fields.Nested(ReadyMadeSchema), required=True)


class MemberSchema(Strict):
    """A customer with the facts that segments are mostly about."""

    id = fields.String(required=True)
    first_name = fields.String(required=True)
    last_name = fields.String(required=True)
    locale = fields.String(required=True)
    country = fields.String(required=True)
    preferred_channel = fields.String(required=True)
    orders = fields.Integer(required=True)
    last_order_at = Instant(required=True, allow_none=True)
    usual_gap_days = fields.Float(required=True, allow_none=True)
    cell = fields.String(required=True, metadata={"description": "By recency, frequency and money; empty if unscored."})


class SegmentPreviewSchema(Strict):
    """Whom rules would address now."""

    count = fields.Integer(required=True)
    sample = fields.List(fields.Nested(MemberSchema), required=True)
    milliseconds = fields.Float(required=True, metadata={"description": "What the count took in the database."})
    uses_index = fields.Boolean(required=True, metadata={"description": "Whether an index finds all who match."})
    notes = fields.List(
        fields.String(),
        required=True,
        metadata={"description": "The rules that every customer is looked at for, where no index finds all who match."},
    )


class ExplainArgs(Strict):
    """About whom."""

    customer = ShopId(required=True)


class ExplainedSchema(Strict):
    """A node of the tree with its verdict; for a rule, what it looked at, in words."""

    node = fields.String(required=True, validate=validate.OneOf(["all", "any", "not", "rule"]))
    verdict = fields.Boolean(required=True)
    rule = fields.String(required=True)
    summary = fields.String(required=True)
    settings = fields.Dict(keys=fields.String(), required=True)
    value = fields.String(required=True)
    index = fields.String(
        required=True, metadata={"description": "The index that finds whom a rule holds for, if any."}
    )
    parts = fields.List(fields.Nested(lambda: ExplainedSchema()), required=True)


class RuleSchema(Strict):
    """A rule of the grammar; `settings` is the JSON schema of what stands beside `rule`."""

    rule = fields.String(required=True)
    group = fields.String(required=True, metadata={"description": "The heading of a form that it stands under."})
    summary = fields.String(required=True)
    index = fields.String(
        required=True, metadata={"description": "What finds whom its first example holds for, if any."}
    )
    settings = fields.Dict(keys=fields.String(), required=True)
    examples = fields.List(fields.Dict(keys=fields.String()), required=True)


class RuleListSchema(Strict):
    """The grammar."""

    nodes = fields.List(fields.String(), required=True)
    data = fields.List(fields.Nested(RuleSchema), required=True)


class CellSchema(Strict):
    """How many customers are in a cell."""

    cell = fields.String(required=True, validate=validate.OneOf(CELLS))
    customers = fields.Integer(required=True)


class CellListSchema(Strict):
    """Every cell, as last refreshed."""

    data = fields.List(fields.Nested(CellSchema), required=True)


class RefreshSchema(Strict):
    """Whether a worker was told; if not, the next nightly refresh does it."""

    queued = fields.Boolean(required=True)


class OverlapArgs(Strict):
    """With which other segment."""

    other = ShopId(required=True, data_key="with")


class OverlapSchema(Strict):
    """How much two segments have in common."""

    segment = fields.String(required=True)
    other = fields.String(required=True, data_key="with")
    size = fields.Integer(required=True)
    other_size = fields.Integer(required=True, data_key="with_size")
    both = fields.Integer(required=True)
    only_one = fields.Integer(required=True, data_key="only", metadata={"description": "In this one alone."})
    only_other = fields.Integer(
        required=True, data_key="only_with", metadata={"description": "In the other one alone."}
    )
    jaccard = fields.Float(required=True, metadata={"description": "In both, of those in either: 0 to 1."})


class CostArgs(Strict):
    """How long a text message would be."""

    sms_parts = fields.Integer(load_default=1, validate=validate.Range(1, 10))


class ChannelCostSchema(Strict):
    """Whom a channel reaches, and whom not and why."""

    channel = fields.String(required=True, validate=validate.OneOf(CHANNELS))
    reachable = fields.Integer(required=True)
    no_address = fields.Integer(required=True)
    said_no = fields.Integer(required=True)
    never_said_yes = fields.Integer(required=True)
    suppressed = fields.Integer(required=True)
    estimated = fields.Boolean(
        required=True, metadata={"description": "Whether the suppressed were counted among some drawn by chance."}
    )
    cost = fields.Nested(
        MoneySchema,
        required=True,
        allow_none=True,
        metadata={"description": "By the providers' prices, or else ENCORE_SMS_PART_PRICE; null where there is none."},
    )


class CostSchema(Strict):
    """What a message to everybody in a segment would cost."""

    audience = fields.Integer(required=True)
    unreachable = fields.Integer(required=True, metadata={"description": "Those whom no channel reaches."})
    channels = fields.List(fields.Nested(ChannelCostSchema), required=True)


class SnapshotSchema(Strict):
    """A segment at an instant; at a baseline nobody came or went, it was only looked."""

    number = fields.Integer(required=True)
    at = Instant(required=True)
    size = fields.Integer(required=True)
    entered = fields.Integer(required=True)
    left = fields.Integer(required=True)
    baseline = fields.Boolean(required=True)


class MovesArgs(PageArgs):
    """Of which snapshot, and which way."""

    number = fields.Integer(
        load_default=None,
        allow_none=True,
        validate=validate.Range(1, 10**9),
        metadata={"description": "The snapshot's number; the latest unless given."},
    )
    what = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(["entered", "left"]))


class MoveSchema(Strict):
    """Somebody came or went."""

    customer = fields.String(required=True)
    what = fields.String(required=True, validate=validate.OneOf(["entered", "left"]))
    at = Instant(required=True)
