"""Segments: made, previewed, listed member by member, explained."""

import time
from typing import Any

from flask import Response
from flask.views import MethodView

from api import csv
from api.auth import scope
from api.blueprint import Blueprint
from api.context import services
from api.etags import etag_headers, expected_version, versioned
from api.paging import paged
from api.schemas.base import Page, PageArgs
from api.schemas.segments import (
    CellListSchema,
    ExplainArgs,
    ExplainedSchema,
    MemberSchema,
    NewSegmentSchema,
    ReadyMadeCopySchema,
    ReadyMadeListSchema,
    RefreshSchema,
    RuleListSchema,
    RulesSchema,
    SegmentBodySchema,
    SegmentPreviewSchema,
    SegmentSchema,
)
from campaigns.named import LIVING, users_of
from common.errors import Conflict, Invalid, NotFound
from common.ids import new_id
from customers.customer import Customer
from segments.beside import OverRows
from segments.nodes import Explained
from segments.ready_made import READY_MADE
from segments.rfm import rfm_of
from segments.segment import Segment
from segments.tree import example_index, kinds

blueprint = Blueprint("segments", __name__, url_prefix="/v1/segments", description="Who is addressed.")

Answer = tuple[Segment, dict[str, str]]

SAMPLE = 5
SCANS = "The rule {rule} is put to every customer whom the other rules leave; no index finds all who match."
READS = (
    "No index finds what the rule {rule} counts: all of its kind is read, unless the other rules leave few customers."
)
# Paths beside a segment's own; a segment with such an id could not be reached.
RESERVED = frozenset({"rules", "ready-made", "preview", "cells", "rfm", "lapse", "refresh-scores"})

# Where in a customer the columns of a file of members stand; and what is there where nothing is kept.
COLUMNS = {
    "id": "_id",
    "first_name": "first_name",
    "last_name": "last_name",
    "locale": "locale",
    "country": "country",
    "preferred_channel": "preferred",
    "orders": "profile.orders",
    "last_order_at": "profile.last_at",
    "usual_gap_days": "profile.gap_days",
    "cell": "scores.rfm.cell",
}
UNKNOWN: dict[str, Any] = {**dict.fromkeys(COLUMNS, ""), "orders": 0}


def answer(segment: Segment) -> Answer:
    """A segment with its ETag."""
    return segment, etag_headers(segment.version)


def member(customer: Customer) -> dict[str, Any]:
    """A customer as segments show one."""
    return {
        "id": customer.id,
        "first_name": customer.first_name,
        "last_name": customer.last_name,
        "locale": customer.locale,
        "country": customer.country,
        "preferred_channel": customer.preferred[0] if customer.preferred else "",
        "orders": customer.profile.orders,
        "last_order_at": customer.profile.last_at,
        "usual_gap_days": customer.profile.gap_days,
        "cell": rfm_of(customer).get("cell", ""),
    }


def note(rule: str) -> str:
    """Why a rule makes a count slow."""
    return (READS if issubclass(kinds()[rule], OverRows) else SCANS).format(rule=rule)


@blueprint.route("")
class SegmentList(MethodView):
    """All segments."""

    @scope("read")
    @blueprint.arguments(PageArgs, location="query")
    @blueprint.response(200, Page(SegmentSchema))
    def get(self, args: dict[str, Any]) -> dict[str, Any]:
        """List the segments."""
        return paged(services().segments.page, args)

    @scope("campaigns")
    @versioned
    @blueprint.arguments(NewSegmentSchema)
    @blueprint.response(201, SegmentSchema)
    def post(self, body: dict[str, Any]) -> Answer:
        """Keep a new segment; where its rules are wrong, the answer names the node and what would be right."""
        segment = Segment(**{"id": new_id(), **body})
        if segment.id in RESERVED:
            raise Invalid.field("id", "This word is taken by the API itself.")
        services().audience.tree(segment.rules, segment.id)
        return answer(services().segments.add(segment))


@blueprint.route("/rules")
class RuleList(MethodView):
    """The grammar."""

    @scope("read")
    @blueprint.response(200, RuleListSchema)
    def get(self) -> dict[str, Any]:
        """List the rules with the JSON schemas of their settings, a sentence each, and examples."""
        rules = [
            {
                "rule": name,
                "group": kind.group,
                "summary": kind.summary,
                "index": example_index(kind),
                "settings": kind.schema(),
                "examples": kind.examples,
            }
            for name, kind in kinds().items()
        ]
        return {"nodes": ["all", "any", "not", "rule"], "data": rules}


@blueprint.route("/ready-made")
class ReadyMadeList(MethodView):
    """Proposals."""

    @scope("read")
    @blueprint.response(200, ReadyMadeListSchema)
    def get(self) -> dict[str, Any]:
        """List segments to start from."""
        return {"data": READY_MADE}


