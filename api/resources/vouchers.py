"""Codes at the checkout: looked at, tried, held, used, taken back."""

from typing import Any

import msgspec
from flask import Response
from flask.views import MethodView

from api import qr
from api.auth import scope
from api.blueprint import Blueprint
from api.changes import changes_of
from api.context import caller, services
from api.guessing import guarded
from api.merged import led
from api.resources.redemptions import shown
from api.schemas.base import Page, PageArgs
from api.schemas.changes import ChangeSchema
from api.schemas.redemptions import RedemptionSchema, VerdictSchema
from api.schemas.vouchers import (
    QrArgs,
    ReserveSchema,
    UseSchema,
    VoucherChangeSchema,
    VoucherSchema,
)
from loyalty.voucher import Voucher
from loyalty.voucher_book import VoucherStatus
from loyalty.vouchers import Verdict

blueprint = Blueprint("vouchers", __name__, url_prefix="/v1", description="Codes at the checkout.")


def told(voucher: Voucher, status: VoucherStatus) -> dict[str, Any]:
    """A voucher as the API shows it."""
    return {**msgspec.structs.asdict(voucher), **msgspec.structs.asdict(status)}


@blueprint.route("/vouchers/<code:code>")
class VoucherItem(MethodView):
    """One code."""

    @scope("checkout")
    @blueprint.response(200, VoucherSchema)
    def get(self, code: str) -> dict[str, Any]:
        """Read a code as somebody typed it: any case, with spaces or hyphens, look-alikes put right."""
        with guarded():
            voucher = services().vouchers.get(code)
        return told(voucher, services().vouchers.status(voucher))

    @scope("campaigns")
    @blueprint.arguments(VoucherChangeSchema)
    @blueprint.response(200, VoucherSchema)
    def patch(self, body: dict[str, Any], code: str) -> dict[str, Any]:
        """Switch a code off and on again, or cancel it for ever; what was redeemed stays redeemed."""
        with guarded():
            voucher = services().vouchers.book.set_state(code, body["state"], caller().id)
        return told(voucher, services().vouchers.status(voucher))


@blueprint.route("/vouchers/<code:code>/changes")
class VoucherChanges(MethodView):
    """Who switched it off."""

    @scope("read")
    @blueprint.arguments(PageArgs, location="query")
    @blueprint.response(200, Page(ChangeSchema))
    def get(self, args: dict[str, Any], code: str) -> dict[str, Any]:
        """List who switched a code off, on again, or cancelled it, and when; the first change first."""
        with guarded():
            voucher = services().vouchers.get(code)
        return changes_of("voucher", voucher.code, args)


@blueprint.route("/vouchers/<code:code>/qr")
class VoucherQr(MethodView):
    """A picture of one code."""

    @scope("checkout")
    @blueprint.arguments(QrArgs, location="query")
    @blueprint.response(200, content_type="image/svg+xml", description="The picture, in the format that was asked for.")
    def get(self, args: dict[str, Any], code: str) -> Response:
        """Draw a code as a QR image, for paper or a screen; it holds the code or a link with it, and nobody's name."""
        with guarded():
            voucher = services().vouchers.get(code)
        text = voucher.written or voucher.code
        if args["content"] == "link":
            text = qr.link_with(services().shops.get().url, text)
        picture, media_type = qr.drawn(text, args["format"], args["scale"])
        return Response(picture, content_type=media_type, headers={"Cache-Control": "private, max-age=3600"})


@blueprint.route("/vouchers/<code:code>/validate")
class VoucherValidate(MethodView):
    """Trying."""

    @scope("checkout")
    @blueprint.arguments(UseSchema)
    @blueprint.response(200, VerdictSchema)
    def post(self, body: dict[str, Any], code: str) -> Verdict:
        """Say what a code would give for this order, or exactly why it would not; changes nothing."""
        customer = led(body["customer_id"])
        with guarded(customer):
            return services().vouchers.validate(code, customer, body["order"], body["segments"])


@blueprint.route("/vouchers/<code:code>/reserve")
class VoucherReserve(MethodView):
    """Holding."""

    @scope("checkout")
    @blueprint.arguments(ReserveSchema)
    @blueprint.response(200, RedemptionSchema)
    def post(self, body: dict[str, Any], code: str) -> dict[str, Any]:
        """Hold a code for an order while it is being paid; the hold ends by itself. 409 names the reason."""
        customer = led(body["customer_id"])
        with guarded(customer):
            held = services().vouchers.reserve(code, customer, body["order"], body["seconds"], body["segments"])
        return shown(held)


@blueprint.route("/vouchers/<code:code>/redeem")
class VoucherRedeem(MethodView):
    """Using."""

    @scope("checkout")
    @blueprint.arguments(UseSchema)
    @blueprint.response(200, RedemptionSchema)
    def post(self, body: dict[str, Any], code: str) -> dict[str, Any]:
        """Use a code for an order; again for the same order, it is the same redemption. 409 names the reason."""
        customer = led(body["customer_id"])
        with guarded(customer):
            return shown(services().vouchers.redeem(code, customer, body["order"], body["segments"]))
