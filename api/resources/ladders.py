"""Win-back ladders: what was decided for whom and why, and what has been learned."""

from functools import partial
from typing import Any

import msgspec
from flask.views import MethodView

from api.auth import scope
from api.blueprint import Blueprint
from api.context import services
from api.paging import paged
from api.schemas.base import Page, PageArgs
from api.schemas.ladders import ClimbSchema, DecisionArgs, LadderLessonSchema, LadderStandingSchema
from campaigns.campaign import Campaign
from campaigns.ladder_climb import Climb, Decision
from campaigns.ladder_lessons import Lesson
from common.errors import NotFound
from common.money import Money

blueprint = Blueprint("ladders", __name__, url_prefix="/v1/campaigns", description="Who was won back with what.")


@blueprint.route("/<campaign_id>/ladder")
class LadderItem(MethodView):
    """How it stands."""

    @scope("read")
    @blueprint.response(200, LadderStandingSchema)
    def get(self, campaign_id: str) -> dict[str, Any]:
        """Say what a ladder promises at this moment, and how its rungs do for each kind of people by now."""
        campaign, shop = _laddered(campaign_id), services().shops.get()
        lesson = services().climbing.lesson(campaign)
        return {
            "promised": Money(services().purses.promised(campaign_id), shop.currency),
            "total_most": campaign.ladder.total_most if campaign.ladder else None,
            "cells": lesson.cells,
        }


@blueprint.route("/<campaign_id>/ladder/decisions")
class LadderDecisions(MethodView):
    """What was decided."""

    @scope("read")
    @blueprint.arguments(DecisionArgs, location="query")
    @blueprint.response(200, Page(ClimbSchema))
    def get(self, args: dict[str, Any], campaign_id: str) -> dict[str, Any]:
        """List what was decided for whom, why, and what came of it, in the order of customers."""
        _laddered(campaign_id)
        fetch = partial(services().climbs.page, campaign_id, customer=args.get("customer", ""))
        page = paged(fetch, args, cursor=lambda climb: climb.customer)
        return page | {"data": [_climb(climb) for climb in page["data"]]}


@blueprint.route("/<campaign_id>/ladder/lessons")
class LadderLessons(MethodView):
    """What was known."""

    @scope("read")
    @blueprint.arguments(PageArgs, location="query")
    @blueprint.response(200, Page(LadderLessonSchema))
    def get(self, args: dict[str, Any], campaign_id: str) -> dict[str, Any]:
        """List by what each run decided, so that every draw can be repeated."""
        _laddered(campaign_id)
        page = paged(partial(services().lessons.page, campaign_id), args)
        return page | {"data": [_lesson(one) for one in page["data"]]}


def _laddered(campaign_id: str) -> Campaign:
    campaign = services().campaigns.get(campaign_id)
    if campaign.ladder is None:
        raise NotFound("ladder", campaign_id, "no_ladder", f"The campaign {campaign_id!r} has no ladder.")
    return campaign


def _climb(climb: Climb) -> dict[str, Any]:
    return {"customer": climb.customer, "decisions": [_decision(one) for one in climb.decisions]}


def _decision(one: Decision) -> dict[str, Any]:
    return msgspec.structs.asdict(one) | {"message": one.id if one.rung else ""}


def _lesson(one: Lesson) -> dict[str, Any]:
    return {"run": one.id, "at": one.at, "cells": one.cells}
