"""Messages as the API shows them."""

from marshmallow import fields, validate

from api.schemas.base import Instant, PageArgs, ShopId, Strict
from api.schemas.checks import a_channel
from messaging.message import State

ATTRIBUTE_PATTERN = r"^(?!.*__)[A-Za-z][A-Za-z0-9_]{0,63}\Z"
STATES = sorted(state.value for state in State)


class AttemptSchema(Strict):
    """One try to hand a message over; it is written before the provider is asked."""

    channel = fields.String(required=True)
    provider = fields.String(required=True)
    started_at = Instant(required=True)
    ended_at = Instant(required=True, allow_none=True)
    outcome = fields.String(
        required=True,
        metadata={
            "description": "accepted, not_taken, rejected, uncertain, or unsent where a last look said no; "
            "empty while it is open, or where whoever tried was stopped."
        },
    )
    detail = fields.String(required=True, metadata={"description": "The provider's own words."})


class MessageSchema(Strict):
    """A message: where it is in its life, and what led there."""

    id = fields.String(required=True)
    campaign = fields.String(required=True)
    run = fields.String(required=True)
    customer = fields.String(required=True)
    purpose = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(STATES))
    reason = fields.String(required=True, metadata={"description": "Why it is in its state; often empty."})
    state_at = Instant(required=True, allow_none=True)
    channel = fields.String(required=True)
    locale = fields.String(required=True)
    variant = fields.String(required=True)
    planned_at = Instant(required=True, allow_none=True)
    not_before = Instant(required=True)
    expires_at = Instant(required=True)
    provider = fields.String(required=True)
    provider_id = fields.String(required=True, metadata={"description": "The provider's id of it."})
    attempts = fields.List(fields.Nested(AttemptSchema), required=True)


class MessageDataSchema(Strict):
    """What a message is about, for its words: an order is said as `order.…`, a product as `wanted.…`, products as
    `cart.…`, and what stands in `attributes` as `attributes.…`, before the customer's own.
    """

    order = ShopId(metadata={"description": "An order of this customer's."})
    product = ShopId()
    products = fields.List(ShopId(), validate=validate.Length(1, 50))
    attributes = fields.Dict(
        keys=fields.String(validate=validate.Regexp(ATTRIBUTE_PATTERN, error="Not an attribute's name.")),
        values=fields.String(validate=validate.Length(max=500)),
        validate=validate.Length(1, 50),
        metadata={"description": "Texts of this message alone, by a name of letters, digits and _."},
    )


class SingleMessageSchema(Strict):
    """What is to be sent to whom."""

    customer = ShopId(required=True)
    template = ShopId(required=True)
    purpose = fields.String(
        load_default="transactional", validate=validate.OneOf(["marketing", "service", "transactional"])
    )
    offer = fields.String(load_default="", validate=validate.Length(max=64))
    brand = fields.String(load_default="default", validate=validate.Length(1, 64))
    channel = fields.String(
        load_default="",
        validate=a_channel(or_none=True),
        metadata={"description": "Over this one alone; else over theirs, in their order."},
    )
    data = fields.Nested(MessageDataSchema, load_default=dict)


class MessagesArgs(PageArgs):
    """Which messages of a campaign are wanted."""

    state = fields.String(load_default=None, validate=validate.OneOf(STATES))


class ContentSchema(Strict):
    """What a person received, word for word."""

    message = fields.String(required=True)
    channel = fields.String(required=True)
    address = fields.String(required=True)
    parts = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    headers = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    voucher = fields.String(required=True)
    written_at = Instant(required=True)
    state = fields.String(required=True, validate=validate.OneOf(STATES))
