"""Uses of codes: several codes on one order at once, read, and taken back."""

from typing import Any

import msgspec
from flask.views import MethodView

from api.auth import scope
from api.blueprint import Blueprint
from api.context import services
from api.guessing import count_missing, guarded
from api.merged import led
from api.schemas.redemptions import (
    RedeemedTogetherSchema,
    RedemptionSchema,
    ReserveTogetherSchema,
    RollbackSchema,
    TogetherSchema,
    UseTogetherSchema,
)
from common.errors import NotFound
from common.money import Money
from loyalty.checkout import Together
from loyalty.facts import Asked
from loyalty.redemption import Redemption, RedemptionState

blueprint = Blueprint("redemptions", __name__, url_prefix="/v1/redemptions", description="Uses of codes.")


def shown(redemption: Redemption) -> dict[str, Any]:
    """A redemption as the API shows it."""
    back = redemption.discount if redemption.state is RedemptionState.ROLLED_BACK else redemption.returned
    return {
        **msgspec.structs.asdict(redemption),
        "customer_id": redemption.customer,
        "order_id": redemption.order,
        "order_total": Money(redemption.order_total, redemption.currency),
        "discount": redemption.off,
        "cost": redemption.charged,
        "rolled_back": Money(back, redemption.currency),
        "until": redemption.until if redemption.state is RedemptionState.RESERVED else None,
        "state": redemption.state.value,
    }


def asked(body: dict[str, Any]) -> Asked:
    """Who wants to use codes, for which order."""
    return Asked(customer=led(body["customer_id"]), basket=body["order"], segments=body["segments"])


def together(redemptions: list[Redemption]) -> dict[str, Any]:
    """Several redemptions of one order, and what they took off it."""
    off = sum(one.discount for one in redemptions)
    return {
        "discount": Money(off, redemptions[0].currency),
        "redemptions": [shown(one) for one in sorted(redemptions, key=lambda one: one.turn)],
    }


@blueprint.route("/validate")
class ValidateTogether(MethodView):
    """Trying several codes."""

    @scope("checkout")
    @blueprint.arguments(UseTogetherSchema)
    @blueprint.response(200, TogetherSchema)
    def post(self, body: dict[str, Any]) -> Together:
        """Say what several codes would give for one order, and by which rule one would not; changes nothing."""
        wanted = asked(body)
        with guarded(wanted.customer):
            verdicts = services().checkout.validate(body["codes"], wanted)
        count_missing(verdicts.codes, wanted.customer)
        return verdicts


@blueprint.route("/reserve")
class ReserveTogether(MethodView):
    """Holding several codes."""

    @scope("checkout")
    @blueprint.arguments(ReserveTogetherSchema)
    @blueprint.response(200, RedeemedTogetherSchema)
    def post(self, body: dict[str, Any]) -> dict[str, Any]:
        """Hold several codes for one order, all or none; 409 says what would become of each of them."""
        wanted = asked(body)
        with guarded(wanted.customer):
            return together(services().checkout.reserve(body["codes"], wanted, body["seconds"]))


@blueprint.route("/redeem")
class RedeemTogether(MethodView):
    """Using several codes."""

    @scope("checkout")
    @blueprint.arguments(UseTogetherSchema)
    @blueprint.response(200, RedeemedTogetherSchema)
    def post(self, body: dict[str, Any]) -> dict[str, Any]:
        """Use several codes for one order, all or none; again for the same order, the same. 409 says why not."""
        wanted = asked(body)
        with guarded(wanted.customer):
            return together(services().checkout.redeem(body["codes"], wanted))


@blueprint.route("/<redemption_id>")
class RedemptionItem(MethodView):
    """One use of a code."""

    @scope("checkout")
    @blueprint.response(200, RedemptionSchema)
    def get(self, redemption_id: str) -> dict[str, Any]:
        """Read a use of a code, or a hold."""
        kept = services().redemptions.get(redemption_id)
        if kept is None or kept.state is RedemptionState.REFUSED:
            raise NotFound("redemption", redemption_id)
        return shown(kept)


@blueprint.route("/<redemption_id>/rollback")
class RedemptionRollback(MethodView):
    """Taking back."""

    @scope("checkout")
    @blueprint.arguments(RollbackSchema)
    @blueprint.response(200, RedemptionSchema)
    def post(self, body: dict[str, Any], redemption_id: str) -> dict[str, Any]:
        """Take a redemption back, or end a hold: the code and its budget are free again. Twice is once.

        With `amount`, only so much of the discount goes back to the budget, once, and the code stays used. The answer
        to a second time says so in its `reason`, `already_rolled_back`.
        """
        return shown(services().vouchers.rollback(redemption_id, body["amount"]))
