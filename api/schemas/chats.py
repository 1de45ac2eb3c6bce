"""Links to chats, and what providers say of the shop's accounts."""

from marshmallow import fields, validate

from api.schemas.base import Instant, PageArgs, Strict

CHATS = ["whatsapp", "telegram", "viber", "messenger", "instagram", "line"]


class NewChatLinkSchema(Strict):
    """A link to be made; with a `wording`, whoever uses it agrees to marketing on that channel in these words."""

    channel = fields.String(required=True, validate=validate.OneOf(CHATS))
    wording = fields.String(load_default="", validate=validate.Length(max=1_000))
    source = fields.String(
        load_default="",
        validate=validate.Length(max=100),
        metadata={"description": "Where the link stands, kept with the consent: a page, a receipt, a sign."},
    )


class ChatLinkSchema(Strict):
    """A link to a chat; `token` is in its `url`, and stands alone for who links an account in another way."""

    channel = fields.String(required=True)
    url = fields.String(required=True)
    token = fields.String(required=True)
    wording = fields.String(required=True)
    source = fields.String(required=True)
    expires_at = Instant(required=True)


class NoticeArgs(PageArgs):
    """Which notices are wanted."""

    channel = fields.String(load_default="", validate=validate.Length(max=40))


class NoticeSchema(Strict):
    """What a provider said of the account: `about` is what kind of thing, `name` which, `state` what became of it."""

    id = fields.String(required=True)
    channel = fields.String(required=True)
    about = fields.String(required=True)
    name = fields.String(required=True)
    state = fields.String(required=True)
    detail = fields.String(required=True)
    at = Instant(required=True)
