"""Who is on the way through a campaign, who has come to its end, and how."""

from functools import partial
from typing import Any

import msgspec
from flask import Response
from flask.views import MethodView

from api import csv
from api.auth import scope
from api.blueprint import Blueprint
from api.context import services
from api.paging import paged
from api.schemas.base import Page
from api.schemas.journeys import JourneysArgs, JourneySchema, RefusalsArgs, RefusalSchema
from campaigns.journey import Journey

blueprint = Blueprint("journeys", __name__, url_prefix="/v1/campaigns", description="People on their way.")

COLUMNS = [
    "id", "customer", "state", "why", "number", "step", "due_at", "message", "entered_at", "ended_at",
]  # fmt: skip
REFUSED = ["id", "customer", "key", "at", "reason"]


@blueprint.route("/<campaign_id>/journeys")
class CampaignJourneys(MethodView):
    """People on their way through a campaign."""

    @scope("read")
    @blueprint.arguments(JourneysArgs, location="query")
    @blueprint.response(200, Page(JourneySchema))
    @blueprint.doc(responses=csv.RESPONSES)
    def get(self, args: dict[str, Any], campaign_id: str) -> dict[str, Any] | Response:
        """List journeys in the order of ids; with `Accept: text/csv`, all those after `after` in one file."""
        campaign = services().campaigns.get(campaign_id)
        fetch = partial(services().journeys.of_campaign, campaign.id, state=args["state"], why=args["why"])
        if csv.is_wanted():
            return csv.answer("journeys", COLUMNS, map(shown, fetch(args["after"], 0)))
        return paged(lambda after, limit: [shown(one) for one in fetch(after, limit)], args, lambda one: one["id"])


@blueprint.route("/<campaign_id>/refusals")
class CampaignRefusals(MethodView):
    """Occasions that let nobody into a campaign."""

    @scope("read")
    @blueprint.arguments(RefusalsArgs, location="query")
    @blueprint.response(200, Page(RefusalSchema))
    @blueprint.doc(responses=csv.RESPONSES)
    def get(self, args: dict[str, Any], campaign_id: str) -> dict[str, Any] | Response:
        """List what let nobody in, and why, for half a year; with `Accept: text/csv`, all after `after` in one file."""
        campaign = services().campaigns.get(campaign_id)
        fetch = partial(services().refusals.of_campaign, campaign.id, reason=args["reason"], customer=args["customer"])
        if csv.is_wanted():
            return csv.answer("refusals", REFUSED, map(msgspec.structs.asdict, fetch(args["after"], 0)))
        return paged(lambda after, limit: list(fetch(after, limit)), args)


def shown(journey: Journey) -> dict[str, Any]:
    """A journey as the API shows it."""
    told = msgspec.structs.asdict(journey)
    return {name: told[name] for name in COLUMNS}
