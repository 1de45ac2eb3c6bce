"""API keys: made, shown once, listed, revoked."""

from typing import Any

from flask.views import MethodView

from api.auth import scope
from api.blueprint import Blueprint
from api.context import services
from api.paging import paged
from api.schemas.base import Page, PageArgs
from api.schemas.keys import KeySchema, NewKeySchema
from common.errors import NotFound

blueprint = Blueprint("keys", __name__, url_prefix="/v1/keys", description="Who may call this API, and what for.")


@blueprint.route("")
class KeyList(MethodView):
    """All keys."""

    @scope("admin")
    @blueprint.arguments(PageArgs, location="query")
    @blueprint.response(200, Page(KeySchema))
    def get(self, args: dict[str, Any]) -> dict[str, Any]:
        """List the keys, the revoked ones too."""
        return paged(services().keys.page, args)

    @scope("admin")
    @blueprint.arguments(KeySchema)
    @blueprint.response(201, NewKeySchema)
    def post(self, body: dict[str, Any]) -> dict[str, Any]:
        """Make a key; it is shown in this answer and never again."""
        key, secret = services().keys.create(body["name"], sorted(set(body["scopes"])))
        return {"id": key.id, "name": key.name, "scopes": key.scopes, "created_at": key.created_at, "key": secret}


@blueprint.route("/<key_id>")
class KeyItem(MethodView):
    """One key."""

    @scope("admin")
    @blueprint.response(204)
    def delete(self, key_id: str) -> None:
        """Revoke a key; from now on it opens nothing."""
        if not services().keys.revoke(key_id):
            raise NotFound("key", key_id)
