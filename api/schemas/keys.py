"""API keys, coming in and going out."""

from marshmallow import fields, validate

from api.schemas.base import Instant, Strict
from common.keys import SCOPES


class KeySchema(Strict):
    """A key as it can be seen later: never the key itself."""

    id = fields.String(required=True, dump_only=True)
    name = fields.String(required=True, validate=validate.Length(1, 100))
    scopes = fields.List(
        fields.String(validate=validate.OneOf(SCOPES)),
        required=True,
        validate=validate.Length(1, len(SCOPES)),
    )
    created_at = Instant(required=True, dump_only=True)
    last_used_at = Instant(allow_none=True, dump_only=True)
    revoked_at = Instant(allow_none=True, dump_only=True)


class NewKeySchema(KeySchema):
    """A key as it is shown once, right after it was made."""

    key = fields.String(required=True, dump_only=True)
