"""The shop itself."""

from flask.views import MethodView

from api.auth import scope
from api.blueprint import Blueprint
from api.context import services
from api.etags import etag_headers, expected_version, versioned
from api.schemas.shop import ShopSchema
from common.errors import Invalid
from customers.shop import Shop

blueprint = Blueprint("shop", __name__, url_prefix="/v1/shop", description="What holds for everybody.")

Answer = tuple[Shop, dict[str, str]]


@blueprint.route("")
class ShopItem(MethodView):
    """The one shop of this deployment."""

    @scope("read")
    @versioned
    @blueprint.response(200, ShopSchema)
    def get(self) -> Answer:
        """Read the shop's settings."""
        shop = services().shops.get()
        return shop, etag_headers(shop.version)

    @scope("admin")
    @versioned
    @blueprint.arguments(ShopSchema)
    @blueprint.response(200, ShopSchema)
    def put(self, body: Shop) -> Answer:
        """Set the shop's settings, whole."""
        if "default" not in body.brands:
            raise Invalid.field("brands", "There must be a brand named default.")
        shop = services().shops.put(body, expected_version())
        return shop, etag_headers(shop.version)
