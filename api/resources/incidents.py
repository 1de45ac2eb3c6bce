"""Incidents: what went wrong, whom it hit, and what was done about it."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import msgspec
from flask import Response
from flask.views import MethodView

from api import csv
from api.auth import scope
from api.blueprint import Blueprint
from api.context import caller, services
from api.paging import paged
from api.schemas.base import Page, PageArgs
from api.schemas.incidents import (
    CalledSchema,
    CaseArgs,
    CaseSchema,
    ChoiceArgs,
    EndedSchema,
    EndSchema,
    HandSchema,
    IncidentArgs,
    IncidentSchema,
    MadeGoodSchema,
    NewIncidentSchema,
)
from api.schemas.messages import MessageSchema
from common.errors import Conflict, NotFound
from customers.incident import CASE_STATES, Case, CaseState, Given, Incident
from customers.timeline import cursor_of
from wiring import Services

blueprint = Blueprint("incidents", __name__, url_prefix="/v1", description="What went wrong, and was made good.")

_COLUMNS = ("id", "cause", "source", "state", "reason", "expected_at", "opened_at", *CASE_STATES)
_CASE_COLUMNS = (
    "id", "incident", "customer_id", "order_id", "cause", "state", "reason", "expected_at", "opened_at", "told_at",
    "untold", "codes", "worth", "currency", "refused", "call", "why_call", "called_by", "ended_at", "ending", "note",
    "wants", "wants_product", "wants_at", "said",
)  # fmt: skip
_AT_ONCE = 250


def shown(incident: Incident, tally: Mapping[str, int]) -> dict[str, Any]:
    """An incident as the API shows it."""
    state = next((state for state in CASE_STATES if tally.get(state)), "open")
    return {**msgspec.structs.asdict(incident), "cases": dict(tally), "state": state}


def case_shown(case: Case) -> dict[str, Any]:
    """A case as the API shows it."""
    return {
        **msgspec.structs.asdict(case),
        "customer_id": case.customer,
        "order_id": case.order,
        "given": [given_shown(given) for given in case.given],
    }


def given_shown(given: Given) -> dict[str, Any]:
    """A make-good as the API shows it."""
    return {**msgspec.structs.asdict(given), "worth": {"amount": given.worth, "currency": given.currency}}


@blueprint.route("/incidents")
class IncidentList(MethodView):
    """All incidents."""

    @scope("read")
    @blueprint.arguments(IncidentArgs, location="query")
    @blueprint.response(200, Page(IncidentSchema))
    @blueprint.doc(responses=csv.RESPONSES)
    def get(self, args: dict[str, Any]) -> dict[str, Any] | Response:
        """List the incidents, the newest first. CSV holds all, with how many cases are in which state."""
        made = services()  # a list that is streamed outlives the request
        fetch = partial(_page, made, cause=args["cause"], state=args["state"])
        if csv.is_wanted():
            return csv.answer("incidents", _COLUMNS, _rows(made, fetch, args["after"]))
        page = paged(fetch, args, _cursor)
        return {**page, "data": _with_tallies(made, page["data"])}

    @scope("campaigns")
    @blueprint.arguments(NewIncidentSchema)
    @blueprint.response(201, IncidentSchema)
    def post(self, body: dict[str, Any]) -> dict[str, Any]:
        """Open an incident over orders. Whom it hit is found, told and given to in the background."""
        return shown(services().opening.open(**body, by=caller().id), {})


@blueprint.route("/incidents/calls")
class Calls(MethodView):
    """Whom a person is to call."""

    @scope("read")
    @blueprint.arguments(PageArgs, location="query")
    @blueprint.response(200, Page(CaseSchema))
    @blueprint.doc(responses=csv.RESPONSES)
    def get(self, args: dict[str, Any]) -> dict[str, Any] | Response:
        """List the cases in which a person is to call: several bad ones in a row, or nobody could be told."""
        return _cases(args, call=True)


@blueprint.route("/incidents/choices")
class Choices(MethodView):
    """What customers chose."""

    @scope("read")
    @blueprint.arguments(ChoiceArgs, location="query")
    @blueprint.response(200, Page(CaseSchema))
    @blueprint.doc(responses=csv.RESPONSES)
    def get(self, args: dict[str, Any]) -> dict[str, Any] | Response:
        """List the cases in which a customer chose, on the page of their order, what is to be done: it is for the shop
        to do it. They leave the list when the case ends. CSV holds all.
        """
        return _listed(partial(services().cases.wanting, wants=args["wants"]), args)


@blueprint.route("/incidents/<incident_id>")
class IncidentItem(MethodView):
    """One incident."""

    @scope("read")
    @blueprint.response(200, IncidentSchema)
    def get(self, incident_id: str) -> dict[str, Any]:
        """Read an incident, and how many it hit."""
        return _with_tallies(services(), [services().incidents.get(incident_id)])[0]


@blueprint.route("/incidents/<incident_id>/customers")
class IncidentCustomers(MethodView):
    """Whom it hit."""

    @scope("read")
    @blueprint.arguments(CaseArgs, location="query")
    @blueprint.response(200, Page(CaseSchema))
    @blueprint.doc(responses=csv.RESPONSES)
    def get(self, args: dict[str, Any], incident_id: str) -> dict[str, Any] | Response:
        """List whom it hit, an order each, with what they were told and given. CSV holds all."""
        incident = services().incidents.get(incident_id)
        return _cases(args, incident=incident.id, state=args["state"])


@blueprint.route("/incidents/<incident_id>/messages")
class IncidentMessages(MethodView):
    """What they were told."""

    @scope("read")
    @blueprint.arguments(PageArgs, location="query")
    @blueprint.response(200, Page(MessageSchema))
    def get(self, args: dict[str, Any], incident_id: str) -> dict[str, Any]:
        """List the messages about it, the bad news and the good; a page holds those of `limit` cases."""
        incident = services().incidents.get(incident_id)
        page = paged(lambda after, limit: services().cases.page(after, limit, incident=incident.id), args)
        ids = [one for case in page["data"] for one in (case.message, *case.updates, case.good_news) if one]
        found = services().messages.get(ids)
        return {**page, "data": [found[one] for one in ids if one in found]}


@blueprint.route("/incidents/<incident_id>/solve")
class IncidentSolve(MethodView):
    """It is put right."""

    @scope("campaigns")
    @blueprint.arguments(EndSchema)
    @blueprint.response(200, EndedSchema)
    def post(self, body: dict[str, Any], incident_id: str) -> dict[str, int]:
        """Say that it is put right, for all or for one customer: who was told of it is told that, too."""
        return _ended(incident_id, "solved", body)


@blueprint.route("/incidents/<incident_id>/close")
class IncidentClose(MethodView):
    """It is over."""

    @scope("campaigns")
    @blueprint.arguments(EndSchema)
    @blueprint.response(200, EndedSchema)
    def post(self, body: dict[str, Any], incident_id: str) -> dict[str, int]:
        """Close it without a word to anybody, for all or for one customer."""
        return _ended(incident_id, "closed", body)


@blueprint.route("/incidents/<incident_id>/called")
class IncidentCalled(MethodView):
    """A person has called."""

    @scope("campaigns")
    @blueprint.arguments(CalledSchema)
    @blueprint.response(200, CaseSchema)
    def post(self, body: dict[str, Any], incident_id: str) -> dict[str, Any]:
        """Note that a person has spoken with a customer."""
        case = _case(incident_id, body["customer_id"])
        services().cases.called(case.id, caller().name, body["note"])
        return case_shown(services().cases.get([case.id])[case.id])


@blueprint.route("/incidents/<incident_id>/makegood")
class IncidentMakeGood(MethodView):
    """A person gives more."""

    @scope("campaigns")
    @blueprint.arguments(HandSchema)
    @blueprint.response(201, MadeGoodSchema)
    def post(self, body: dict[str, Any], incident_id: str) -> dict[str, Any]:
        """Give a customer something by hand; the same again is the same code.

        409 `person_limit` beyond what people may give in a case, and the goodwill budget's own reasons beyond that.
        """
        case = _case(incident_id, body["customer_id"], body["order_id"])
        given = services().giver.by_hand(
            case, body["give"], services().telling.situation(case), caller().name, body["note"]
        )
        return given_shown(given)


@blueprint.route("/customers/<customer_id>/incidents")
class CustomerIncidents(MethodView):
    """What went wrong for a customer."""

    @scope("read")
    @blueprint.arguments(CaseArgs, location="query")
    @blueprint.response(200, Page(CaseSchema))
    @blueprint.doc(responses=csv.RESPONSES)
    def get(self, args: dict[str, Any], customer_id: str) -> dict[str, Any] | Response:
        """List what went wrong for a customer, in the order of the cases' ids. CSV holds all."""
        return _cases(args, customer=customer_id, state=args["state"])


