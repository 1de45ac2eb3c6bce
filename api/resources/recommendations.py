"""Products worth showing a customer."""

from typing import Any

from flask.views import MethodView

from api.auth import scope
from api.blueprint import Blueprint
from api.context import services
from api.resources.customers import found
from api.resources.products import shown
from api.schemas.recommendations import RecommendationArgs, RecommendationsSchema

blueprint = Blueprint("recommendations", __name__, url_prefix="/v1/customers", description="What to show to whom.")


@blueprint.route("/<customer_id>/recommendations")
class CustomerRecommendations(MethodView):
    """What is worth showing."""

    @scope("read")
    @blueprint.arguments(RecommendationArgs, location="query")
    @blueprint.response(200, RecommendationsSchema)
    def get(self, args: dict[str, Any], customer_id: str) -> dict[str, Any]:
        """List products in stock that people like this customer buy; where too few are known, best sellers."""
        customer = found(customer_id)
        latest = services().orders.last_of([customer.id])
        bought = {one: [line.product_id for line in order.lines] for one, order in latest.items()}
        recommended = services().recommender.for_people([customer], bought, args["limit"])[customer.id]
        return {
            "data": [
                {"product": shown(one.product), "why": one.why.value, "instead_of": one.instead_of}
                for one in recommended
            ]
        }
