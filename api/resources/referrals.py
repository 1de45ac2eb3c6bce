"""Referrals: programmes, codes to share, friends who bought, and the doubtful ones."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import msgspec
from flask.views import MethodView

from api.auth import scope
from api.blueprint import Blueprint
from api.context import services
from api.merged import led
from api.paging import paged
from api.schemas.base import Page, PageArgs
from api.schemas.referrals import (
    CodesWantedSchema,
    ProgrammeArgs,
    ReferralArgs,
    ReferralCodeSchema,
    ReferralCodesSchema,
    ReferralProgrammeSchema,
    ReferralSchema,
    ReferralUseSchema,
)
from common.errors import Invalid, NotFound
from common.ids import new_id
from common.money import Money
from loyalty.programme import ReferralProgramme
from loyalty.referral import Referral

blueprint = Blueprint("referrals", __name__, url_prefix="/v1", description="Customers who send their friends.")


def shown(referral: Referral) -> dict[str, Any]:
    """A referral as the API shows it, without what fraud is found by."""
    return {
        **msgspec.structs.asdict(referral),
        "advocate_id": referral.advocate,
        "friend_id": referral.friend,
        "order_id": referral.order,
        "order_total": Money(referral.order_total, referral.currency),
        "state": referral.state.value,
    }


def with_link(programme: str, customer: str, code: str) -> dict[str, Any]:
    """A customer's code as the API shows it."""
    link = services().links.referral(code)
    return {"programme": programme, "customer_id": customer, "code": code, "link": link}


@blueprint.route("/referral-programmes")
class ReferralProgrammeList(MethodView):
    """All referral programmes."""

    @scope("read")
    @blueprint.arguments(PageArgs, location="query")
    @blueprint.response(200, Page(ReferralProgrammeSchema))
    def get(self, args: dict[str, Any]) -> dict[str, Any]:
        """List the programmes in the order of their ids."""
        return paged(services().programmes.page, args)

    @scope("campaigns")
    @blueprint.arguments(ReferralProgrammeSchema)
    @blueprint.response(201, ReferralProgrammeSchema)
    def post(self, body: dict[str, Any]) -> ReferralProgramme:
        """Begin a programme."""
        for field in ("friend_offer", "advocate_offer"):
            try:
                services().offers.get(body[field])
            except NotFound as error:
                raise Invalid.field(field, str(error)) from None
        programme = ReferralProgramme(**{"id": new_id(), **body}, created_at=services().clock.now())
        services().programmes.add(programme)
        return programme


@blueprint.route("/referral-programmes/<programme_id>/codes")
class ReferralProgrammeCodes(MethodView):
    """The codes of a programme."""

    @scope("campaigns")
    @blueprint.arguments(CodesWantedSchema)
    @blueprint.response(201, ReferralCodesSchema)
    def post(self, body: dict[str, Any], programme_id: str) -> dict[str, Any]:
        """See to it that these customers have a code; those who have one keep it."""
        codes = services().referrals.codes_for(programme_id, body["customers"])
        return {"data": [with_link(programme_id, customer, code) for customer, code in codes.items()]}


@blueprint.route("/customers/<customer_id>/referral")
class CustomerReferral(MethodView):
    """A customer's own code."""

    @scope("read")
    @blueprint.arguments(ProgrammeArgs, location="query")
    @blueprint.response(200, ReferralCodeSchema)
    def get(self, args: dict[str, Any], customer_id: str) -> dict[str, Any]:
        """Read a customer's code and link; 404 where they have not been given one."""
        programme = services().referrals.programme(args["programme"])
        code = services().referrals.code_of(programme, customer_id)
        return with_link(programme.id, customer_id, code)


@blueprint.route("/referrals/<code>/redeem")
class ReferralRedeem(MethodView):
    """A friend has bought."""

    @scope("checkout")
    @blueprint.arguments(ReferralUseSchema)
    @blueprint.response(200, ReferralSchema)
    def post(self, body: dict[str, Any], code: str) -> dict[str, Any]:
        """Tell that a friend has bought with a code; again for the same order, it is the same referral.

        409 names the fraud rule that refused it. The answer holds the friend's voucher, unless it is in review.
        """
        friend = msgspec.structs.replace(body["friend"], customer_id=led(body["friend"].customer_id))
        return shown(services().referrals.redeem(code, friend, body["order"], body["device"]))


@blueprint.route("/referrals")
class ReferralList(MethodView):
    """All referrals."""

    @scope("read")
    @blueprint.arguments(ReferralArgs, location="query")
    @blueprint.response(200, Page(ReferralSchema))
    def get(self, args: dict[str, Any]) -> dict[str, Any]:
        """List referrals, of one state if wanted: `?state=review` are those that wait for a person."""
        page = paged(partial(_page, state=args["state"]), args)
        return {**page, "data": [shown(referral) for referral in page["data"]]}


def _page(after: str, limit: int, state: str | None) -> Sequence[Referral]:
    return services().referrals.page(after, limit, state)


@blueprint.route("/referrals/<referral_id>/approve")
class ReferralApprove(MethodView):
    """Nothing is wrong."""

    @scope("campaigns")
    @blueprint.response(200, ReferralSchema)
    def post(self, referral_id: str) -> dict[str, Any]:
        """Let a referral in review count: the friend gets the voucher now, the advocate after the return window."""
        return shown(services().referrals.approve(referral_id))


@blueprint.route("/referrals/<referral_id>/reject")
class ReferralReject(MethodView):
    """Something is wrong."""

    @scope("campaigns")
    @blueprint.response(200, ReferralSchema)
    def post(self, referral_id: str) -> dict[str, Any]:
        """Refuse a referral that is in review or pending; a voucher that the friend has got is cancelled."""
        return shown(services().referrals.reject(referral_id))