def _page(made: Services, after: str, limit: int, cause: str | None, state: str | None) -> Sequence[Incident]:
    return made.incidents.page(after, limit, cause, state)


def _cursor(incident: Incident) -> str:
    return cursor_of(incident.opened_at, incident.id)


def _with_tallies(made: Services, incidents: Sequence[Incident]) -> list[dict[str, Any]]:
    tallies = made.incidents.tallies([incident.id for incident in incidents])
    return [shown(incident, tallies[incident.id]) for incident in incidents]


def _rows(made: Services, fetch: Any, after: str) -> Iterator[dict[str, Any]]:
    while found := fetch(after, _AT_ONCE):
        for row in _with_tallies(made, found):
            yield {**row, **{state: row["cases"].get(state, 0) for state in CASE_STATES}}
        after = _cursor(found[-1])


def _cases(args: Mapping[str, Any], **wanted: Any) -> dict[str, Any] | Response:
    """A page of cases, or all of them as CSV."""
    return _listed(partial(services().cases.page, **wanted), args)


def _listed(fetch: Any, args: Mapping[str, Any]) -> dict[str, Any] | Response:
    if csv.is_wanted():
        return csv.answer("cases", _CASE_COLUMNS, _case_rows(fetch, args["after"]))
    page = paged(fetch, args)
    return {**page, "data": [case_shown(case) for case in page["data"]]}


def _case_rows(fetch: Any, after: str) -> Iterator[dict[str, Any]]:
    while found := fetch(after, _AT_ONCE):
        for case in found:
            yield {
                **case_shown(case),
                "codes": " ".join(given.code for given in case.given),
                "worth": sum(given.worth for given in case.given),
                "currency": case.given[0].currency if case.given else "",
            }
        after = found[-1].id


def _ended(incident_id: str, state: CaseState, body: Mapping[str, Any]) -> dict[str, int]:
    incident = services().incidents.get(incident_id)
    return {"ended": services().ending.end(incident.id, state, caller().name, body["note"], body["customer_id"])}


def _case(incident_id: str, customer: str, order: str = "") -> Case:
    """The one case that is meant; raises NotFound, and Conflict where it could be several customers'."""
    incident = services().incidents.get(incident_id)
    wanted = {"customer": customer or None, "order": order or None}
    found = services().cases.page("", 2, incident=incident.id, **wanted)
    if not found:
        raise NotFound("case of incident", incident_id)
    if len({case.customer for case in found}) > 1:
        raise Conflict("The incident hit several customers: name one.", "several_customers")
    return found[0]
