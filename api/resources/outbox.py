"""The outbox: what would have been sent, had its channel credentials."""

from typing import Any

from flask.views import MethodView

from api.auth import scope
from api.blueprint import Blueprint
from api.context import services
from api.paging import paged
from api.schemas.base import Page
from api.schemas.outbox import LetterSchema, OutboxArgs

blueprint = Blueprint("outbox", __name__, url_prefix="/v1/outbox", description="Messages kept instead of sent.")


@blueprint.route("")
class Outbox(MethodView):
    """All letters that were kept."""

    @scope("read")
    @blueprint.arguments(OutboxArgs, location="query")
    @blueprint.response(200, Page(LetterSchema))
    def get(self, args: dict[str, Any]) -> dict[str, Any]:
        """List what channels without credentials have kept, in the order of message ids."""
        outbox = services().outbox
        return paged(lambda after, limit: outbox.page(after, limit, args["channel"]), args)
