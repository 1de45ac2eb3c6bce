"""Suppressed addresses: looked up, added and lifted by hand, with who did so and why. Kept as keyed hashes only."""

from typing import Any

from flask.views import MethodView

from api.auth import scope
from api.blueprint import Blueprint
from api.context import caller, services
from api.schemas.suppressions import LiftSchema, SuppressedAddressSchema, SuppressionSchema, SuppressSchema
from common.errors import Invalid, NotFound
from customers.addresses import normalise
from customers.consent import BY_HAND, SuppressionRecord, SuppressionWord

blueprint = Blueprint(
    "suppressions", __name__, url_prefix="/v1/suppressions", description="Addresses never to be written to."
)


@blueprint.route("")
class SuppressionItem(MethodView):
    """What stands against an address."""

    @scope("admin")
    @blueprint.arguments(SuppressedAddressSchema, location="query")
    @blueprint.response(200, SuppressionSchema)
    def get(self, args: dict[str, Any]) -> SuppressionRecord:
        """Look an address up. Only hashes are kept, so there is no list of them."""
        return services().suppressions.record(args["channel"], _address(args))

    @scope("admin")
    @blueprint.arguments(SuppressSchema)
    @blueprint.response(200, SuppressionSchema)
    def post(self, body: dict[str, Any]) -> SuppressionRecord:
        """Suppress an address; it outlives the erasure of whoever has it."""
        address = _address(body)
        word = SuppressionWord(
            purpose=body["purpose"], reason=BY_HAND, at=services().clock.now(), by=caller().id, note=body["note"]
        )
        services().suppressions.add_by_hand(body["channel"], address, word)
        return services().suppressions.record(body["channel"], address)


@blueprint.route("/lift")
class SuppressionLift(MethodView):
    """An address that may be written to again."""

    @scope("admin")
    @blueprint.arguments(LiftSchema)
    @blueprint.response(200, SuppressionSchema)
    def post(self, body: dict[str, Any]) -> SuppressionRecord:
        """Lift what was suppressed for one reason; 404 where nothing stands for it. Consent is not given by this."""
        channel, address = body["channel"], _address(body)
        suppressions = services().suppressions
        if not suppressions.lift_by_hand(
            channel, address, body["reason"], services().clock.now(), caller().id, body["note"]
        ):
            raise NotFound("suppression", body["reason"])
        return suppressions.record(channel, address)


def _address(given: dict[str, Any]) -> str:
    try:
        return normalise(given["channel"], given["address"])
    except Invalid as error:
        raise Invalid.field("address", error.fields[given["channel"]][0]) from None
