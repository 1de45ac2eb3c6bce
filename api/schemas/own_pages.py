"""Links to a customer's own pages, for the shop to show."""

from marshmallow import fields, validate

from api.schemas.base import Strict


class NewPreferencesLinkSchema(Strict):
    """Which of the shop's brands the page looks like."""

    brand = fields.String(load_default="default", validate=validate.Length(1, 64))


class PreferencesLinkSchema(Strict):
    """A link."""

    url = fields.String(
        required=True,
        metadata={"description": "Signed; holds an id that Encore made up, nothing of the customer. For them alone."},
    )
