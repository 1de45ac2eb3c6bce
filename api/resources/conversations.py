"""What customers wrote back, a thread each."""

from typing import Any

from flask.views import MethodView

from api.auth import scope
from api.blueprint import Blueprint
from api.context import services
from api.paging import paged
from api.schemas.base import Page, PageArgs
from api.schemas.conversations import SaidSchema
from common.errors import NotFound
from messaging.conversation import cursor

blueprint = Blueprint("conversations", __name__, url_prefix="/v1/conversations", description="What customers wrote.")


@blueprint.route("")
class Strangers(MethodView):
    """What nobody known wrote."""

    @scope("read")
    @blueprint.arguments(PageArgs, location="query")
    @blueprint.response(200, Page(SaidSchema))
    def get(self, args: dict[str, Any]) -> dict[str, Any]:
        """List what came from addresses that no customer has, in the order of ids; a STOP among it is obeyed."""
        return paged(services().threads.of_nobody, args)


@blueprint.route("/<customer_id>")
class Thread(MethodView):
    """One customer's thread."""

    @scope("read")
    @blueprint.arguments(PageArgs, location="query")
    @blueprint.response(200, Page(SaidSchema))
    @blueprint.alt_response(404, "NOT_FOUND")
    def get(self, args: dict[str, Any], customer_id: str) -> dict[str, Any]:
        """List what this customer wrote and was answered, the oldest first."""
        if not services().customers.get([customer_id]):
            raise NotFound("customer", customer_id)
        threads = services().threads
        return paged(lambda after, limit: threads.of_customer(customer_id, after, limit), args, cursor)
