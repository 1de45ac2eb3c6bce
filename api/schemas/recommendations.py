"""What is recommended to a customer, going out."""

from marshmallow import fields, validate

from api.schemas.base import Strict
from api.schemas.products import ProductSchema
from content.recommend import SHOWN, Why


class RecommendationArgs(Strict):
    """How many are wanted."""

    limit = fields.Integer(load_default=SHOWN, validate=validate.Range(1, 20))


class RecommendationSchema(Strict):
    """A product in stock, and why it is shown."""

    product = fields.Nested(ProductSchema, required=True)
    why = fields.String(required=True, validate=validate.OneOf([why.value for why in Why]))
    instead_of = fields.String(
        required=True, metadata={"description": "The id of the product that is sold out, where this one stands in."}
    )


class RecommendationsSchema(Strict):
    """The best first."""

    data = fields.List(fields.Nested(RecommendationSchema), required=True)
