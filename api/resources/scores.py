"""Scores of customers: recency, frequency and money; who is about to leave; and by what they are worked out."""

from datetime import UTC, datetime
from typing import Any

import msgspec
from flask import Response
from flask.views import MethodView

from api import csv
from api.auth import scope
from api.blueprint import Blueprint
from api.context import services
from api.etags import etag_headers, expected_version, versioned
from api.schemas.scores import CustomerScoresSchema, LapseSchema, RfmBodySchema, RfmSchema
from common.errors import NotFound
from customers.customer import Customer
from segments.cells import Row, cells, grid
from segments.lapse import CERTAINTIES, SPANS, LapseModel, instant_of, lapse_of, part_of
from segments.rfm import Borders, Place, SetBorders, rfm_of

blueprint = Blueprint("scores", __name__, url_prefix="/v1", description="Who is worth what, and who is about to leave.")

COLUMNS = ("cell", "customers", "share", "orders", "money", "alive", "gone", "value", "currency")


@blueprint.route("/segments/rfm")
class Rfm(MethodView):
    """Recency, frequency and money."""

    @scope("read")
    @versioned
    @blueprint.response(200, RfmSchema)
    @blueprint.doc(responses=csv.RESPONSES)
    def get(self) -> tuple[dict[str, Any], dict[str, str]] | Response:
        """Read the borders and the table of cells; with `Accept: text/csv`, the table as a file, in minor units."""
        kept = services().models.read("rfm")
        if csv.is_wanted():
            currency = kept.get("currency", "")
            rows = (msgspec.structs.asdict(row) | {"currency": currency} for row in cells(_places(kept)))
            return csv.answer("cells", COLUMNS, rows)
        return _table(kept), etag_headers(kept.get("version", 0))

    @scope("campaigns")
    @versioned
    @blueprint.arguments(RfmBodySchema)
    @blueprint.response(200, RfmSchema)
    def put(self, body: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        """Set how customers are scored; a worker then scores everybody anew. The answer shows the table until then."""
        chosen = SetBorders(**body["borders"]) if body["borders"] else None
        kept = services().models.change("rfm", expected_version(), chosen=chosen)
        services().refreshing.ask()
        return _table(kept), etag_headers(kept["version"])


@blueprint.route("/segments/lapse")
class Lapse(MethodView):
    """Who is about to leave."""

    @scope("read")
    @blueprint.response(200, LapseSchema)
    def get(self) -> dict[str, Any]:
        """Read the model in force: its parameters, on how many customers it was fitted, how well, and those before."""
        kept = services().models.read("lapse")
        current = services().refreshing.current()
        history = [_fit(msgspec.convert(one, LapseModel)) for one in kept.get("history", [])]
        return {
            "model": history[-1] if history else None,
            "refresh": msgspec.structs.asdict(current) if current else None,
            "history": history[::-1],
        }


@blueprint.route("/customers/<customer_id>/scores")
class CustomerScores(MethodView):
    """One customer's."""

    @scope("read")
    @blueprint.response(200, CustomerScoresSchema)
    def get(self, customer_id: str) -> dict[str, Any]:
        """Read a customer's scores, and what is to be expected of them."""
        customer = services().customers.get([customer_id]).get(customer_id)
        if customer is None:
            raise NotFound("customer", customer_id)
        return {"rfm": _rfm(customer), "outlook": _outlook(customer, services().clock.now())}


def _places(kept: dict[str, Any]) -> list[Place]:
    return msgspec.convert(kept.get("places", []), list[Place])


def _table(kept: dict[str, Any]) -> dict[str, Any]:
    places, currency = _places(kept), kept.get("currency") or services().shops.get().currency
    chosen = kept.get("chosen")
    return {
        "mode": "set" if chosen else "quintiles",
        "chosen": chosen,
        "borders": _borders(msgspec.convert(kept["borders"], Borders)) if "borders" in kept else None,
        "refreshed_at": kept.get("refreshed_at"),
        "customers": sum(place.customers for place in places),
        "cells": [_with_money(row, currency) for row in cells(places)],
        "grid": [_with_money(square, currency) for square in grid(places)],
    }


def _with_money(row: Row, currency: str) -> dict[str, Any]:
    money = {name: {"amount": getattr(row, name), "currency": currency} for name in ("money", "value")}
    return msgspec.structs.asdict(row) | money


def _borders(borders: Borders) -> dict[str, Any]:
    instants = [datetime.fromtimestamp(at / 1_000, UTC) for at in borders.recency]
    return {"recency": instants, "frequency": borders.frequency, "money": borders.money}


def _fit(model: LapseModel) -> dict[str, Any]:
    fitted = model.kind == "bgnbd"
    return {
        "model": model.kind,
        "reason": model.reason,
        "fitted_at": model.fitted_at,
        "parameters": {name: getattr(model, name) for name in ("r", "alpha", "a", "b")} if fitted else None,
        "log_likelihood": model.log_likelihood if fitted else None,
        "customers": model.customers,
        "repeat_customers": model.repeaters,
        "repeat_orders": model.repeats,
        "repeat_orders_expected": model.repeats_expected,
        "usual_gap_days": model.gap_days,
        "histories": model.histories,
        "unit_days": model.unit_days,
        "worth": msgspec.structs.asdict(model.worth) if model.worth else None,
        "worth_reason": model.worth_reason,
    }


def _rfm(customer: Customer) -> dict[str, Any] | None:
    scores = rfm_of(customer)
    names = {"recency": "r", "frequency": "f", "money": "m", "cell": "cell", "since": "at"}
    return {name: scores.get(kept) for name, kept in names.items()} if scores else None


def _outlook(customer: Customer, now: datetime) -> dict[str, Any] | None:
    lapse = lapse_of(customer)
    if "p_alive" not in lapse:
        return None
    late_at = instant_of(customer, "late_at")
    late = late_at is not None and late_at <= now
    gone = [(percent, part_of(customer, "gone", percent)) for percent in CERTAINTIES]
    return {
        "model": lapse["model"],
        "p_alive": lapse["p_alive"],
        "expected": [{"days": days, "orders": part_of(customer, "expected", days)} for days in SPANS],
        "next_order_at": instant_of(customer, "next_at"),
        "late_at": late_at,
        "late": late,
        "late_by_days": (now - late_at).days if late and late_at else 0,
        "gone": [{"percent": percent, "at": at} for percent, at in gone if at is not None],
        "value": lapse["value"],
        "since": lapse["at"],
    }
