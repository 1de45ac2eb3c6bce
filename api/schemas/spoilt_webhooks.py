"""Webhooks that were set aside, going out to whoever looks after them."""

from marshmallow import fields

from api.schemas.base import Instant, Strict


class SpoiltWebhookSchema(Strict):
    """A verified webhook that could not be read or applied. What it says is not shown: it may name people."""

    id = fields.String(required=True, metadata={"description": "As the log names it (`webhook.spoilt`)."})
    provider = fields.String(required=True)
    at = Instant(required=True, metadata={"description": "When it came in."})
    reason = fields.String(required=True, metadata={"description": "What went wrong, in the program's own words."})
