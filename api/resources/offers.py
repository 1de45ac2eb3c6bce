"""Offers: made, changed, looked at, given codes."""

from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from flask.views import MethodView

from api.auth import scope
from api.blueprint import Blueprint
from api.context import caller, services
from api.etags import etag_headers, expected_version, versioned
from api.offer_references import check_references
from api.paging import paged
from api.schemas.base import Page, PageArgs
from api.schemas.offers import OfferKindsSchema, OfferSchema
from campaigns.campaign import CampaignState
from campaigns.named import users_of
from common.errors import Conflict
from common.ids import new_id
from customers.shop import Shop
from loyalty.budgets import states
from loyalty.kind import kinds
from loyalty.offer import Offer, checked
from loyalty.programme import ReferralProgramme
from loyalty.purse import no_purse

# Of referral programmes; a shop has a few.
AT_ONCE = 500

blueprint = Blueprint("offers", __name__, url_prefix="/v1/offers", description="What customers are given.")


def shown(offer: Offer, shop: Shop) -> dict[str, Any]:
    """An offer as the API shows it, with its budget as it stands."""
    local = services().clock.now().astimezone(ZoneInfo(shop.time_zone))
    return {
        **msgspec.structs.asdict(offer),
        "summary": offer.summary(shop.locale),
        "budgets": states(offer.budget, offer.spent, local),
    }


def answer(offer: Offer) -> tuple[dict[str, Any], dict[str, str]]:
    """An offer with its ETag."""
    return shown(offer, services().shops.get()), etag_headers(offer.version)


@blueprint.route("")
class OfferList(MethodView):
    """All offers."""

    @scope("read")
    @blueprint.arguments(PageArgs, location="query")
    @blueprint.response(200, Page(OfferSchema))
    def get(self, args: dict[str, Any]) -> dict[str, Any]:
        """List the offers in the order of their ids."""
        shop = services().shops.get()
        page = paged(services().offers.page, args)
        return {**page, "data": [shown(offer, shop) for offer in page["data"]]}

    @scope("campaigns")
    @blueprint.arguments(OfferSchema)
    @blueprint.response(201, OfferSchema)
    def post(self, body: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        """Make an offer."""
        now = services().clock.now()
        offer = Offer(**{"id": new_id(), **body}, created_at=now, updated_at=now)
        no_purse(offer.id)
        services().offers.add(check_references(checked(offer)), caller().id)
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
        current = services().offers.get(no_purse(offer_id))
        version = expected_version() or current.version
        wanted = check_references(checked(msgspec.structs.replace(current, **body)), current)
        return answer(services().offers.change(wanted, version, caller().id))

    @scope("campaigns")
    @versioned
    @blueprint.response(204)
    def delete(self, offer_id: str) -> None:
        """Delete an offer: its codes are refused from now on (`offer_deleted`); what it has given stays on record.

        409 (`in_use`) where a campaign that is not over, a referral programme or the points programme still gives it.
        """
        current = services().offers.get(no_purse(offer_id))
        users = _users(offer_id)
        if users:
            raise Conflict(f"The offer is given by {', '.join(users)}.", "in_use")
        gone = msgspec.structs.replace(current, active=False, deleted_at=services().clock.now())
        services().offers.change(gone, expected_version() or current.version, caller().id)


def _users(offer_id: str) -> list[str]:
    """Who still gives out codes of an offer, in words."""
    states = (CampaignState.SCHEDULED, CampaignState.RUNNING, CampaignState.PAUSED)
    campaigns = [campaign for state in states for campaign in services().campaigns.listening(state)]
    users = [f"the campaign {id_!r}" for id_ in users_of("offer", offer_id, campaigns)]
    programmes = [one for one in services().programmes.page("", AT_ONCE) if one.active and offer_id in _of_friends(one)]
    users += [f"the referral programme {one.id!r}" for one in programmes]
    if services().points_programmes.get().price(offer_id) is not None:
        users.append("the points programme")
    return users


def _of_friends(programme: ReferralProgramme) -> set[str]:
    return {programme.friend_offer, programme.advocate_offer, *(tier.offer for tier in programme.tiers)}
