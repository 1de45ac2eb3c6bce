"""Orders: kept under the shop's own ids, listed, and what happens to them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Any

import msgspec
from flask import Response
from flask.views import MethodView
from marshmallow import ValidationError

from api import csv
from api.auth import scope
from api.blueprint import Blueprint
from api.context import services
from api.etags import etag_headers, versioned
from api.paging import paged
from api.problems import flattened
from api.schemas.base import Page
from api.schemas.orders import (
    CarrierEventSchema,
    OrderBodySchema,
    OrderEventSchema,
    OrderEventsSchema,
    OrderPageArgs,
    OrderRowSchema,
    OrderSchema,
    TakenEventsSchema,
)
from common.errors import Conflict, Invalid, NotFound
from customers.incidents import causes, is_open
from customers.orders import EventLine, Line, Order, OrderEvent, check_past
from storage.order_lists import cursor

blueprint = Blueprint("orders", __name__, url_prefix="/v1/orders", description="What was bought, and how it went.")

Answer = tuple[dict[str, Any], dict[str, str]]

_COLUMNS = (
    "id", "customer_id", "placed_at", "state", "currency", "total", "refunded", "units", "units_returned", "causes",
    "promised_at", "expected_at",
)  # fmt: skip
_WHY = {"unknown_order": "There is no such order.", "full": "The order has as many events as one can have."}


def money(order: Order, amount: int) -> dict[str, Any]:
    """An amount of an order."""
    return {"amount": amount, "currency": order.currency}


def answer(order: Order) -> Answer:
    """An order with its ETag."""
    shown = msgspec.structs.asdict(order) | {
        "lines": _lines(order),
        "total": money(order, order.total),
        "refunded": money(order, order.refunded),
        "expected_at": order.expected_at,
        "causes": sorted(causes(order)),
        "open": is_open(order),
    }
    return shown, etag_headers(order.version)


def row(order: Order) -> dict[str, Any]:
    """An order as lists show one."""
    return {
        "id": order.id,
        "customer_id": order.customer_id,
        "placed_at": order.placed_at,
        "state": order.state,
        "total": money(order, order.total),
        "refunded": money(order, order.refunded),
        "units": sum(line.quantity for line in order.lines),
        "units_returned": sum(order.returned.values()),
        "causes": sorted(causes(order)),
        "promised_at": order.promised_at,
        "expected_at": order.expected_at,
    }


def given(order_id: str, body: dict[str, Any]) -> Order:
    """The order that a body gives; raises Invalid for one of the future."""
    check_past("placed_at", body["placed_at"], services().clock.now())
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


def happened(body: Mapping[str, Any]) -> OrderEvent:
    """The event that a body tells; raises Invalid for one of the future."""
    check_past("at", body["at"], services().clock.now())
    lines = [EventLine(**line) for line in body.get("lines", [])]
    return OrderEvent(**{name: value for name, value in body.items() if name not in ("order_id", "lines")}, lines=lines)


def found(order_id: str) -> Order:
    """An order that exists; raises NotFound."""
    order = services().orders.get([order_id]).get(order_id)
    if order is None:
        raise NotFound("order", order_id)
    return order


@blueprint.route("")
class OrderList(MethodView):
    """All orders."""

    @scope("read")
    @blueprint.arguments(OrderPageArgs, location="query")
    @blueprint.response(200, Page(OrderRowSchema))
    @blueprint.doc(responses=csv.RESPONSES)
    def get(self, args: dict[str, Any]) -> dict[str, Any] | Response:
        """List orders in the order of their ids, or a customer's, the latest first; `Accept: text/csv` for a file."""
        orders, customer = services().order_lists, args.get("customer")
        if csv.is_wanted():
            return csv.answer("orders", _COLUMNS, map(_flat, orders.stream(args["after"], customer)))

        place = cursor if customer else attrgetter("id")
        page = paged(lambda after, limit: orders.page(after, limit, customer), args, place)
        return page | {"data": [row(order) for order in page["data"]]}


