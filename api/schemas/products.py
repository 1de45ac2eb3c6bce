"""Products, coming in and going out."""

from marshmallow import fields, validate

from api.schemas.base import MoneySchema, PageArgs, ShopId, Strict
from api.schemas.checks import short, url, whole

MAX_LEVELS = 5_000


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


class ProductPageArgs(PageArgs):
    """Which products are wanted."""

    category = short(metadata={"description": "Those under this category."})
    in_stock = fields.Boolean(
        truthy={"true"}, falsy={"false"}, metadata={"description": "Those that can be sold now, or those sold out."}
    )


class StockLevelSchema(Strict):
    """What can be sold of a product now, and what it costs where that changes too."""

    product_id = ShopId(required=True)
    stock = whole(
        0, 10**9, required=True, allow_none=True, metadata={"description": "null where the shop does not count."}
    )
    price = fields.Nested(MoneySchema)


class StockLevelsSchema(Strict):
    """Stock of many products at once. The last of one product counts."""

    items = fields.List(fields.Nested(StockLevelSchema), required=True, validate=validate.Length(1, MAX_LEVELS))


class StockErrorSchema(Strict):
    """An item that changed nothing."""

    index = fields.Integer(required=True, metadata={"description": "Its place among the items, from 0."})
    product_id = fields.String(required=True)
    reason = fields.String(required=True)


class StockTakenSchema(Strict):
    """What became of the items."""

    changed = fields.Integer(required=True, metadata={"description": "Products that are other than before."})
    unchanged = fields.Integer(required=True, metadata={"description": "Products that were so already."})
    errors = fields.List(fields.Nested(StockErrorSchema), required=True)


class ProductRowSchema(Strict):
    """A product as a line of CSV: the columns that an import takes."""

    product_id = fields.String()
    name = fields.String()
    price = fields.String()
    currency = fields.String()
    stock = fields.Integer()
    categories = fields.String()
    image_url = fields.String()
    url = fields.String()
    substitutes = fields.String()
