"""What an offer has given, to whom, on which orders, what it cost; and who changed it."""

from collections.abc import Iterator
from typing import Any

from flask import Response
from flask.views import MethodView

from api import csv
from api.auth import scope
from api.blueprint import Blueprint
from api.changes import changes_of
from api.context import services
from api.paging import paged
from api.resources.redemptions import shown
from api.schemas.base import Page, PageArgs
from api.schemas.changes import ChangeSchema
from api.schemas.redemptions import GivenArgs, GivenSchema, RedemptionSchema
from loyalty.given import Given
from loyalty.redemption import Redemption

blueprint = Blueprint("offer_insights", __name__, url_prefix="/v1/offers", description="What offers have given.")

COLUMNS = (
    "id", "code", "customer_id", "order_id", "state", "at", "until", "ended_at", "currency", "order_total", "discount",
    "rolled_back", "cost", "cost_currency", "gift", "gifts", "points", "campaign", "message", "channel",
)  # fmt: skip


@blueprint.route("/<offer_id>/redemptions")
class OfferRedemptions(MethodView):
    """To whom, and on which orders."""

    @scope("read")
    @blueprint.arguments(GivenArgs, location="query")
    @blueprint.response(200, Page(RedemptionSchema))
    @blueprint.doc(responses=csv.RESPONSES)
    def get(self, args: dict[str, Any], offer_id: str) -> dict[str, Any] | Response:
        """List the uses and holds of an offer's codes, a deleted offer's too; with `Accept: text/csv`, as one file."""
        offer, given = services().offers.kept(offer_id), services().given
        if csv.is_wanted():
            rows = _rows(given.stream(offer.id, args["after"], args["state"]))
            return csv.answer("redemptions", COLUMNS, rows)
        page = paged(lambda after, limit: given.page(offer.id, after, limit, args["state"]), args)
        return {**page, "data": [shown(one) for one in page["data"]]}


@blueprint.route("/<offer_id>/summary")
class OfferSummary(MethodView):
    """In all."""

    @scope("read")
    @blueprint.response(200, GivenSchema)
    def get(self, offer_id: str) -> Given:
        """Sum up what an offer has given by state, currency and campaign, and what it cost against its budget."""
        return services().given.summary(services().offers.kept(offer_id).id)


@blueprint.route("/<offer_id>/changes")
class OfferChanges(MethodView):
    """Who changed it."""

    @scope("read")
    @blueprint.arguments(PageArgs, location="query")
    @blueprint.response(200, Page(ChangeSchema))
    def get(self, args: dict[str, Any], offer_id: str) -> dict[str, Any]:
        """List what became of an offer's definition and codes: who did what, and when; the first change first."""
        return changes_of("offer", services().offers.kept(offer_id).id, args)


def _rows(redemptions: Iterator[Redemption]) -> Iterator[dict[str, Any]]:
    for one in redemptions:
        row = shown(one)
        yield row | {
            **{name: row[name].amount for name in ("order_total", "discount", "rolled_back", "cost")},
            "cost_currency": one.charged.currency,
            "gift": one.gift.product_id if one.gift else "",
            "gifts": one.gift.quantity if one.gift else 0,
        }