@blueprint.route("/events")
class OrderFeed(MethodView):
    """What happens to many orders."""

    @scope("ingest")
    @blueprint.arguments(OrderEventsSchema)
    @blueprint.response(200, TakenEventsSchema)
    def post(self, body: dict[str, Any]) -> dict[str, Any]:
        """Tell what happened to orders, as a carrier's feed does; what is wrong with an event is told for each."""
        events, refused = _read(body["events"])
        told: dict[str, list[OrderEvent]] = defaultdict(list)
        for order_id, event in events.values():
            told[order_id].append(event)
        known = services().orders.add_events(told)
        for index, (order_id, event) in events.items():
            if reason := _missed(known.get(order_id), event):
                refused.append(_refusal(index, order_id, reason, {"order_id": [_WHY[reason]]}))
        refused.sort(key=lambda one: int(one["index"]))
        return {"accepted": len(body["events"]) - len(refused), "refused": refused}


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
        return answer(services().orders.upsert([given(order_id, body)])[order_id])


@blueprint.route("/<order_id>/events")
class OrderEvents(MethodView):
    """What happens to an order."""

    @scope("ingest")
    @blueprint.arguments(OrderEventSchema)
    @blueprint.response(200, OrderSchema)
    def post(self, body: dict[str, Any], order_id: str) -> Answer:
        """Tell what happened to an order; events may come in any order and more than once."""
        event = happened(body)
        order = services().orders.add_events({order_id: [event]}).get(order_id)
        if order is None:
            raise NotFound("order", order_id)
        if reason := _missed(order, event):
            raise Conflict(_WHY[reason], reason)
        return answer(order)


def _lines(order: Order) -> list[dict[str, Any]]:
    """The lines, each with how many of it came back: which of two lines of one product it was, nobody can tell."""
    left = order.returned
    lines = []
    for line in order.lines:
        back = min(left.get(line.product_id, 0), line.quantity)
        left[line.product_id] = left.get(line.product_id, 0) - back
        shown = {"product_id": line.product_id, "quantity": line.quantity, "returned": back}
        lines.append(shown | {"unit_price": money(order, line.unit_price)})
    return lines


def _flat(order: Order) -> dict[str, Any]:
    """An order as a row of a file; amounts in minor units, as everywhere in the API."""
    return row(order) | {
        "currency": order.currency,
        "total": order.total,
        "refunded": order.refunded,
        "causes": ";".join(sorted(causes(order))),
    }


def _read(items: Sequence[Any]) -> tuple[dict[int, tuple[str, OrderEvent]], list[dict[str, Any]]]:
    """The events that can be read, by their place with their order; and the refusals of the others."""
    schema = CarrierEventSchema()
    events: dict[int, tuple[str, OrderEvent]] = {}
    refused: list[dict[str, Any]] = []
    for index, item in enumerate(items):
        if not isinstance(item, Mapping):
            refused.append(_refusal(index, None, "invalid", {"body": ["Not an object."]}))
            continue
        try:
            body = schema.load(item)
            events[index] = body["order_id"], happened(body)
        except ValidationError as error:
            refused.append(_refusal(index, item.get("order_id"), "invalid", flattened(error.messages_dict)))
        except Invalid as error:
            refused.append(_refusal(index, item.get("order_id"), "invalid", error.fields))
    return events, refused


def _refusal(index: int, order_id: Any, reason: str, errors: Mapping[str, Any]) -> dict[str, Any]:
    known = order_id if isinstance(order_id, str) else None
    return {"index": index, "order_id": known, "reason": reason, "errors": errors}


def _missed(order: Order | None, event: OrderEvent) -> str:
    """Why an order does not have an event; "" where it has."""
    if order is None:
        return "unknown_order"
    return "" if any(known.key == event.key for known in order.events) else "full"
