"""Column maps: kept by name, or shipped with Encore."""

from re import fullmatch
from typing import Any

import msgspec
from flask.views import MethodView

from api.auth import scope
from api.blueprint import Blueprint
from api.context import services
from api.etags import etag_headers, expected_version, versioned
from api.paging import paged
from api.schemas.base import Page, PageArgs
from api.schemas.imports import NAME_PATTERN, ColumnMapBodySchema, ColumnMapSchema, mark_of, name_of
from common.errors import Conflict, Invalid, NotFound
from customers.columns import ColumnMap, Returns, check_map
from customers.maps import shipped

blueprint = Blueprint(
    "import-maps", __name__, url_prefix="/v1/import-maps", description="Which column of a file says what."
)

Answer = tuple[dict[str, Any], dict[str, str]]


def shown(one: ColumnMap) -> dict[str, Any]:
    """A map as the API shows it."""
    told = msgspec.structs.asdict(one)
    returns = None if one.returns is None else msgspec.structs.asdict(one.returns)
    marks = {"delimiter": name_of(one.delimiter), "lists": name_of(one.lists)}
    return told | marks | {"returns": returns, "shipped": one.name in shipped()}


def given(body: dict[str, Any], name: str) -> ColumnMap:
    """The map that a body describes; raises Invalid where it could never be read by."""
    returns = Returns(**body["returns"]) if body["returns"] else None
    marks = {"delimiter": mark_of(body["delimiter"]), "lists": mark_of(body["lists"])}
    one = ColumnMap(**body | marks | {"name": name, "returns": returns})
    check_map(one)
    return one


def found(name: str) -> ColumnMap:
    """The map of a name, shipped or kept; raises NotFound."""
    one = shipped().get(name) or services().column_maps.get(name)
    if one is None:
        raise NotFound("column map", name)
    return one


@blueprint.route("")
class ColumnMapList(MethodView):
    """All maps."""

    @scope("read")
    @blueprint.arguments(PageArgs, location="query")
    @blueprint.response(200, Page(ColumnMapSchema))
    def get(self, args: dict[str, Any]) -> dict[str, Any]:
        """List the maps in the order of their names, those that ship with Encore among them."""
        page = paged(_page, args)
        return page | {"data": [shown(one) for one in page["data"]]}


def _page(after: str, limit: int) -> list[ColumnMap]:
    kept = services().column_maps.page(after, limit)
    own = [one for one in shipped().values() if one.name > after]
    return sorted([*kept, *own], key=lambda one: one.name)[:limit]


@blueprint.route("/<name>")
class ColumnMapItem(MethodView):
    """One map."""

    @scope("read")
    @versioned
    @blueprint.response(200, ColumnMapSchema)
    def get(self, name: str) -> Answer:
        """Read a map."""
        one = found(name)
        return shown(one), etag_headers(one.version)

    @scope("ingest")
    @versioned
    @blueprint.arguments(ColumnMapBodySchema)
    @blueprint.response(200, ColumnMapSchema)
    def put(self, body: dict[str, Any], name: str) -> Answer:
        """Keep a map under this name: small letters, digits, - and _."""
        if not fullmatch(NAME_PATTERN, name):
            raise Invalid.field("name", "Up to 64 small letters, digits, - and _.")
        if name in shipped():
            raise Conflict(f"The map {name!r} ships with Encore; keep yours under another name.", "shipped")
        one = services().column_maps.put(given(body, name), expected_version())
        return shown(one), etag_headers(one.version)

    @scope("ingest")
    @blueprint.response(204)
    def delete(self, name: str) -> None:
        """Forget a map. Imports that began by it go on by what it said then."""
        if name in shipped():
            raise Conflict(f"The map {name!r} ships with Encore.", "shipped")
        if not services().column_maps.delete(name):
            raise NotFound("column map", name)