@blueprint.route("/ready-made/<proposal_id>")
class ReadyMadeCopy(MethodView):
    """A segment from a proposal."""

    @scope("campaigns")
    @versioned
    @blueprint.arguments(ReadyMadeCopySchema)
    @blueprint.response(201, SegmentSchema)
    def post(self, body: dict[str, Any], proposal_id: str) -> Answer:
        """Keep a proposal as a segment of one's own."""
        found = next((one for one in READY_MADE if one.id == proposal_id), None)
        if found is None:
            raise NotFound("proposal", proposal_id)
        proposed = {"id": found.id, "name": found.name, "description": found.description, "rules": found.rules}
        return answer(services().segments.add(Segment(**{**proposed, **body})))


@blueprint.route("/preview")
class SegmentPreview(MethodView):
    """Trying rules."""

    @scope("read")
    @blueprint.arguments(RulesSchema)
    @blueprint.response(200, SegmentPreviewSchema)
    def post(self, body: dict[str, Any]) -> dict[str, Any]:
        """Count the customers whom rules hold for now, and show a few. Nothing is kept and nobody is written to."""
        audience = services().audience
        started = time.perf_counter()
        count = audience.count(body["rules"])
        took = round((time.perf_counter() - started) * 1_000, 1)
        sample = [member(customer) for customer in audience.sample(body["rules"], SAMPLE)]
        notes = [note(rule) for rule in audience.tree(body["rules"]).scans()]
        return {"count": count, "sample": sample, "milliseconds": took, "uses_index": not notes, "notes": notes}


@blueprint.route("/cells")
class CellList(MethodView):
    """Recency, frequency and money."""

    @scope("read")
    @blueprint.response(200, CellListSchema)
    def get(self) -> dict[str, Any]:
        """Count the customers in each cell, as last refreshed."""
        return {"data": [{"cell": cell, "customers": count} for cell, count in services().scores.cells().items()]}


@blueprint.route("/refresh-scores")
class ScoreRefresh(MethodView):
    """Fresh scores."""

    @scope("campaigns")
    @blueprint.response(202, RefreshSchema)
    def post(self) -> dict[str, Any]:
        """Have everybody's scores worked out anew by a worker: recency, frequency, money, and who is about to leave."""
        return {"queued": services().refreshing.ask()}


@blueprint.route("/<segment_id>")
class SegmentItem(MethodView):
    """One segment."""

    @scope("read")
    @versioned
    @blueprint.response(200, SegmentSchema)
    def get(self, segment_id: str) -> Answer:
        """Read a segment."""
        return answer(services().segments.get(segment_id))

    @scope("campaigns")
    @versioned
    @blueprint.arguments(SegmentBodySchema)
    @blueprint.response(200, SegmentSchema)
    def put(self, body: dict[str, Any], segment_id: str) -> Answer:
        """Keep a segment under this id, new or not. Runs of campaigns that began before keep the rules they had."""
        services().audience.tree(body["rules"], segment_id)
        return answer(services().segments.put(Segment(id=segment_id, **body), expected_version()))

    @scope("campaigns")
    @blueprint.response(204)
    def delete(self, segment_id: str) -> None:
        """Forget a segment. 409 (`in_use`) where another, or a campaign that is not over, refers to it."""
        users = [*services().audience.users_of(segment_id), *_campaigns_of(segment_id)]
        if users:
            raise Conflict(f"The segment {segment_id!r} is part of {', '.join(users[:5])}.", "in_use")
        services().segments.delete(segment_id)
        services().memberships.forget(segment_id)


def _campaigns_of(segment_id: str) -> list[str]:
    living = [campaign for state in LIVING for campaign in services().campaigns.listening(state)]
    return [f"the campaign {id_}" for id_ in users_of("segment", segment_id, living)]


@blueprint.route("/<segment_id>/members")
class SegmentMembers(MethodView):
    """Who is in it."""

    @scope("read")
    @blueprint.arguments(PageArgs, location="query")
    @blueprint.response(200, Page(MemberSchema))
    @blueprint.doc(responses=csv.RESPONSES)
    def get(self, args: dict[str, Any], segment_id: str) -> dict[str, Any] | Response:
        """List the members as they are now; with `Accept: text/csv`, all those after `after` in one file."""
        rules = services().segments.get(segment_id).rules
        audience = services().audience
        if csv.is_wanted():
            members = (_line(row) for row in audience.table(rules, COLUMNS, args["after"]))
            return csv.answer("members", list(MemberSchema._declared_fields), members)

        page = paged(lambda after, limit: audience.sample(rules, limit, after), args)
        return {**page, "data": [member(customer) for customer in page["data"]]}


def _line(row: dict[str, Any]) -> dict[str, Any]:
    """A member as `member` shows one, from fields alone: a file has as many as the shop has customers."""
    preferred = row.get("preferred_channel")
    return {**UNKNOWN, **row, "preferred_channel": preferred[0] if preferred else ""}


@blueprint.route("/<segment_id>/explain")
class SegmentExplanation(MethodView):
    """Why somebody is in or out."""

    @scope("read")
    @blueprint.arguments(ExplainArgs, location="query")
    @blueprint.response(200, ExplainedSchema)
    def get(self, args: dict[str, Any], segment_id: str) -> Explained:
        """Show the tree with each rule's value for this customer and its verdict, in words."""
        return services().audience.explain(services().segments.get(segment_id).rules, args["customer"])
