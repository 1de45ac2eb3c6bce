"""What the shop's site saw, coming in."""

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from api.schemas.base import Each, Instant, ShopId, Strict
from customers.behaviour import TYPE_PATTERN

MAX_EVENTS = 1_000


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
    at = Instant(metadata={"description": "Now if left out. Late ones may come in any order."})
    data = fields.Dict(
        load_default=dict,
        metadata={
            "description": "At most 4 deep and 8,192 bytes. A view names its `product_id`; a cart its `lines`, each "
            "with a `product_id`: an empty list says that the cart was emptied."
        },
    )


class SiteEventsSchema(Strict):
    """One event, or `events` by the batch: what is wrong with one of a batch does not hold up the others."""

    events = Each(fields.Nested(SiteEventSchema), validate=validate.Length(1, MAX_EVENTS))
    id = fields.String(validate=validate.Length(max=200))
    type = fields.String(
        validate=validate.Regexp(TYPE_PATTERN.removesuffix("$") + r"\Z"), metadata={"pattern": TYPE_PATTERN}
    )
    customer = ShopId()
    at = Instant()
    data = fields.Dict()

    @validates_schema
    def _one_or_many(self, data: dict[str, Any], **_: Any) -> None:
        if "events" in data and len(data) > 1:
            raise ValidationError("Send one event, or `events`, not both.", "events")
        if "events" not in data:
            for name in ("type", "customer"):
                if name not in data:
                    raise ValidationError("Missing data for required field.", name)


class EventErrorSchema(Strict):
    """An event that was not kept."""

    index = fields.Integer(required=True, metadata={"description": "Its place in the batch, from 0."})
    errors = fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.String()),
        required=True,
        metadata={"description": "What is wrong, by field."},
    )


class TakenSchema(Strict):
    """What became of the events."""

    accepted = fields.Integer(required=True, metadata={"description": "Kept now."})
    duplicates = fields.Integer(required=True, metadata={"description": "Known already, or twice in the batch."})
    errors = fields.List(fields.Nested(EventErrorSchema), required=True)
