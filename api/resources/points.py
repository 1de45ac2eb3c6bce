"""Points: the programme, what customers have, and what all of it would cost."""

from typing import Any

import msgspec
from flask.views import MethodView

from api import csv
from api.auth import scope
from api.blueprint import Blueprint
from api.context import caller, services
from api.etags import etag_headers, expected_version, versioned
from api.idempotency import operation_id
from api.paging import paged
from api.resources.customers import found
from api.schemas.base import Page
from api.schemas.points import (
    AdjustmentSchema,
    EarningKindsSchema,
    EntryPageArgs,
    EntrySchema,
    LiabilitySchema,
    PointsAuditSchema,
    PointsProgrammeSchema,
    SpendingSchema,
    SpentPointsSchema,
    StatementSchema,
)
from common.errors import Invalid, NotFound
from loyalty.points_account import Entry
from loyalty.points_earning import kinds
from loyalty.points_liability import month_of
from loyalty.points_programme import PointsProgramme
from loyalty.points_service import Statement
from loyalty.purse import no_purse

blueprint = Blueprint("points", __name__, url_prefix="/v1", description="Points, tiers, and what they would cost.")

Answer = tuple[PointsProgramme, dict[str, str]]
_COLUMNS = ("month", "points", "worth", "currency")


def entry_shown(entry: Entry) -> dict[str, Any]:
    """An entry as the API shows it."""
    return {**msgspec.structs.asdict(entry), "kind": entry.kind.value}


def standing(statement: Statement) -> dict[str, Any]:
    """Where a customer stands, as the API shows it."""
    level = statement.level
    return {
        "name": level.name if level else "",
        "since": statement.tiers.since,
        "grace_until": statement.tiers.grace_until,
        "benefits": level.benefits if level else {},
        "by": statement.programme.tiers.by,
        "measured": max(0, statement.measured),
        "next": statement.next,
    }


def by_month(statement: Statement) -> list[dict[str, Any]]:
    """What is lost, month by month."""
    zone = services().points_books.terms().zone
    sums: dict[str, int] = {}
    for one in statement.expiring:
        month = month_of(one.at, zone)
        sums[month] = sums.get(month, 0) + one.points
    return [{"month": month, "points": points} for month, points in sorted(sums.items())]


@blueprint.route("/points/programme")
class PointsProgrammeItem(MethodView):
    """The programme."""

    @scope("read")
    @versioned
    @blueprint.response(200, PointsProgrammeSchema)
    def get(self) -> Answer:
        """Read the rules for points."""
        programme = services().points_programmes.get()
        return programme, etag_headers(programme.version)

    @scope("campaigns")
    @versioned
    @blueprint.arguments(PointsProgrammeSchema)
    @blueprint.response(200, PointsProgrammeSchema)
    def put(self, body: PointsProgramme) -> Answer:
        """Set the rules for points, whole. What was earned stays as it was earned."""
        for place, reward in enumerate(body.rewards):
            try:
                services().offers.get(no_purse(reward.offer))
            except NotFound as error:
                raise Invalid.field(f"rewards.{place}.offer", str(error), error.reason) from None
        wanted = msgspec.structs.replace(body, changed_by=caller().id)
        programme = services().points_programmes.put(wanted, expected_version())
        return programme, etag_headers(programme.version)


@blueprint.route("/points/programme/versions")
class PointsProgrammeVersions(MethodView):
    """What the rules were before."""

    @scope("read")
    @blueprint.arguments(EntryPageArgs, location="query")
    @blueprint.response(200, Page(PointsProgrammeSchema))
    def get(self, args: dict[str, Any]) -> dict[str, Any]:
        """List the versions of the programme, the latest first, with who set each and when."""
        return paged(services().points_programmes.page, args, cursor=lambda one: str(one.version))


