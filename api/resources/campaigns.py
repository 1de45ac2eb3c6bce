"""Campaigns: set up, launched, paused, ended."""

from functools import partial
from typing import Any

import msgspec
from flask import Response, request
from flask.views import MethodView

from api.auth import scope
from api.blueprint import Blueprint
from api.context import caller, services
from api.etags import etag_headers, expected_version, versioned
from api.paging import paged
from api.schemas.base import Page, PageArgs
from api.schemas.campaigns import CampaignSchema, DryRunSchema, TriggersSchema
from api.schemas.launching import LaunchSchema
from api.schemas.progress import ProgressSchema
from campaigns.campaign import Campaign
from campaigns.progress import Doors, stream
from campaigns.trigger import kinds
from common.errors import Denied
from common.ids import new_id

blueprint = Blueprint("campaigns", __name__, url_prefix="/v1/campaigns", description="Who gets what, and when.")

Answer = tuple[Campaign, dict[str, str]]
EVENTS = "text/event-stream"
# Streams that one process serves at once; each holds one of its threads, of which the others' requests need some.
DOORS = Doors(2)


def answer(campaign: Campaign) -> Answer:
    """A campaign with its ETag."""
    return campaign, etag_headers(campaign.version)


@blueprint.route("")
class CampaignList(MethodView):
    """All campaigns."""

    @scope("read")
    @blueprint.arguments(PageArgs, location="query")
    @blueprint.response(200, Page(CampaignSchema))
    def get(self, args: dict[str, Any]) -> dict[str, Any]:
        """List the campaigns in the order they were made."""
        return paged(services().campaigns.page, args)

    @scope("campaigns")
    @blueprint.arguments(CampaignSchema)
    @blueprint.response(201, CampaignSchema)
    def post(self, body: dict[str, Any]) -> Answer:
        """Set up a campaign as a draft."""
        campaign = Campaign(id=new_id(), **body)
        services().launcher.check(campaign)
        return answer(services().campaigns.save(campaign, by=caller().id))


@blueprint.route("/triggers")
class TriggerList(MethodView):
    """What can trigger a campaign."""

    @scope("read")
    @blueprint.response(200, TriggersSchema)
    def get(self) -> dict[str, Any]:
        """List the kinds of trigger with the schemas of their settings."""
        return {
            "data": [
                {
                    "kind": kind.name,
                    "summary": kind.summary,
                    "event": kind.event,
                    "reentry": "always" if kind.each_counts else "left",
                    "settings": msgspec.json.schema(kind.Settings),
                }
                for kind in kinds().values()
            ]
        }


@blueprint.route("/<campaign_id>")
class CampaignItem(MethodView):
    """One campaign."""

    @scope("read")
    @versioned
    @blueprint.response(200, CampaignSchema)
    def get(self, campaign_id: str) -> Answer:
        """Read a campaign."""
        return answer(services().campaigns.get(campaign_id))

    @scope("campaigns")
    @versioned
    @blueprint.arguments(CampaignSchema(partial=True))
    @blueprint.response(200, CampaignSchema)
    def patch(self, body: dict[str, Any], campaign_id: str) -> Answer:
        """Change a draft."""
        current = services().campaigns.get(campaign_id)
        changed = msgspec.structs.replace(current, **body)
        # Whoever may not launch it alone may not say that they may.
        if current.approval.required and not changed.approval.required and not caller().may("admin"):
            raise Denied("admin")
        services().launcher.check(changed)
        return answer(services().campaigns.save(changed, expected_version(), caller().id))

    @scope("campaigns")
    @blueprint.response(204)
    def delete(self, campaign_id: str) -> None:
        """Remove a draft."""
        services().campaigns.delete(campaign_id)


@blueprint.route("/<campaign_id>/launch")
class CampaignLaunch(MethodView):
    """Launching."""

    @scope("campaigns")
    @blueprint.arguments(LaunchSchema)
    @blueprint.response(202, CampaignSchema)
    def post(self, body: dict[str, Any], campaign_id: str) -> Answer:
        """Let a draft go: now, or from now on by its schedule or its event.

        409 where a second key's approval is wanting (`approval_missing`, `approval_void`), or the checklist says stop
        (`checklist`) and the body's `override` does not name it.
        """
        return answer(services().launcher.launch(campaign_id, caller().id, body["override"]))


@blueprint.route("/<campaign_id>/dry-run")
class CampaignDryRun(MethodView):
    """Rehearsing."""

    @scope("campaigns")
    @blueprint.response(200, DryRunSchema)
    def post(self, campaign_id: str) -> dict[str, Any]:
        """Say who would get it if it were launched now, who not, and why; nothing is sent and no code made."""
        return msgspec.structs.asdict(services().rehearsal.dry_run(services().campaigns.get(campaign_id)))


@blueprint.route("/<campaign_id>/pause")
class CampaignPause(MethodView):
    """Pausing."""

    @scope("campaigns")
    @blueprint.response(200, CampaignSchema)
    def post(self, campaign_id: str) -> Answer:
        """Stop handing over, at once."""
        return answer(services().launcher.pause(campaign_id, caller().id))


@blueprint.route("/<campaign_id>/resume")
class CampaignResume(MethodView):
    """Going on."""

    @scope("campaigns")
    @blueprint.response(200, CampaignSchema)
    def post(self, campaign_id: str) -> Answer:
        """Go on after a pause."""
        return answer(services().launcher.resume(campaign_id, caller().id))


@blueprint.route("/<campaign_id>/cancel")
class CampaignCancel(MethodView):
    """Ending."""

    @scope("campaigns")
    @blueprint.response(200, CampaignSchema)
    def post(self, campaign_id: str) -> Answer:
        """End it for good, with every message that is not handed over yet."""
        return answer(services().launcher.cancel(campaign_id, caller().id))


@blueprint.route("/<campaign_id>/copy")
class CampaignCopy(MethodView):
    """Copying."""

    @scope("campaigns")
    @blueprint.response(201, CampaignSchema)
    def post(self, campaign_id: str) -> Answer:
        """Make a draft like it."""
        return answer(services().campaigns.save(services().campaigns.get(campaign_id).draft(new_id()), by=caller().id))


@blueprint.route("/<campaign_id>/progress")
class CampaignProgress(MethodView):
    """How far it is."""

    @scope("read")
    @blueprint.response(200, ProgressSchema)
    def get(self, campaign_id: str) -> dict[str, Any] | Response:
        """Say how far a campaign is; with `Accept: text/event-stream`, as a stream of server-sent events."""
        told = partial(services().watch.progress, campaign_id)
        if request.accept_mimetypes.best_match(["application/json", EVENTS]) != EVENTS:
            return msgspec.structs.asdict(told())
        services().campaigns.get(campaign_id)  # a 404 must come before the stream
        return Response(stream(told, DOORS), content_type=EVENTS, headers={"Cache-Control": "no-cache"})
