"""Suppressed addresses, as support staff look them up and change them."""

from marshmallow import fields, validate

from api.schemas.base import Instant, Strict
from api.schemas.checks import short
from customers.addresses import CHANNELS


class SuppressedAddressSchema(Strict):
    """An address on a channel."""

    channel = fields.String(required=True, validate=validate.OneOf(CHANNELS))
    address = fields.String(
        required=True,
        validate=validate.Length(1, 200),
        metadata={"description": "An e-mail address, or a phone number with its country code."},
    )


class SuppressSchema(SuppressedAddressSchema):
    """An address that is never to be written to."""

    purpose = fields.String(load_default="all", validate=validate.OneOf(["all", "marketing", "service"]))
    note = fields.String(
        required=True, validate=validate.Length(1, 500), metadata={"description": "Why; kept with who did it."}
    )


class LiftSchema(SuppressedAddressSchema):
    """An address that may be written to again."""

    reason = fields.String(
        required=True,
        validate=validate.Length(1, 100),
        metadata={"description": "Which of the reasons that stand: stop, unsubscribed, complaint, hard_bounce, …"},
    )
    note = fields.String(
        required=True, validate=validate.Length(1, 500), metadata={"description": "Why; kept with who did it."}
    )


class SuppressionWordSchema(Strict):
    """Why an address is suppressed, or was."""

    purpose = fields.String(required=True)
    reason = fields.String(required=True)
    at = Instant(required=True)
    by = short(required=True)
    note = fields.String(required=True)


class SuppressionSchema(Strict):
    """What stands against an address, and what was lifted by hand."""

    standing = fields.List(fields.Nested(SuppressionWordSchema), required=True)
    lifted = fields.List(fields.Nested(SuppressionWordSchema), required=True)
