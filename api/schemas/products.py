"""Products, coming in and going out."""

from marshmallow import fields, validate

from api.schemas.base import MoneySchema, ShopId, Strict
from api.schemas.checks import short, url, whole


class ProductBodySchema(Strict):
    """A product as the shop gives it, whole."""

    name = fields.String(required=True, validate=validate.Length(1, 200))
    price = fields.Nested(MoneySchema, required=True)
    stock = whole(
        0,
        10**9,
        load_default=None,
        allow_none=True,
        metadata={"description": "How many can be sold now; null where the shop does not count."},
    )
    categories = fields.List(short(), load_default=list, validate=validate.Length(max=50))
    image_url = url(load_default="")
    url = url(load_default="")
    substitutes = fields.List(
        ShopId(),
        load_default=list,
        validate=validate.Length(max=20),
        metadata={"description": "Ids of products to offer instead, the best first."},
    )


class ProductSchema(ProductBodySchema):
    """A product as it is kept."""

    id = fields.String(required=True)
    version = fields.Integer(required=True)
