"""What operators ask: is the process up, are its servers there, how is it doing."""

from typing import Any

from flask import Response, current_app
from marshmallow import fields

from api import requests
from api.blueprint import Blueprint
from api.context import services
from api.schemas.base import Strict
from common.errors import Unavailable
from storage.outages import as_unavailable

blueprint = Blueprint("operators", __name__, description="For those who run it; no key needed.")


class HealthSchema(Strict):
    """What was found."""

    status = fields.String(required=True)
    servers = fields.Dict(keys=fields.String(), values=fields.Boolean())


@blueprint.route("/healthz")
@blueprint.response(200, HealthSchema)
def alive() -> dict[str, Any]:
    """Is this process up? Asks no other server."""
    return {"status": "up"}


@blueprint.route("/readyz")
@blueprint.response(200, HealthSchema)
@blueprint.alt_response(503, "SERVICE_UNAVAILABLE")
def ready() -> dict[str, Any]:
    """Do MongoDB and Redis answer? 503 says which does not."""
    servers = services().health.answering()
    away = [name for name, answers in servers.items() if not answers]
    if away:
        raise Unavailable(f"Not answering: {', '.join(away)}.")
    return {"status": "ready", "servers": servers}


@blueprint.route("/metrics")
@blueprint.response(200, {"type": "string"}, content_type="text/plain")
def metrics() -> Response:
    """Figures for Prometheus. While MongoDB is away, those that are kept there are left out."""
    return requests.metrics(current_app, _spoilt())


def _spoilt() -> dict[str, int]:
    try:
        return services().inbox.count_spoilt()
    except Exception as error:
        if as_unavailable(error) is None:
            raise
        return {}
