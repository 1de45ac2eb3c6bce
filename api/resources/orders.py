"""Orders: kept under the shop's own ids, and what happens to them."""

from typing import Any

import msgspec
from flask.views import MethodView

from api.auth import scope
from api.blueprint import Blueprint
from api.context import services
from api.etags import etag_headers, versioned
from api.schemas.orders import OrderBodySchema, OrderEventSchema, OrderSchema
from common.errors import NotFound
from customers.orders import Line, Order, OrderEvent

blueprint = Blueprint("orders", __name__, url_prefix="/v1/orders", description="What was bought, and how it went.")

Answer = tuple[dict[str, Any], dict[str, str]]


def answer(order: Order) -> Answer:
    """An order with its ETag."""

    def money(amount: int) -> dict[str, Any]:
        return {"amount": amount, "currency": order.currency}

    lines = [
        {"product_id": line.product_id, "quantity": line.quantity, "unit_price": money(line.unit_price)}
        for line in order.lines
    ]
    shown = msgspec.structs.asdict(order) | {"lines": lines}
    return shown | {"total": money(order.total), "refunded": money(order.refunded)}, etag_headers(order.version)


def given(order_id: str, body: dict[str, Any]) -> Order:
    """The order that a body gives."""
    lines = [
        Line(product_id=line["product_id"], quantity=line["quantity"], unit_price=line["unit_price"].amount)
        for line in body["lines"]
    ]
    total = body.get("total")
    return Order(
        id=order_id,
        customer_id=body["customer_id"],
        placed_at=body["placed_at"],
        currency=(total or body["lines"][0]["unit_price"]).currency,
        total=total.amount if total else sum(line.quantity * line.unit_price for line in lines),
        lines=lines,
        vouchers=body["vouchers"],
        packed_by=body["packed_by"],
        promised_at=body["promised_at"],
    )


def found(order_id: str) -> Order:
    """An order that exists; raises NotFound."""
    order = services().orders.get([order_id]).get(order_id)
    if order is None:
        raise NotFound("order", order_id)
    return order


@blueprint.route("/<order_id>")
class OrderItem(MethodView):
    """One order."""

    @scope("read")
    @versioned
    @blueprint.response(200, OrderSchema)
    def get(self, order_id: str) -> Answer:
        """Read an order."""
        return answer(found(order_id))

    @scope("ingest")
    @blueprint.arguments(OrderBodySchema)
    @blueprint.response(200, OrderSchema)
    def put(self, body: dict[str, Any], order_id: str) -> Answer:
        """Keep an order. A customer nobody heard of is created bare; another customer's order is refused with 409."""
        services().orders.upsert([given(order_id, body)])
        return answer(found(order_id))


@blueprint.route("/<order_id>/events")
class OrderEvents(MethodView):
    """What happens to an order."""

    @scope("ingest")
    @blueprint.arguments(OrderEventSchema)
    @blueprint.response(200, OrderSchema)
    def post(self, body: dict[str, Any], order_id: str) -> Answer:
        """Tell what happened to an order; events may come in any order and more than once."""
        order = services().orders.add_event(order_id, OrderEvent(**body))
        if order is None:
            raise NotFound("order", order_id)
        return answer(order)
