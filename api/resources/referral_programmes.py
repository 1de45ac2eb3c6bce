"""Referral programmes: made, changed, looked at; the codes of a programme, and how far it has come."""

from typing import Any

from flask.views import MethodView
from msgspec.structs import replace

from api.auth import scope
from api.blueprint import Blueprint
from api.changes import changes_of
from api.context import caller, services
from api.etags import etag_headers, expected_version, versioned
from api.merged import led
from api.paging import paged
from api.resources.referrals import with_link
from api.schemas.base import Page, PageArgs
from api.schemas.changes import ChangeSchema
from api.schemas.referrals import (
    CodesWantedSchema,
    FraudRulesSchema,
    ReferralCodesSchema,
    ReferralProgrammeReportSchema,
    ReferralProgrammeSchema,
)
from common.errors import Invalid, NotFound
from common.ids import new_id
from common.money import Money
from loyalty.programme import ReferralProgramme
from loyalty.purse import no_purse
from loyalty.suspicion import check_verdicts, rules

blueprint = Blueprint(
    "referral_programmes", __name__, url_prefix="/v1/referral-programmes", description="What sending friends brings."
)

Answer = tuple[ReferralProgramme, dict[str, str]]
_REJECTED = "rejected: "


def checked(programme: ReferralProgramme) -> ReferralProgramme:
    """The programme, if the offers and rules that it names exist; raises Invalid naming the field."""
    named = {"friend_offer": programme.friend_offer, "advocate_offer": programme.advocate_offer}
    named |= {f"tiers.{place}.offer": tier.offer for place, tier in enumerate(programme.tiers)}
    for field, offer in named.items():
        try:
            if offer:
                services().offers.get(no_purse(offer))
        except NotFound as error:
            raise Invalid.field(field, str(error), error.reason) from None
    check_verdicts(programme.verdicts)
    return programme


@blueprint.route("")
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
    def post(self, body: dict[str, Any]) -> Answer:
        """Begin a programme."""
        programme = checked(ReferralProgramme(**{"id": new_id(), **body}, created_at=services().clock.now()))
        services().programmes.add(programme, caller().id)
        return programme, etag_headers(programme.version)


@blueprint.route("/rules")
class FraudRuleList(MethodView):
    """What is found suspicious."""

    @scope("read")
    @blueprint.response(200, FraudRulesSchema)
    def get(self) -> dict[str, Any]:
        """List the fraud rules, what each does, and what a programme may have it do instead."""
        return {"data": list(rules().values())}


@blueprint.route("/<programme_id>")
class ReferralProgrammeItem(MethodView):
    """One programme."""

    @scope("read")
    @versioned
    @blueprint.response(200, ReferralProgrammeSchema)
    def get(self, programme_id: str) -> Answer:
        """Read a programme."""
        programme = services().programmes.get(programme_id)
        return programme, etag_headers(programme.version)

    @scope("campaigns")
    @versioned
    @blueprint.arguments(ReferralProgrammeSchema(partial=True, exclude=("id",)))
    @blueprint.response(200, ReferralProgrammeSchema)
    def patch(self, body: dict[str, Any], programme_id: str) -> Answer:
        """Change a programme, or end it; friends who count already keep what they were promised."""
        current = services().programmes.get(programme_id)
        version = expected_version() or current.version
        changed = services().programmes.change(checked(replace(current, **body)), version, caller().id)
        return changed, etag_headers(changed.version)


@blueprint.route("/<programme_id>/changes")
class ReferralProgrammeChanges(MethodView):
    """Who changed it."""

    @scope("read")
    @blueprint.arguments(PageArgs, location="query")
    @blueprint.response(200, Page(ChangeSchema))
    def get(self, args: dict[str, Any], programme_id: str) -> dict[str, Any]:
        """List what became of a programme: who changed what, and when; the first change first."""
        return changes_of("referral_programme", services().programmes.get(programme_id).id, args)


@blueprint.route("/<programme_id>/codes")
class ReferralProgrammeCodes(MethodView):
    """The codes of a programme."""

    @scope("campaigns")
    @blueprint.arguments(CodesWantedSchema)
    @blueprint.response(201, ReferralCodesSchema)
    def post(self, body: dict[str, Any], programme_id: str) -> dict[str, Any]:
        """See to it that these customers have a code; those who have one keep it."""
        wanted = [led(customer) for customer in body["customers"]]
        codes = services().referrals.codes_for(programme_id, wanted)
        return {"data": [with_link(programme_id, customer, code) for customer, code in codes.items()]}


@blueprint.route("/<programme_id>/report")
class ReferralProgrammeReport(MethodView):
    """How far it has come."""

    @scope("read")
    @blueprint.response(200, ReferralProgrammeReportSchema)
    def get(self, programme_id: str) -> dict[str, Any]:
        """Read how many clicked, came, ordered and were rewarded, why the others were not, and what is used up."""
        programme = services().programmes.get(programme_id)
        counts = services().referrals.counts(programme.id)
        tally, money = services().referrals.tally(programme.id), programme.limits.money
        return {
            "clicked": services().visits.count_of("referral", programme.id),
            "states": {name: count for name, count in counts.items() if not name.startswith(_REJECTED)},
            "rejected": {
                name.removeprefix(_REJECTED): count for name, count in counts.items() if name.startswith(_REJECTED)
            },
            "counted": tally.count,
            "periods": tally.periods,
            "worth": Money(tally.worth, money.currency) if money else None,
        }
