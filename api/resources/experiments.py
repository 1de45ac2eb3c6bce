"""Experiments: who is drawn into which arm, and how a bandit moved the shares."""

from functools import partial
from typing import Any

import msgspec
from flask.views import MethodView

from api.auth import scope
from api.blueprint import Blueprint
from api.context import services
from api.paging import paged
from api.schemas.base import Page, PageArgs
from api.schemas.experiments import AllocationSchema, DrawArgs, DrawSchema
from campaigns.experiments.told import decided, told
from common.errors import NotFound

blueprint = Blueprint("experiments", __name__, url_prefix="/v1/campaigns", description="Who is drawn into which arm.")


@blueprint.route("/<campaign_id>/draw")
class CampaignDraw(MethodView):
    """The draw, repeated."""

    @scope("read")
    @blueprint.arguments(DrawArgs, location="query")
    @blueprint.response(200, DrawSchema)
    def get(self, args: dict[str, Any], campaign_id: str) -> dict[str, Any]:
        """Say what a customer is drawn for, which follows from their id alone, and what they were given.

        A ladder chooses, and a bandit moves its shares, so theirs is what is kept of a `run`, or the latest.
        """
        campaign, shop = services().campaigns.get(campaign_id), services().shops.get()
        customer, run = args["customer"], args["run"]
        if run and services().runs.get(run).campaign.id != campaign_id:
            raise NotFound("run", run)
        if campaign.ladder is not None:
            given = decided(services().climbs.page(campaign_id, "", 100, customer=customer), run)
        else:
            given = services().givings.given(campaign_id, customer, run)
        return msgspec.structs.asdict(told(campaign, shop, customer, given))


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
