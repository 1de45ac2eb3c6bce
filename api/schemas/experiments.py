"""What is drawn for whom, and what bandits gave, going out."""

from marshmallow import fields, validate

from api.schemas.base import Instant, ShopId, Strict


class DrawArgs(Strict):
    """Whose draw, and what of which run they were given; of all where none is named."""

    customer = ShopId(required=True)
    run = fields.String(load_default="", validate=validate.Length(max=64))


class ArmGivenSchema(Strict):
    """What a run gave a customer."""

    run = fields.String(required=True)
    at = Instant(required=True)
    variant = fields.String(
        required=True, metadata={"description": "Its id, `treated` without any, `holdout`, or empty for nothing."}
    )
    reason = fields.String(required=True, metadata={"description": "A ladder's, or why a message was not sent."})


class DrawSchema(Strict):
    """What the draw says of a customer, the same every time, in the audience or not; and what they were given."""

    customer = fields.String(required=True)
    held_out_of_all = fields.Boolean(required=True, metadata={"description": "Gets no marketing of the shop at all."})
    held_out = fields.Boolean(required=True, metadata={"description": "Gets nothing of this campaign."})
    arm = fields.String(
        required=True,
        validate=validate.OneOf(["", "holdout", "treated"]),
        metadata={"description": "What is drawn in every campaign; empty for who gets no marketing at all."},
    )
    variant = fields.String(
        required=True,
        metadata={"description": "The one that is drawn; where it is not `drawn`, the one that they were given last."},
    )
    drawn = fields.Boolean(
        required=True, metadata={"description": "Whether the variant follows from the draw and can be drawn again."}
    )
    why = fields.String(required=True, metadata={"description": "Why it does not; empty where it does."})
    given = fields.List(
        fields.Nested(ArmGivenSchema), required=True, metadata={"description": "Run by run, the latest first."}
    )


class AllocationArmSchema(Strict):
    """What a variant had earned when its share was set, money in minor units."""

    customers = fields.Integer(required=True)
    buyers = fields.Integer(required=True)
    revenue = fields.Integer(required=True)
    cost = fields.Integer(required=True)


class AllocationSchema(Strict):
    """The shares that a bandit gave from a moment on, and what it went by."""

    id = fields.String(required=True)
    at = Instant(required=True)
    shares = fields.Dict(keys=fields.String(), values=fields.Float(), required=True)
    arms = fields.Dict(keys=fields.String(), values=fields.Nested(AllocationArmSchema), required=True)
