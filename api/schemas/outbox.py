"""Letters in the outbox, going out to whoever looks."""

from marshmallow import fields

from api.schemas.base import Instant, PageArgs, Strict


class OutboxArgs(PageArgs):
    """Which part of the outbox is wanted."""

    channel = fields.String(load_default="", metadata={"description": "One channel only."})


class LetterSchema(Strict):
    """A letter that was kept instead of sent, since its channel has no credentials. `id` is the message's."""

    id = fields.String(required=True)
    channel = fields.String(required=True)
    address = fields.String(required=True)
    name = fields.String(required=True)
    sender = fields.String(required=True)
    sender_name = fields.String(required=True)
    parts = fields.Dict(
        keys=fields.String(), values=fields.String(), required=True, metadata={"description": "subject, text, html."}
    )
    headers = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    at = Instant(required=True)
