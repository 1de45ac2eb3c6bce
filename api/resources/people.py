"""Who is who: two ids made one person, and all that is held told to whom it is about."""

from collections.abc import Iterator
from itertools import chain
from typing import Any

import msgspec
from flask import Response
from flask.views import MethodView

from api.auth import scope
from api.blueprint import Blueprint
from api.context import services
from api.merged import literally
from api.paging import paged
from api.resources.customers import Answer, answer, found
from api.schemas.base import Page, PageArgs
from api.schemas.customers import CustomerSchema
from api.schemas.people import DuplicateSchema, ExportSchema, MergeSchema
from customers.export import Section

blueprint = Blueprint("people", __name__, url_prefix="/v1/customers", description="Who is who.")


@blueprint.route("/duplicates")
class DuplicateList(MethodView):
    """Customers who may be one."""

    @scope("read")
    @blueprint.arguments(PageArgs, location="query")
    @blueprint.response(200, Page(DuplicateSchema))
    def get(self, args: dict[str, Any]) -> dict[str, Any]:
        """List the addresses that several customers have (the address itself is not told), and whose they are."""
        return paged(services().found_duplicates.page, args)


@blueprint.route("/<customer_id>/merge")
class CustomerMerge(MethodView):
    """Two that are one."""

    @scope("ingest")
    @literally
    @blueprint.arguments(MergeSchema)
    @blueprint.response(200, CustomerSchema)
    def post(self, body: dict[str, Any], customer_id: str) -> Answer:
        """Make `other` this customer: all that was theirs, and from now on their id too. Again, it is the same.

        409 says that one of them was merged elsewhere already (`merged`, `cycle`), or that others are at it.
        """
        return answer(found(services().merger.merge(customer_id, body["other"])))


@blueprint.route("/<customer_id>/export")
class CustomerExport(MethodView):
    """What is held of a person."""

    @scope("read")
    @blueprint.response(200, ExportSchema)
    def get(self, customer_id: str) -> Response:
        """Tell all that is held of a customer, as JSON in sections, streamed."""
        sections = services().exporter.sections(customer_id)
        first = next(sections)  # read now, so that an outage still is a 503
        headers = {"Content-Disposition": 'attachment; filename="customer.json"', "Cache-Control": "no-store"}
        return Response(_json(chain([first], sections)), content_type="application/json", headers=headers)


def _json(sections: Iterator[Section]) -> Iterator[bytes]:
    before = b"{"
    for name, documents in sections:
        yield before + msgspec.json.encode(name) + b": ["
        for number, document in enumerate(documents):
            yield (b",\n" if number else b"\n") + msgspec.json.encode(_named(document))
        before = b"],\n"
    yield b"]}\n"


def _named(document: dict[str, Any]) -> dict[str, Any]:
    """A document with its id under the name that the API has for it."""
    return {name.removeprefix("_"): value for name, value in document.items()}
