"""Files of customers, orders and products: taken as they stream in, worked on by a job."""

from typing import Any

from flask import request
from flask.views import MethodView
from werkzeug.exceptions import UnsupportedMediaType

from api.auth import scope
from api.blueprint import Blueprint
from api.bodies import streamed
from api.context import services
from api.resources.import_maps import found
from api.resources.jobs import shown
from api.schemas.imports import ImportArgs, mark_of
from api.schemas.jobs import JobSchema
from customers import parquet
from customers.columns import FIELDS, ColumnMap, Kind
from customers.opening import Asked
from customers.reading import PARQUET, TYPES

blueprint = Blueprint("imports", __name__, url_prefix="/v1/imports", description="Files, with one row a line.")


def taken(kind: Kind, args: dict[str, Any]) -> dict[str, Any]:
    """Keep the request's body as a file and start its import."""
    if request.mimetype == PARQUET and not parquet.there():
        raise UnsupportedMediaType("Parquet needs the extra `parquet` here: pip install 'encore-campaigns[parquet]'.")
    if request.mimetype not in (*TYPES, PARQUET):
        raise UnsupportedMediaType(f"Send {', '.join(TYPES)} or {PARQUET}.")
    packing = request.content_encoding or "identity"
    if packing not in ("identity", "gzip"):
        raise UnsupportedMediaType("Send it as it is, or packed by gzip.")
    asked = Asked(
        said=_said(kind, args),
        named=found(args["map"]) if "map" in args else None,
        gzip=packing == "gzip",
        dry_run=args["dry_run"],
    )
    return shown(services().importer.start(kind, request.stream, request.mimetype, asked))


def _said(kind: Kind, args: dict[str, Any]) -> ColumnMap:
    said = {
        name: args[name]
        for name in ("columns", "constants", "encoding", "decimal", "dates", "time_zone")
        if name in args
    }
    charset = request.mimetype_params.get("charset", "")
    if charset.lower() not in ("", "utf-8", "utf8"):
        said.setdefault("encoding", charset)
    return ColumnMap(kind=kind, delimiter=mark_of(args.get("delimiter", "")), **said)


def described(kind: Kind) -> dict[str, Any]:
    """The body of an import for the document."""
    columns = FIELDS[kind]
    may = f" It may have {', '.join(columns.optional)}." if columns.optional else ""
    text = (
        f"CSV whose first line names the columns: {', '.join(columns.required)}.{may} Other names are guessed, and "
        "shown in the job's `map`; or a map says which column is what. Other columns are left aside. Amounts are "
        "written like 12.50, instants like 2026-11-22T14:30:00Z (UTC where no offset is given), lists with semicolons; "
        "a file that writes them otherwise is found out, or asked about. As NDJSON, one object a line with the same "
        "names. Packed by gzip or not."
    )
    content = {type: {"schema": {"type": "string"}} for type in TYPES}  # noqa: A001  # as HTTP calls it
    return {"required": True, "description": text, "content": content}


@blueprint.route("/customers")
class CustomerImport(MethodView):
    """Customers from a file."""

    @scope("ingest")
    @streamed
    @blueprint.arguments(ImportArgs, location="query")
    @blueprint.doc(requestBody=described("customers"))
    @blueprint.response(202, JobSchema)
    def post(self, args: dict[str, Any]) -> dict[str, Any]:
        """Bring in customers. Rows that are wrong are reported by the job, the others go in; twice changes nothing."""
        return taken("customers", args)


@blueprint.route("/orders")
class OrderImport(MethodView):
    """Orders from a file."""

    @scope("ingest")
    @streamed
    @blueprint.arguments(ImportArgs, location="query")
    @blueprint.doc(requestBody=described("orders"))
    @blueprint.response(202, JobSchema)
    def post(self, args: dict[str, Any]) -> dict[str, Any]:
        """Bring in orders, one line of an order a row; the lines of one order may lie apart."""
        return taken("orders", args)


@blueprint.route("/products")
class ProductImport(MethodView):
    """Products from a file."""

    @scope("ingest")
    @streamed
    @blueprint.arguments(ImportArgs, location="query")
    @blueprint.doc(requestBody=described("products"))
    @blueprint.response(202, JobSchema)
    def post(self, args: dict[str, Any]) -> dict[str, Any]:
        """Bring in products, or with product_id and a few columns, like stock, change those that are known."""
        return taken("products", args)
