"""Chats: links by which customers connect theirs, and what providers say of the shop's accounts."""

from typing import Any

import msgspec
from flask.views import MethodView

from api.auth import scope
from api.blueprint import Blueprint
from api.context import services
from api.paging import paged
from api.resources.customers import found
from api.schemas.base import Page
from api.schemas.chats import ChatLinkSchema, NewChatLinkSchema, NoticeArgs, NoticeSchema
from common.errors import Conflict, Invalid
from messaging.answers import greeting

blueprint = Blueprint("chats", __name__, url_prefix="/v1", description="Chats, and the accounts they are held with.")


@blueprint.route("/customers/<customer_id>/chat-links")
class ChatLinks(MethodView):
    """Links that connect a chat with a customer."""

    @scope("ingest")
    @blueprint.arguments(NewChatLinkSchema)
    @blueprint.response(201, ChatLinkSchema)
    @blueprint.alt_response(409, "CONFLICT")
    def post(self, body: dict[str, Any], customer_id: str) -> dict[str, Any]:
        """Make a link to the shop's chat; the first message that comes by it makes its sender this customer's address.

        Good for 30 days and one sender. 409 (`not_set_up`) where the setting with the shop's name there is missing.
        """
        customer = found(customer_id)
        provider, shop = services().providers.own(body["channel"]), services().shops.get()
        words = greeting(customer.locale, shop)
        try:
            provider.deep_link("", words)
        except Invalid as error:
            raise Conflict(f"{next(iter(error.fields))}: {error}", "not_set_up") from None
        link, token = services().linking.make(customer.id, **body)
        return {**msgspec.structs.asdict(link), "url": provider.deep_link(token, words), "token": token}


@blueprint.route("/provider-notices")
class Notices(MethodView):
    """What providers say of the shop's accounts."""

    @scope("read")
    @blueprint.arguments(NoticeArgs, location="query")
    @blueprint.response(200, Page(NoticeSchema))
    def get(self, args: dict[str, Any]) -> dict[str, Any]:
        """List what became of templates, of numbers' quality and of accounts, in the order of ids."""
        notices, channel = services().notices, args.pop("channel")

        def fetch(after: str, limit: int) -> list[dict[str, Any]]:
            rows = notices.page(after, limit, channel)
            return [{"channel": where, "id": one.key, **msgspec.structs.asdict(one)} for where, one in rows]

        return paged(fetch, args, cursor=lambda row: str(row["id"]))
