"""Files of customers, orders and products: taken as they stream in, worked on by a job."""

from typing import Any

from flask import request
from flask.views import MethodView
from werkzeug.exceptions import UnsupportedMediaType

from api.auth import scope
from api.blueprint import Blueprint
from api.bodies import streamed
from api.context import services
from api.resources.jobs import shown
from api.schemas.jobs import JobSchema
from customers.imports import COLUMNS, Kind
from customers.reading import TYPES

blueprint = Blueprint("imports", __name__, url_prefix="/v1/imports", description="Files, with one row a line.")


def taken(kind: Kind) -> dict[str, Any]:
    """Keep the request's body as a file and start its import."""
    charset = request.mimetype_params.get("charset", "utf-8").lower()
    if request.mimetype not in TYPES or charset not in ("utf-8", "utf8") or request.content_encoding:
        raise UnsupportedMediaType(f"Send {' or '.join(TYPES)}, in UTF-8 and not compressed.")
    return shown(services().importer.start(kind, request.stream, request.mimetype))


def described(kind: Kind) -> dict[str, Any]:
    """The body of an import for the document."""
    columns = COLUMNS[kind]
    may = f" It may have {', '.join(columns.optional)}." if columns.optional else ""
    text = (
        f"CSV whose first line names the columns: {', '.join(columns.required)}.{may} Other columns are left aside. "
        "Amounts are written like 12.50, instants like 2026-11-22T14:30:00Z (UTC where no offset is given), lists "
        "with semicolons. As NDJSON, one object a line with the same names."
    )
    content = {type: {"schema": {"type": "string"}} for type in TYPES}  # noqa: A001  # as HTTP calls it
    return {"required": True, "description": text, "content": content}


@blueprint.route("/customers")
class CustomerImport(MethodView):
    """Customers from a file."""

    @scope("ingest")
    @streamed
    @blueprint.doc(requestBody=described("customers"))
    @blueprint.response(202, JobSchema)
    def post(self) -> dict[str, Any]:
        """Bring in customers. Rows that are wrong are reported by the job, the others go in; twice changes nothing."""
        return taken("customers")


@blueprint.route("/orders")
class OrderImport(MethodView):
    """Orders from a file."""

    @scope("ingest")
    @streamed
    @blueprint.doc(requestBody=described("orders"))
    @blueprint.response(202, JobSchema)
    def post(self) -> dict[str, Any]:
        """Bring in orders, one line of an order a row; the lines of one order may lie apart."""
        return taken("orders")


@blueprint.route("/products")
class ProductImport(MethodView):
    """Products from a file."""

    @scope("ingest")
    @streamed
    @blueprint.doc(requestBody=described("products"))
    @blueprint.response(202, JobSchema)
    def post(self) -> dict[str, Any]:
        """Bring in products."""
        return taken("products")
