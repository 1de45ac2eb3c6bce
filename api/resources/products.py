"""Products: what the shop sells, at what price, and whether it is there."""

from typing import Any

import msgspec
from flask.views import MethodView

from api.auth import scope
from api.blueprint import Blueprint
from api.context import services
from api.etags import etag_headers, expected_version, versioned
from api.paging import paged
from api.schemas.base import Page, PageArgs
from api.schemas.products import ProductBodySchema, ProductSchema
from common.errors import NotFound
from customers.catalogue import Product

blueprint = Blueprint("products", __name__, url_prefix="/v1/products", description="What the shop sells.")

Answer = tuple[dict[str, Any], dict[str, str]]


def shown(product: Product) -> dict[str, Any]:
    """A product as the API shows it."""
    return msgspec.structs.asdict(product) | {"price": {"amount": product.price, "currency": product.currency}}


def answer(product: Product) -> Answer:
    """A product with its ETag."""
    return shown(product), etag_headers(product.version)


@blueprint.route("")
class ProductList(MethodView):
    """All products."""

    @scope("read")
    @blueprint.arguments(PageArgs, location="query")
    @blueprint.response(200, Page(ProductSchema))
    def get(self, args: dict[str, Any]) -> dict[str, Any]:
        """List products in the order of their ids."""
        page = paged(services().products.page, args)
        return page | {"data": [shown(product) for product in page["data"]]}


@blueprint.route("/<product_id>")
class ProductItem(MethodView):
    """One product."""

    @scope("read")
    @versioned
    @blueprint.response(200, ProductSchema)
    def get(self, product_id: str) -> Answer:
        """Read a product."""
        product = services().products.get([product_id]).get(product_id)
        if product is None:
            raise NotFound("product", product_id)
        return answer(product)

    @scope("ingest")
    @versioned
    @blueprint.arguments(ProductBodySchema)
    @blueprint.response(200, ProductSchema)
    def put(self, body: dict[str, Any], product_id: str) -> Answer:
        """Keep a product."""
        price = body.pop("price")
        product = Product(id=product_id, price=price.amount, currency=price.currency, **body)
        return answer(services().products.put(product, expected_version()))
