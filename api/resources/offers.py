"""Offers: made, changed, looked at, given codes."""

from typing import Any

import msgspec
from flask.views import MethodView

from api.auth import scope
from api.blueprint import Blueprint
from api.context import services
from api.etags import etag_headers, expected_version, versioned
from api.paging import paged
from api.schemas.base import Page, PageArgs
from api.schemas.offers import OfferKindsSchema, OfferSchema
from common.ids import new_id
from loyalty.kind import kinds
from loyalty.offer import Offer

blueprint = Blueprint("offers", __name__, url_prefix="/v1/offers", description="What customers are given.")


def shown(offer: Offer, locale: str) -> dict[str, Any]:
    """An offer as the API shows it."""
    return {**msgspec.structs.asdict(offer), "summary": offer.summary(locale)}


def answer(offer: Offer) -> tuple[dict[str, Any], dict[str, str]]:
    """An offer with its ETag."""
    return shown(offer, services().shops.get().locale), etag_headers(offer.version)


@blueprint.route("")
class OfferList(MethodView):
    """All offers."""

    @scope("read")
    @blueprint.arguments(PageArgs, location="query")
    @blueprint.response(200, Page(OfferSchema))
    def get(self, args: dict[str, Any]) -> dict[str, Any]:
        """List the offers in the order of their ids."""
        locale = services().shops.get().locale
        page = paged(services().offers.page, args)
        return {**page, "data": [shown(offer, locale) for offer in page["data"]]}

    @scope("campaigns")
    @blueprint.arguments(OfferSchema)
    @blueprint.response(201, OfferSchema)
    def post(self, body: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        """Make an offer."""
        now = services().clock.now()
        offer = Offer(**{"id": new_id(), **body}, created_at=now, updated_at=now)
        services().offers.add(offer)
        return answer(offer)


@blueprint.route("/kinds")
class OfferKindList(MethodView):
    """What can be given."""

    @scope("read")
    @blueprint.response(200, OfferKindsSchema)
    def get(self) -> dict[str, Any]:
        """List the kinds of offer with the schemas of their settings."""
        return {
            "data": [
                {"kind": kind.name, "summary": kind.about, "settings": msgspec.json.schema(kind.Settings)}
                for kind in kinds().values()
            ]
        }


@blueprint.route("/<offer_id>")
class OfferItem(MethodView):
    """One offer."""

    @scope("read")
    @versioned
    @blueprint.response(200, OfferSchema)
    def get(self, offer_id: str) -> tuple[dict[str, Any], dict[str, str]]:
        """Read an offer, with what has been spent of its budget."""
        return answer(services().offers.get(offer_id))

    @scope("campaigns")
    @versioned
    @blueprint.arguments(OfferSchema(partial=True, exclude=("id",)))
    @blueprint.response(200, OfferSchema)
    def patch(self, body: dict[str, Any], offer_id: str) -> tuple[dict[str, Any], dict[str, str]]:
        """Change an offer; what has been redeemed stays as it was, and so does what is spent."""
        current = services().offers.get(offer_id)
        version = expected_version() or current.version
        return answer(services().offers.change(msgspec.structs.replace(current, **body), version))
