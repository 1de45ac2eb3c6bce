"""Messages: their life, and what people received."""

from typing import Any

from flask.views import MethodView

from api.auth import scope
from api.blueprint import Blueprint
from api.context import services
from api.idempotency import operation_id
from api.paging import paged
from api.schemas.base import Page
from api.schemas.messages import ContentSchema, MessagesArgs, MessageSchema, SingleMessageSchema
from campaigns.single import Wanted
from common.errors import Invalid, NotFound
from messaging.message import Message, State

blueprint = Blueprint("messages", __name__, url_prefix="/v1", description="What is sent, and what became of it.")


def message_of(id: str) -> Message:
    """One message; raises NotFound."""
    found = services().messages.get([id])
    if id not in found:
        raise NotFound("message", id)
    return found[id]


def _wanted(body: dict[str, Any]) -> Wanted:
    """What is asked for; raises Invalid for a brand that the shop has not, or an order that is not the customer's."""
    given, brand = dict(body["data"]), body["brand"]
    shop = services().shops.get()
    if brand != "default" and brand not in shop.brands:
        raise Invalid.field("brand", f"The shop has no such brand; it has {', '.join(sorted(shop.brands))}.")
    customer = services().customers.get([body["customer"]]).get(body["customer"])
    if customer is not None and (order := given.get("order")):
        found = services().orders.get([order]).get(order)
        if found is None or found.customer_id != customer.id:
            raise Invalid.field("data.order", "This customer has no such order.")
    own = given.pop("attributes", None)
    data: dict[str, Any] = {"event": given} if given else {}
    if own:
        data["values"] = {"attributes": own}
    return Wanted(**{**body, "data": data})


@blueprint.route("/messages")
class MessageList(MethodView):
    """Single messages."""

    @scope("campaigns")
    @blueprint.arguments(SingleMessageSchema)
    @blueprint.response(202, MessageSchema)
    def post(self, body: dict[str, Any]) -> Message:
        """Send one message to one customer, now; it passes the gate like any other. `data` is what it is about."""
        return services().sender.send(_wanted(body), operation_id())


@blueprint.route("/messages/<message_id>")
class MessageItem(MethodView):
    """One message."""

    @scope("read")
    @blueprint.response(200, MessageSchema)
    def get(self, message_id: str) -> Message:
        """Read a message: its state, why, and every attempt on it."""
        return message_of(message_id)


@blueprint.route("/messages/<message_id>/content")
class MessageContent(MethodView):
    """What one person received."""

    @scope("read")
    @blueprint.response(200, ContentSchema)
    def get(self, message_id: str) -> dict[str, Any]:
        """Read what the latest attempt on a message carried, word for word. 404 before it was tried."""
        message = message_of(message_id)
        content = services().contents.get(message.id, message.attempts[-1].token) if message.attempts else None
        if content is None:
            raise NotFound("content of message", message_id)
        return {
            "message": message.id,
            "channel": content.channel,
            "address": content.address,
            "parts": content.rendered.parts,
            "headers": content.rendered.headers,
            "voucher": content.rendered.voucher,
            "written_at": content.written_at,
            "state": message.state,
        }


@blueprint.route("/campaigns/<campaign_id>/messages")
class CampaignMessages(MethodView):
    """A campaign's messages."""

    @scope("read")
    @blueprint.arguments(MessagesArgs, location="query")
    @blueprint.response(200, Page(MessageSchema))
    def get(self, args: dict[str, Any], campaign_id: str) -> dict[str, Any]:
        """List a campaign's messages, of one state or of all."""
        campaign = services().campaigns.get(campaign_id)
        state = State(args["state"]) if args["state"] else None

        def fetch(after: str, limit: int) -> list[Message]:
            return services().messages.of_campaign(campaign.id, after, limit, state)

        return paged(fetch, args)
