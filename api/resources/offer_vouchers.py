"""The codes of an offer: minted, listed, taken from a list of the shop's own."""

from collections.abc import Iterator
from itertools import islice
from operator import attrgetter
from typing import Any

from flask import Response, request
from flask.views import MethodView
from werkzeug.exceptions import UnsupportedMediaType

from api import csv
from api.auth import scope
from api.blueprint import Blueprint
from api.bodies import streamed
from api.context import caller, services
from api.paging import paged
from api.resources.vouchers import told
from api.schemas.base import Page, PageArgs
from api.schemas.minting import GuesserSchema, ListedArgs, ListedSchema, MintedSchema, MintSchema
from api.schemas.vouchers import VoucherSchema
from common.errors import Invalid
from loyalty.code_changes import MINTED
from loyalty.own_codes_reading import TYPES, rows_of
from loyalty.purse import no_purse
from loyalty.voucher import Voucher
from loyalty.voucher_book import VoucherBook

blueprint = Blueprint("offer_vouchers", __name__, url_prefix="/v1", description="The codes of an offer.")

COLUMNS = ("code", "written", "customer_id", "state", "single_use", "issued_at", "valid_until", "campaign")
CHUNK = 1_000
BODY = {
    "description": (
        f"{', '.join(TYPES)}. CSV names its columns in the first line: `code`, and `customer_id` for personal codes; "
        "text has a code a line; JSON is a list of texts or of `{code, customer_id}`, NDJSON such an object a line."
    ),
    "required": True,
    "content": {kind: {"schema": {"type": "string"}} for kind in TYPES if kind != "application/json"}
    | {"application/json": {"schema": {"type": "array", "items": {}}}},
}


@blueprint.route("/offers/<offer_id>/vouchers")
class OfferVouchers(MethodView):
    """The codes of an offer."""

    @scope("read")
    @blueprint.arguments(PageArgs, location="query")
    @blueprint.response(200, Page(VoucherSchema))
    @blueprint.doc(responses=csv.RESPONSES)
    def get(self, args: dict[str, Any], offer_id: str) -> dict[str, Any] | Response:
        """List an offer's codes in their own order, with what has become of each; as CSV, all of them."""
        book = services().vouchers.book
        if csv.is_wanted():
            return csv.answer("vouchers", COLUMNS, _rows(book, offer_id))
        page = paged(lambda after, limit: list(book.of_offer(offer_id, after, limit)), args, cursor=attrgetter("code"))
        return {**page, "data": _shown(book, offer_id, page["data"])}

    @scope("campaigns")
    @blueprint.arguments(MintSchema)
    @blueprint.response(201, MintedSchema)
    def post(self, body: dict[str, Any], offer_id: str) -> dict[str, Any]:
        """See to it that the offer has these codes; those it has already are the same."""
        no_purse(offer_id)
        if bool(body["customers"]) == bool(body["generic"]):
            raise Invalid.field("customers", "Say either `customers` or how many `generic` codes.")
        prefix = "single" if body["single_use"] else "many"
        leads = services().aliases.resolve(body["customers"])
        owners = {f"customer:{one}": leads.get(one, one) for one in body["customers"]}
        owners |= {f"{prefix}:{number}": "" for number in range(1, body["generic"] + 1)}
        single = bool(body["customers"]) or body["single_use"]
        counts = {"customers": len(body["customers"]), "generic": body["generic"], "single_use": single}
        services().code_changes.tell(offer_id, MINTED, caller().id, counts)
        minted = services().vouchers.mint(offer_id, owners, single_use=single)
        return {"data": [{"code": code, "customer_id": owners[source]} for source, code in minted.items()]}


@blueprint.route("/offers/<offer_id>/vouchers/import")
class OfferVoucherImport(MethodView):
    """Codes that the shop has already."""

    @scope("campaigns")
    @streamed
    @blueprint.arguments(ListedArgs, location="query")
    @blueprint.doc(requestBody=BODY)
    @blueprint.response(200, ListedSchema)
    def post(self, args: dict[str, Any], offer_id: str) -> Any:
        """Take a list of the shop's own codes; each line that is not taken is told with its reason.

        Letters and digits count, not case, spaces or hyphens. The same list again takes nothing twice.
        """
        if request.mimetype not in TYPES:
            raise UnsupportedMediaType(f"Send {', '.join(TYPES)}.")
        rows = rows_of(request.stream, request.mimetype)
        return services().own_codes.take(no_purse(offer_id), rows, args["single_use"], caller().id)


@blueprint.route("/guessers")
class GuesserList(MethodView):
    """Who guesses."""

    @scope("read")
    @blueprint.arguments(PageArgs, location="query")
    @blueprint.response(200, Page(GuesserSchema))
    def get(self, args: dict[str, Any]) -> dict[str, Any]:
        """List who asked for codes that do not exist within the last 30 days, how often, and who has to wait for it."""
        return paged(services().guessing.page, args)


def _shown(book: VoucherBook, offer_id: str, vouchers: list[Voucher]) -> list[dict[str, Any]]:
    statuses = book.statuses(offer_id, vouchers)
    return [told(voucher, status) for voucher, status in zip(vouchers, statuses, strict=True)]


def _rows(book: VoucherBook, offer_id: str) -> Iterator[dict[str, Any]]:
    """Every code, with the book given: a list that is streamed outlives the request."""
    vouchers = book.of_offer(offer_id)
    while part := list(islice(vouchers, CHUNK)):
        for row in _shown(book, offer_id, part):
            yield {**row, "customer_id": row["customer"]}
