"""Before a launch: the checklist, a second key's approval, and who did what to a campaign."""

from typing import Any

from flask.views import MethodView

from api.auth import scope
from api.blueprint import Blueprint
from api.context import caller, services
from api.etags import etag_headers, expected_version, versioned
from api.paging import paged
from api.schemas.base import Page, PageArgs
from api.schemas.campaigns import CampaignSchema
from api.schemas.launching import CampaignChangeSchema, ChecklistSchema
from campaigns.campaign import Campaign
from campaigns.checklist import Checklist
from common.errors import Invalid

blueprint = Blueprint("launching", __name__, url_prefix="/v1/campaigns", description="Before a campaign goes out.")


@blueprint.route("/<campaign_id>/checklist")
class CampaignChecklist(MethodView):
    """What a careful person looks at."""

    @scope("read")
    @blueprint.response(200, ChecklistSchema)
    def get(self, campaign_id: str) -> Checklist:
        """Look at everything before a launch: words, offer, budget, stock, segment, sender, address, consent, holdout.

        Each is `ok`, `warn` or `stop`; a stop holds the launch up, unless it is overridable and named there.
        """
        return services().clearing.checklist(services().campaigns.get(campaign_id))


@blueprint.route("/<campaign_id>/approve")
class CampaignApprove(MethodView):
    """A second key's agreement."""

    @scope("campaigns")
    @versioned
    @blueprint.response(200, CampaignSchema)
    def post(self, campaign_id: str) -> tuple[Campaign, dict[str, str]]:
        """Agree to a draft as it stands, by another key than the one that changed it last (409, `same_key`).

        Any change to the campaign, or to its words, voids it.
        """
        approved = services().approving.approve(campaign_id, caller().id, expected_version())
        return approved, etag_headers(approved.version)


@blueprint.route("/<campaign_id>/changes")
class CampaignChanges(MethodView):
    """Who did what."""

    @scope("read")
    @blueprint.arguments(PageArgs, location="query")
    @blueprint.response(200, Page(CampaignChangeSchema))
    def get(self, args: dict[str, Any], campaign_id: str) -> dict[str, Any]:
        """List who made, changed, approved, launched, paused and ended it, and what was overridden; the first first."""
        after = args["after"]
        if after and not (after.isascii() and after.isdigit() and len(after) < 10):
            raise Invalid.field("after", "Not the `next` of a page.")
        found = services().campaigns.changes
        return paged(
            lambda _, limit: found(campaign_id, int(after or 0), limit), args, cursor=lambda one: str(one.version)
        )
