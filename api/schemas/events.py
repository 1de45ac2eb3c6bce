"""What the shop's site saw, coming in."""

from marshmallow import fields, validate

from api.schemas.base import Instant, ShopId, Strict
from customers.behaviour import TYPE_PATTERN

MAX_EVENTS = 500


class SiteEventSchema(Strict):
    """Something that a customer did; `cart_updated`, `product_viewed`, or a name of the shop's own."""

    id = fields.String(
        load_default="",
        validate=validate.Length(max=200),
        metadata={"description": "The shop's own id of it: sent twice, it is one. Without one, all it says tells."},
    )
    type = fields.String(
        required=True,
        validate=validate.Regexp(TYPE_PATTERN.removesuffix("$") + r"\Z"),
        metadata={"pattern": TYPE_PATTERN},
    )
    customer = ShopId(required=True)
    at = Instant(metadata={"description": "Now if left out."})
    data = fields.Dict(load_default=dict, metadata={"description": "At most 4 deep and 8,192 bytes."})


class SiteEventsSchema(Strict):
    """Events by the batch: all of them are kept, or none."""

    events = fields.List(fields.Nested(SiteEventSchema), required=True, validate=validate.Length(1, MAX_EVENTS))


class TakenSchema(Strict):
    """How many were kept."""

    accepted = fields.Integer(required=True)
