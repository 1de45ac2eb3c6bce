"""Segments, their members and reasons, coming in and going out."""

from typing import Any

from marshmallow import fields, validate

from api.schemas.base import Instant, ShopId, Strict
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


class NewSegmentSchema(SegmentBodySchema):
    """A new segment; its id is made where none is given."""

    id = ShopId()


class SegmentSchema(SegmentBodySchema):
    """A segment as it is kept."""

    id = ShopId(required=True)
    version = fields.Integer(required=True)
    created_at = Instant(required=True)
    updated_at = Instant(required=True)


class ReadyMadeSchema(SegmentBodySchema):
    """A proposal for a segment: copy its rules."""

    id = fields.String(required=True)


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
    parts = fields.List(fields.Nested(lambda: ExplainedSchema()), required=True)


class RuleSchema(Strict):
    """A rule of the grammar; `settings` is the JSON schema of what stands beside `rule`."""

    rule = fields.String(required=True)
    summary = fields.String(required=True)
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
