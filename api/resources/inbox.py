"""Inboxes: one for a customer, and the token with which the shop's pages show it."""

from typing import Any

from flask.views import MethodView

from api.auth import scope
from api.blueprint import Blueprint
from api.context import services
from api.pages.inbox import SCRIPT, token_for
from api.resources.customers import found
from api.schemas.inbox import InboxSchema
from common.ids import new_id
from customers.addresses import INBOX

blueprint = Blueprint("inboxes", __name__, url_prefix="/v1/customers", description="Messages on the shop's own pages.")


@blueprint.route("/<customer_id>/inbox")
class CustomerInbox(MethodView):
    """A customer's inbox."""

    @scope("ingest")
    @blueprint.response(200, InboxSchema)
    def post(self, customer_id: str) -> dict[str, Any]:
        """Give a customer who is logged in at the shop an inbox, where they have none, and a fresh token for it."""
        addresses = found(customer_id).addresses.get(INBOX, [])
        if not addresses:
            addresses = [new_id()]
            services().customers.change(customer_id, {f"addresses.{INBOX}": addresses})
        token, until = token_for(addresses[0])
        script = f"{services().settings.public_url.rstrip('/')}{SCRIPT}"
        return {"address": addresses[0], "token": token, "expires_at": until, "script": script}
