"""Surveys: a question after a delivery or an incident, its answers and what they add up to."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import msgspec
from flask import Response
from flask.views import MethodView

from api import csv
from api.auth import scope
from api.blueprint import Blueprint
from api.context import services
from api.etags import etag_headers, expected_version, versioned
from api.idempotency import operation_id
from api.paging import paged
from api.schemas.base import Page, PageArgs
from api.schemas.messages import MessageSchema
from api.schemas.surveys import (
    SurveyAnswerArgs,
    SurveyAnswerSchema,
    SurveyAskSchema,
    SurveyResultsSchema,
    SurveySchema,
)
from campaigns.surveys.results import Results, results
from campaigns.surveys.survey import Answer, Survey
from common.errors import Invalid
from common.ids import new_id
from customers.timeline import cursor_of
from messaging.message import Message

blueprint = Blueprint("surveys", __name__, url_prefix="/v1/surveys", description="What customers are asked, and say.")

_COLUMNS = ("at", "customer_id", "order_id", "score", "low", "comment", "via", "channel", "message")
_AT_ONCE = 250


def answer(survey: Survey) -> tuple[Survey, dict[str, str]]:
    """A survey with its ETag."""
    return survey, etag_headers(survey.version)


def answer_shown(given: Answer) -> dict[str, Any]:
    """A customer's answer as the API shows it."""
    return {**msgspec.structs.asdict(given), "customer_id": given.customer, "order_id": given.order}


def checked(survey: Survey) -> Survey:
    """The survey, if its low score is one of its own; raises Invalid."""
    if survey.low is not None and survey.low > survey.scores[-1]:
        raise Invalid.field("low", f"Must be at most {survey.scores[-1]}.")
    return survey


@blueprint.route("")
class SurveyList(MethodView):
    """All surveys."""

    @scope("read")
    @blueprint.arguments(PageArgs, location="query")
    @blueprint.response(200, Page(SurveySchema))
    def get(self, args: dict[str, Any]) -> dict[str, Any]:
        """List the surveys in the order of their ids."""
        return paged(services().surveys.page, args)

    @scope("campaigns")
    @blueprint.arguments(SurveySchema)
    @blueprint.response(201, SurveySchema)
    def post(self, body: dict[str, Any]) -> tuple[Survey, dict[str, str]]:
        """Make a survey: from now on it is asked after what it says."""
        made = Survey(**{"id": new_id(), **body}, created_at=services().clock.now())
        return answer(services().surveys.add(checked(made)))


@blueprint.route("/<survey_id>")
class SurveyItem(MethodView):
    """One survey."""

    @scope("read")
    @versioned
    @blueprint.response(200, SurveySchema)
    def get(self, survey_id: str) -> tuple[Survey, dict[str, str]]:
        """Read a survey."""
        return answer(services().surveys.get(survey_id))

    @scope("campaigns")
    @versioned
    @blueprint.arguments(SurveySchema(partial=True, exclude=("id", "scale")))
    @blueprint.response(200, SurveySchema)
    def patch(self, body: dict[str, Any], survey_id: str) -> tuple[Survey, dict[str, str]]:
        """Change a survey, or end it with `active`; its scale stays, since its answers are on it."""
        current = services().surveys.get(survey_id)
        wanted = checked(msgspec.structs.replace(current, **body))
        return answer(services().surveys.change(wanted, expected_version() or current.version))


@blueprint.route("/<survey_id>/ask")
class SurveyAsk(MethodView):
    """Asked by hand."""

    @scope("campaigns")
    @blueprint.arguments(SurveyAskSchema)
    @blueprint.response(202, MessageSchema)
    def post(self, body: dict[str, Any], survey_id: str) -> Message:
        """Ask one customer now; the message passes the gate like any other."""
        return services().surveying.ask(survey_id, body["customer_id"], operation_id())


@blueprint.route("/<survey_id>/results")
class SurveyResults(MethodView):
    """What the answers add up to."""

    @scope("read")
    @blueprint.response(200, SurveyResultsSchema)
    def get(self, survey_id: str) -> Results:
        """Read how many were asked and what they answered, with how sure that is, and day by day."""
        survey = services().surveys.get(survey_id)
        distribution, days = services().survey_answers.sums(survey.id)
        return results(survey.scale, services().askings.asked(survey.id), distribution, days)


@blueprint.route("/<survey_id>/answers")
class SurveyAnswers(MethodView):
    """What was answered."""

    @scope("read")
    @blueprint.arguments(SurveyAnswerArgs, location="query")
    @blueprint.response(200, Page(SurveyAnswerSchema))
    @blueprint.doc(responses=csv.RESPONSES)
    def get(self, args: dict[str, Any], survey_id: str) -> dict[str, Any] | Response:
        """List the answers, the newest first, or those with a comment alone. CSV holds all."""
        survey = services().surveys.get(survey_id)
        fetch = partial(services().survey_answers.page, survey=survey.id, commented=args["commented"])
        if csv.is_wanted():
            return csv.answer("answers", _COLUMNS, _rows(fetch, args["after"]))
        page = paged(fetch, args, _cursor)
        return {**page, "data": [answer_shown(one) for one in page["data"]]}


def _cursor(given: Answer) -> str:
    return cursor_of(given.at, given.message)


def _rows(fetch: Any, after: str) -> Iterator[dict[str, Any]]:
    while found := fetch(after, _AT_ONCE):
        yield from map(answer_shown, found)
        after = _cursor(found[-1])
