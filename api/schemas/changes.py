"""What became of offers, codes and referral programmes, and who did it, going out."""

from marshmallow import fields, validate

from api.schemas.base import Instant, Strict
from loyalty.changes import WHAT


class ChangeSchema(Strict):
    """One change: `fields` holds the value before and after of each that differs."""

    id = fields.String(required=True)
    about = fields.String(required=True, metadata={"description": "The id or code of what was changed."})
    version = fields.Integer(required=True)
    at = Instant(required=True)
    what = fields.String(required=True, validate=validate.OneOf(WHAT))
    by = fields.String(required=True, metadata={"description": "The id of the API key; empty where Encore did it."})
    by_name = fields.String(required=True, metadata={"description": "The key's name."})
    fields_ = fields.Dict(
        keys=fields.String(), values=fields.List(fields.Raw()), required=True, data_key="fields", attribute="fields"
    )
