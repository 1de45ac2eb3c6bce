"""Products: what the shop sells, at what price, and whether it is there."""

from decimal import Decimal
from typing import Any

import msgspec
from babel.numbers import get_currency_precision
from flask import Response
from flask.views import MethodView

from api import csv
from api.auth import scope
from api.blueprint import Blueprint
from api.context import services
from api.etags import etag_headers, expected_version, versioned
from api.paging import paged
from api.schemas.base import Page
from api.schemas.products import (
    ProductBodySchema,
    ProductPageArgs,
    ProductRowSchema,
    ProductSchema,
    StockLevelsSchema,
    StockTakenSchema,
)
from common.errors import NotFound
from customers.catalogue import Product, StockLevel

blueprint = Blueprint("products", __name__, url_prefix="/v1/products", description="What the shop sells.")

Answer = tuple[dict[str, Any], dict[str, str]]


def shown(product: Product) -> dict[str, Any]:
    """A product as the API shows it."""
    return msgspec.structs.asdict(product) | {"price": {"amount": product.price, "currency": product.currency}}


def row(product: Product) -> dict[str, Any]:
    """A product as a line of CSV, which can be imported again."""
    return msgspec.structs.asdict(product) | {
        "product_id": product.id,
        "price": _decimal(product.price, product.currency),
        "categories": ";".join(product.categories),
        "substitutes": ";".join(product.substitutes),
    }


def _decimal(amount: int, currency: str) -> str:
    """Minor units as people write them, and imports read them: 1250 EUR is 12.50."""
    return f"{Decimal(amount).scaleb(-get_currency_precision(currency)):f}"


def answer(product: Product) -> Answer:
    """A product with its ETag."""
    return shown(product), etag_headers(product.version)


@blueprint.route("")
class ProductList(MethodView):
    """All products."""

    @scope("read")
    @blueprint.arguments(ProductPageArgs, location="query")
    @blueprint.response(200, Page(ProductSchema))
    @blueprint.doc(responses=csv.RESPONSES)
    def get(self, args: dict[str, Any]) -> dict[str, Any] | Response:
        """List products in the order of their ids; with `Accept: text/csv`, all those after `after` in one file."""
        products, wanted = services().products, (args.get("category"), args.get("in_stock"))
        if csv.is_wanted():
            rows = (row(product) for product in products.stream(args["after"], *wanted))
            return csv.answer("products", list(ProductRowSchema._declared_fields), rows)

        page = paged(lambda after, limit: products.page(after, limit, *wanted), args)
        return page | {"data": [shown(product) for product in page["data"]]}


@blueprint.route("/stock")
class ProductStock(MethodView):
    """What can be sold, of many products at once."""

    @scope("ingest")
    @blueprint.arguments(StockLevelsSchema)
    @blueprint.response(200, StockTakenSchema)
    def post(self, body: dict[str, Any]) -> dict[str, Any]:
        """Set stock, and prices where they are given. Unknown products are reported by item; the others go in."""
        levels = [StockLevel(**item) for item in body["items"]]
        changed, unknown = services().products.set_stock(levels)
        missing = set(unknown)
        errors = [
            {"index": index, "product_id": level.product_id, "reason": "There is no such product."}
            for index, level in enumerate(levels)
            if level.product_id in missing
        ]
        known = {level.product_id for level in levels} - missing
        return {"changed": changed, "unchanged": len(known) - changed, "errors": errors}


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