@blueprint.route("/points/earning")
class EarningKindList(MethodView):
    """How points can be earned."""

    @scope("read")
    @blueprint.response(200, EarningKindsSchema)
    def get(self) -> dict[str, Any]:
        """List the kinds of earning rule with the schemas of their settings."""
        return {
            "data": [
                {"kind": kind.name, "summary": kind.about, "settings": msgspec.json.schema(kind.Settings)}
                for kind in kinds().values()
            ]
        }


@blueprint.route("/points/liability")
class PointsLiability(MethodView):
    """What all points would cost."""

    @scope("read")
    @blueprint.response(200, LiabilitySchema)
    @blueprint.doc(responses=csv.RESPONSES)
    def get(self) -> Any:
        """Sum up all points outstanding, by the month in which they are lost; with `Accept: text/csv`, the months."""
        report = services().points.liability()
        if not csv.is_wanted():
            return report
        rows = (
            {"month": m.month, "points": m.points, "worth": m.worth.amount, "currency": m.worth.currency}
            for m in report.months
        )
        return csv.answer("points-liability", _COLUMNS, rows)


@blueprint.route("/customers/<customer_id>/points")
class CustomerPoints(MethodView):
    """A customer's points."""

    @scope("read")
    @blueprint.arguments(EntryPageArgs, location="query")
    @blueprint.response(200, StatementSchema)
    def get(self, args: dict[str, Any], customer_id: str) -> dict[str, Any]:
        """Read what a customer has, what is lost when, their tier, and the entries that led there."""
        customer = found(customer_id).id
        statement = services().points.statement(customer)
        page = paged(
            lambda after, limit: services().points.entries(customer, int(after) if after else None, limit),
            args,
            cursor=lambda entry: str(entry.number),
        )
        return {
            "customer_id": customer,
            "balance": statement.account.balance,
            "pending": statement.account.waiting,
            "worth": statement.programme.worth.of(max(0, statement.account.balance)),
            "expiring": by_month(statement),
            "tier": standing(statement),
            "data": [entry_shown(entry) for entry in page["data"]],
            "next": page["next"],
        }

    @scope("checkout")
    @blueprint.arguments(AdjustmentSchema)
    @blueprint.response(201, EntrySchema)
    def post(self, body: dict[str, Any], customer_id: str) -> dict[str, Any]:
        """Give points by hand, or take some (below zero); 409 where there are not that many to take."""
        customer = found(customer_id).id
        done = services().points.adjust(customer, operation_id(), body["amount"], body["reason"], caller().id)
        return entry_shown(done)


@blueprint.route("/customers/<customer_id>/points/audit")
class CustomerPointsAudit(MethodView):
    """An account beside its ledger."""

    @scope("read")
    @blueprint.response(200, PointsAuditSchema)
    def get(self, customer_id: str) -> dict[str, Any]:
        """Replay a customer's ledger, and tell what of their account it does not bear out."""
        customer = found(customer_id).id
        entries, mistakes = services().points.audit(customer)
        return {"customer_id": customer, "entries": entries, "mistakes": mistakes}


@blueprint.route("/customers/<customer_id>/points/spend")
class CustomerPointsSpend(MethodView):
    """Points for a voucher."""

    @scope("checkout")
    @blueprint.arguments(SpendingSchema)
    @blueprint.response(201, SpentPointsSchema)
    def post(self, body: dict[str, Any], customer_id: str) -> dict[str, Any]:
        """Take the points that an offer costs, those that are lost first before all others, for a personal voucher.

        409 where there are not enough, or the offer is not to be had for points. Send an Idempotency-Key: the same key
        never takes points twice.
        """
        customer = found(customer_id).id
        try:
            entry, code = services().points.spend(customer, operation_id(), body["offer"], caller().id)
        except NotFound as error:
            raise Invalid.field("offer", str(error)) from None
        balance = services().points.statement(customer).account.balance
        return {"entry": entry_shown(entry), "code": code, "offer": entry.offer, "balance": balance}
