"""Reports on the shop as a whole."""

from typing import Any

import msgspec
from flask import Response
from flask.views import MethodView

from api import csv
from api.auth import scope
from api.blueprint import Blueprint
from api.context import services
from api.schemas.reports import TakingsArgs, TakingsReportSchema
from customers.takings import Takings, report

blueprint = Blueprint("reports", __name__, url_prefix="/v1/reports", description="The shop in figures.")

_COLUMNS = (
    "month", "currency", "orders", "customers", "lines", "units", "gross", "refunded", "net", "returned_orders",
    "returned_units", "returned_value", "cancelled",
)  # fmt: skip


@blueprint.route("/orders")
class OrderReport(MethodView):
    """What the shop took."""

    @scope("read")
    @blueprint.arguments(TakingsArgs, location="query")
    @blueprint.response(200, TakingsReportSchema)
    @blueprint.doc(responses=csv.RESPONSES)
    def get(self, args: dict[str, Any]) -> dict[str, Any] | Response:
        """Count orders, customers, units and money, by month and currency; `Accept: text/csv` for the months."""
        figures = report(services().takings, args.get("since"), args.get("until"))
        if csv.is_wanted():
            return csv.answer("takings", _COLUMNS, [_flat(one) for one in figures.months])
        return {
            "customers": figures.customers,
            "totals": [_shown(one) for one in figures.totals],
            "months": [_shown(one) for one in figures.months],
        }


def _flat(takings: Takings) -> dict[str, Any]:
    return msgspec.structs.asdict(takings) | {"net": takings.net}


def _shown(takings: Takings) -> dict[str, Any]:
    flat = _flat(takings)
    amounts = ("gross", "refunded", "net", "returned_value")
    money = {name: {"amount": flat[name], "currency": takings.currency} for name in amounts}
    return flat | money
