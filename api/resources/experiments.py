"""Experiments: who is drawn into which arm, and how a bandit moved the shares."""

from functools import partial
from typing import Any

from flask.views import MethodView

from api.auth import scope
from api.blueprint import Blueprint
from api.context import services
from api.paging import paged
from api.schemas.base import Page, PageArgs
from api.schemas.experiments import AllocationSchema, DrawArgs, DrawSchema
from campaigns.experiments.draw import held_out, held_out_of_all
from campaigns.experiments.variants import drawn

blueprint = Blueprint("experiments", __name__, url_prefix="/v1/campaigns", description="Who is drawn into which arm.")


@blueprint.route("/<campaign_id>/draw")
class CampaignDraw(MethodView):
    """The draw, repeated."""

    @scope("read")
    @blueprint.arguments(DrawArgs, location="query")
    @blueprint.response(200, DrawSchema)
    def get(self, args: dict[str, Any], campaign_id: str) -> dict[str, Any]:
        """Say what a customer is drawn for: it follows from their id alone and can be checked at any time."""
        campaign, shop = services().campaigns.get(campaign_id), services().shops.get()
        customer = args["customer"]
        fixed = campaign.variants if campaign.allocation == "fixed" else []
        variant = drawn(campaign.id, customer, fixed, {})
        return {
            "customer": customer,
            "held_out_of_all": campaign.purpose == "marketing"
            and held_out_of_all(shop.holdout_draw, customer, shop.holdout_percent),
            "held_out": held_out(campaign.id, customer, campaign.holdout_percent),
            "variant": variant.id if variant else "",
        }


@blueprint.route("/<campaign_id>/allocations")
class CampaignAllocations(MethodView):
    """What a bandit gave."""

    @scope("read")
    @blueprint.arguments(PageArgs, location="query")
    @blueprint.response(200, Page(AllocationSchema))
    def get(self, args: dict[str, Any], campaign_id: str) -> dict[str, Any]:
        """List how the shares were moved, the oldest first, each with the sums that moved them."""
        services().campaigns.get(campaign_id)
        return paged(partial(services().allocations.page, campaign_id), args)
