"""What was said, going out."""

from marshmallow import fields, validate

from api.schemas.base import Instant, Strict


class SaidSchema(Strict):
    """Something said by a customer ("in") or to one ("out"); `keyword` is stop, start or help where it was one."""

    id = fields.String(required=True)
    channel = fields.String(required=True)
    address = fields.String(required=True)
    direction = fields.String(required=True, validate=validate.OneOf(["in", "out"]))
    text = fields.String(required=True)
    keyword = fields.String(required=True)
    at = Instant(required=True)
