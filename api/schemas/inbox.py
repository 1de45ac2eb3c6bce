"""A customer's inbox on the shop's pages, as the shop's own system is told of it."""

from marshmallow import fields

from api.schemas.base import Instant, Strict


class InboxSchema(Strict):
    """An inbox, and the token with which a page shows it."""

    address = fields.String(required=True, metadata={"description": "Made by Encore; says nothing of the customer."})
    token = fields.String(required=True, metadata={"description": "Goes into the page: `data-token` of the script."})
    expires_at = Instant(required=True)
    script = fields.String(required=True, metadata={"description": "The address of the script that shows it."})
