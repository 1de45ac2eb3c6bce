"""The channels there are, and what each takes."""

from marshmallow import fields

from api.schemas.base import Strict


class ChannelProviderSchema(Strict):
    """A provider of a channel."""

    name = fields.String(required=True)
    configured = fields.Boolean(required=True, metadata={"description": "Whether its settings are there."})
    promise = fields.String(
        required=True,
        metadata={"description": "Of a letter handed over twice: blind, idempotent (taken once) or lookup (can say)."},
    )
    reports = fields.List(fields.String(), required=True, metadata={"description": "Receipts that it always sends."})


class ContentPartSchema(Strict):
    """A part that a channel's content has."""

    name = fields.String(required=True)
    required = fields.Boolean(required=True)
    longest = fields.Integer(
        required=True, allow_none=True, metadata={"description": "The most characters that it may come out with."}
    )


class ChannelSchema(Strict):
    """A channel."""

    name = fields.String(required=True)
    outbox = fields.Boolean(
        required=True, metadata={"description": "Whether messages are kept and sent nowhere, for want of settings."}
    )
    providers = fields.List(fields.Nested(ChannelProviderSchema), required=True)
    parts = fields.List(fields.Nested(ContentPartSchema), required=True)
