"""How far a campaign is, going out."""

from marshmallow import fields

from api.schemas.base import Instant, Strict


class ProgressSchema(Strict):
    """The campaign's unfinished runs, or its latest where all are finished."""

    campaign = fields.String(required=True)
    state = fields.String(required=True)
    at = Instant(required=True)
    planning = fields.Boolean(required=True, metadata={"description": "While it is, `planned` grows."})
    planned = fields.Integer(required=True)
    states = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    open = fields.Integer(required=True, metadata={"description": "Messages that are still to be worked on."})
    done = fields.Integer(required=True)
    per_second = fields.Float(
        required=True,
        metadata={"description": "Messages that came to rest, in the last minute that somebody watched, or at all."},
    )
    seconds_left = fields.Float(
        required=True, allow_none=True, metadata={"description": "At that speed; null where nothing moves."}
    )
    no_receipt = fields.Integer(
        required=True, metadata={"description": "Accepted 72 hours ago or more, and nothing was heard of them since."}
    )
