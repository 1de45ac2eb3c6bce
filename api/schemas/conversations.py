"""What was said, going out."""

from marshmallow import fields, validate

from api.schemas.base import Instant, Strict


class AttachmentSchema(Strict):
    """Something sent beside the words, as the provider tells of it; Encore fetches nothing."""

    kind = fields.String(required=True)
    id = fields.String(required=True, metadata={"description": "The provider's own, by which it hands it out."})
    url = fields.String(required=True, metadata={"description": "Where it lies, or `geo:52.52,13.40` for a place."})
    media_type = fields.String(required=True)
    name = fields.String(required=True)


class SaidSchema(Strict):
    """Something said by a customer ("in") or to one ("out"); `keyword` is stop, start or help where it was one."""

    id = fields.String(required=True)
    channel = fields.String(required=True)
    address = fields.String(required=True)
    direction = fields.String(required=True, validate=validate.OneOf(["in", "out"]))
    text = fields.String(required=True)
    keyword = fields.String(required=True)
    attachments = fields.List(fields.Nested(AttachmentSchema), required=True)
    at = Instant(required=True)
