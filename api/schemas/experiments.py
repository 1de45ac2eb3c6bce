"""What is drawn for whom, and what bandits gave, going out."""

from marshmallow import fields

from api.schemas.base import Instant, ShopId, Strict


class DrawArgs(Strict):
    """Whose draw."""

    customer = ShopId(required=True)


class DrawSchema(Strict):
    """What the draw says of a customer; the same every time, whether or not they are in the audience."""

    customer = fields.String(required=True)
    held_out_of_all = fields.Boolean(required=True, metadata={"description": "Gets no marketing of the shop at all."})
    held_out = fields.Boolean(required=True, metadata={"description": "Gets nothing of this campaign."})
    variant = fields.String(
        required=True,
        metadata={"description": "Empty without variants, and under a bandit, whose shares move from run to run."},
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
