"""Codes at the checkout: looked at, tried, held, used, taken back."""

from typing import Any

import msgspec
from flask.views import MethodView

from api.auth import scope
from api.blueprint import Blueprint
from api.context import services
from api.merged import led
from api.schemas.vouchers import RedemptionSchema, ReserveSchema, UseSchema, VerdictSchema, VoucherSchema
from common.money import Money
from loyalty.redemption import Redemption
from loyalty.vouchers import Verdict

blueprint = Blueprint("vouchers", __name__, url_prefix="/v1", description="Codes at the checkout.")


def shown(redemption: Redemption) -> dict[str, Any]:
    """A redemption as the API shows it."""
    return {
        **msgspec.structs.asdict(redemption),
        "customer_id": redemption.customer,
        "order_id": redemption.order,
        "order_total": Money(redemption.order_total, redemption.currency),
        "discount": redemption.off,
        "state": redemption.state.value,
    }


@blueprint.route("/vouchers/<code>")
class VoucherItem(MethodView):
    """One code."""

    @scope("checkout")
    @blueprint.response(200, VoucherSchema)
    def get(self, code: str) -> dict[str, Any]:
        """Read a code as somebody typed it: any case, with spaces or hyphens, look-alikes put right."""
        voucher = services().vouchers.get(code)
        status = services().vouchers.status(voucher)
        return {**msgspec.structs.asdict(voucher), **msgspec.structs.asdict(status)}


@blueprint.route("/vouchers/<code>/validate")
class VoucherValidate(MethodView):
    """Trying."""

    @scope("checkout")
    @blueprint.arguments(UseSchema)
    @blueprint.response(200, VerdictSchema)
    def post(self, body: dict[str, Any], code: str) -> Verdict:
        """Say what a code would give for this order, or exactly why it would not; changes nothing."""
        return services().vouchers.validate(code, led(body["customer_id"]), body["order"])


@blueprint.route("/vouchers/<code>/reserve")
class VoucherReserve(MethodView):
    """Holding."""

    @scope("checkout")
    @blueprint.arguments(ReserveSchema)
    @blueprint.response(200, RedemptionSchema)
    def post(self, body: dict[str, Any], code: str) -> dict[str, Any]:
        """Hold a code for an order while it is being paid; the hold ends by itself. 409 names the reason."""
        reserved = services().vouchers.reserve(code, led(body["customer_id"]), body["order"], body["seconds"])
        return shown(reserved)


@blueprint.route("/vouchers/<code>/redeem")
class VoucherRedeem(MethodView):
    """Using."""

    @scope("checkout")
    @blueprint.arguments(UseSchema)
    @blueprint.response(200, RedemptionSchema)
    def post(self, body: dict[str, Any], code: str) -> dict[str, Any]:
        """Use a code for an order; again for the same order, it is the same redemption. 409 names the reason."""
        return shown(services().vouchers.redeem(code, led(body["customer_id"]), body["order"]))


@blueprint.route("/redemptions/<redemption_id>/rollback")
class RedemptionRollback(MethodView):
    """Taking back."""

    @scope("checkout")
    @blueprint.response(200, RedemptionSchema)
    def post(self, redemption_id: str) -> dict[str, Any]:
        """Take a redemption back, or end a hold: the code and its budget are free again. Twice is once."""
        return shown(services().vouchers.rollback(redemption_id))
