"""What is known about a segment beside its members: overlaps, what writing to it would cost, who came and went."""

from collections.abc import Callable, Iterator
from typing import Any

from flask import Response
from flask.views import MethodView

from api import csv
from api.auth import scope
from api.blueprint import Blueprint
from api.context import services
from api.paging import paged
from api.schemas.base import Page, PageArgs
from api.schemas.segments import (
    CostArgs,
    CostSchema,
    MovesArgs,
    MoveSchema,
    OverlapArgs,
    OverlapSchema,
    RefreshSchema,
    SnapshotSchema,
)
from common.errors import Invalid
from segments.history import Move, Snapshot
from segments.reach import Cost

AT_ONCE = 1_000

blueprint = Blueprint("segment-insights", __name__, url_prefix="/v1/segments", description="What segments tell.")


@blueprint.route("/<segment_id>/overlap")
class SegmentOverlap(MethodView):
    """Two segments."""

    @scope("read")
    @blueprint.arguments(OverlapArgs, location="query")
    @blueprint.response(200, OverlapSchema)
    def get(self, args: dict[str, Any], segment_id: str) -> dict[str, Any]:
        """Count who is in both of two segments, and in one of them alone."""
        segments, audience = services().segments, services().audience
        one, other = segments.get(segment_id).rules, segments.get(args["other"]).rules
        size, other_size, both = audience.count(one), audience.count(other), audience.count_both(one, other)
        either = size + other_size - both
        return {
            "segment": segment_id,
            "other": args["other"],
            "size": size,
            "other_size": other_size,
            "both": both,
            "only_one": size - both,
            "only_other": other_size - both,
            "jaccard": round(both / either, 6) if either else 0.0,
        }


@blueprint.route("/<segment_id>/cost")
class SegmentCost(MethodView):
    """A dry run without words."""

    @scope("read")
    @blueprint.arguments(CostArgs, location="query")
    @blueprint.response(200, CostSchema)
    def get(self, args: dict[str, Any], segment_id: str) -> Cost:
        """Count whom each channel reaches now, and whom not and why; what text messages to them would cost.

        Nothing is planned or sent. Quiet hours and frequency caps are looked at when messages go out.
        """
        return services().reach.cost(services().segments.get(segment_id).rules, args["sms_parts"])


@blueprint.route("/<segment_id>/snapshots")
class SegmentSnapshots(MethodView):
    """Looking now."""

    @scope("campaigns")
    @blueprint.response(202, RefreshSchema)
    def post(self, segment_id: str) -> dict[str, Any]:
        """Have a snapshot of a tracked segment taken by a worker now; one is taken every day anyway."""
        return {"queued": services().segment_history.ask(segment_id)}


@blueprint.route("/<segment_id>/history")
class SegmentHistory(MethodView):
    """Size day by day."""

    @scope("read")
    @blueprint.arguments(PageArgs, location="query")
    @blueprint.response(200, Page(SnapshotSchema))
    def get(self, args: dict[str, Any], segment_id: str) -> dict[str, Any]:
        """List the snapshots of a segment, the latest first: its size, and how many came and went."""
        segment = services().segments.get(segment_id)

        def fetch(after: str, limit: int) -> list[Snapshot]:
            return services().memberships.page(segment.id, _number(after), limit)

        return paged(fetch, args, cursor=lambda snapshot: str(snapshot.number))


@blueprint.route("/<segment_id>/moves")
class SegmentMoves(MethodView):
    """Who came and went."""

    @scope("read")
    @blueprint.arguments(MovesArgs, location="query")
    @blueprint.response(200, Page(MoveSchema))
    @blueprint.doc(responses=csv.RESPONSES)
    def get(self, args: dict[str, Any], segment_id: str) -> dict[str, Any] | Response:
        """List who entered and left, in the order of ids; with `Accept: text/csv`, all after `after` in one file."""
        segment = services().segments.get(segment_id)
        number = args["number"] or _latest(segment.id)
        history = services().memberships

        def fetch(after: str, limit: int) -> list[Move]:
            return history.moves(segment.id, number, args["what"], after, limit)

        if csv.is_wanted():
            moves = _all(fetch, args["after"])
            rows = ({"customer": move.customer, "what": move.what, "at": move.at} for move in moves)
            return csv.answer("moves", ["customer", "what", "at"], rows)
        return paged(fetch, args, cursor=lambda move: move.customer)


def _all(fetch: Callable[[str, int], list[Move]], after: str) -> Iterator[Move]:
    while page := fetch(after, AT_ONCE):
        yield from page
        after = page[-1].customer


def _latest(segment_id: str) -> int:
    found = services().memberships.page(segment_id, 0, 1)
    return found[0].number if found else 0


def _number(cursor: str) -> int:
    if not cursor:
        return 0
    if not cursor.isascii() or not cursor.isdigit() or not 0 < int(cursor[:12]) < 10**10:
        raise Invalid.field("after", "Not the `next` of a page.")
    return int(cursor[:12])
