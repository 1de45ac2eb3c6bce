"""Previews, pictures, sheets and tests of messages, coming in and going out."""

from typing import Any, get_args

from marshmallow import ValidationError, fields, validate, validates_schema

from api.schemas.base import MoneySchema, ShopId, Strict
from api.schemas.templates import ContentField
from content.picture import WIDTHS
from content.templates import FORMS
from messaging.web_check import Verdict

_PURPOSES = ["marketing", "service", "transactional"]


def _invented() -> fields.List[str]:
    return fields.List(
        fields.String(),
        required=True,
        metadata={
            "description": "Names among the words that the customer has no value for before an event gives one (an "
            "order, a cart, an incident …), or that no offer or programme was named for: they show a sample."
        },
    )


class PreviewRequestSchema(Strict):
    """What is to be seen: a template or content not yet kept, as this customer, or an invented one, would get it."""

    template = ShopId(metadata={"description": "A template's id; or else `content`."})
    content = ContentField()
    customer = ShopId(metadata={"description": "Whose names and history fill it in; an invented person's if left out."})
    offer = fields.String(
        load_default="",
        validate=validate.Length(max=64),
        metadata={"description": "The offer it is about; invented if left out. The code is a sample either way."},
    )
    referral_programme = fields.String(load_default="", validate=validate.Length(max=64))
    channel = fields.String(required=True, validate=validate.OneOf(sorted(FORMS)))
    locale = fields.String(
        load_default="",
        validate=validate.Length(max=35),
        metadata={"description": "The customer's own, or the shop's, if left out; pt-BR falls back to pt."},
    )
    purpose = fields.String(load_default="marketing", validate=validate.OneOf(_PURPOSES))

    @validates_schema
    def _one_source(self, data: dict[str, Any], **_: Any) -> None:
        if ("template" in data) == ("content" in data):
            raise ValidationError("Give either a template or content.", "template")


class WarningSchema(Strict):
    """Something unwise about the message."""

    code = fields.String(required=True)
    part = fields.String(required=True)
    message = fields.String(required=True)
    line = fields.Integer(required=True, metadata={"description": "Where, as it was written; 0 for the whole part."})


class SmsSchema(Strict):
    """What a text message costs."""

    encoding = fields.String(required=True, validate=validate.OneOf(["GSM-7", "UCS-2"]))
    units = fields.Integer(required=True)
    segments = fields.Integer(required=True)
    left = fields.Integer(required=True)
    unicode = fields.List(fields.String(), required=True)


class PreviewSchema(Strict):
    """The message as its receiver would see it."""

    channel = fields.String(required=True)
    locale = fields.String(required=True)
    parts = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    warnings = fields.List(fields.Nested(WarningSchema), required=True)
    sms = fields.Nested(SmsSchema, required=True, allow_none=True)
    cost = fields.Nested(
        MoneySchema,
        required=True,
        allow_none=True,
        metadata={"description": "Of a text message: by the providers' prices, or else ENCORE_SMS_PART_PRICE."},
    )
    invented = _invented()


class PictureSchema(PreviewRequestSchema):
    """What is to be drawn."""

    device = fields.String(load_default="desktop", validate=validate.OneOf(sorted(WIDTHS)))


class LinkCheckSchema(Strict):
    """What is at an address."""

    url = fields.String(required=True)
    verdict = fields.String(required=True, validate=validate.OneOf(get_args(Verdict)))
    status = fields.Integer(required=True, allow_none=True)
    bytes = fields.Integer(required=True, allow_none=True)


class LinksSchema(Strict):
    """What is at each address."""

    data = fields.List(fields.Nested(LinkCheckSchema), required=True)


class SheetRequestSchema(Strict):
    """Whose messages are to be seen."""

    channel = fields.String(required=True, validate=validate.OneOf(sorted(FORMS)))
    locale = fields.String(load_default="", validate=validate.Length(max=35))
    version = fields.Integer(
        strict=True, validate=validate.Range(1, 10**9), metadata={"description": "The latest if left out."}
    )
    segment = ShopId(metadata={"description": "Only people of this segment; of all customers if left out."})
    offer = fields.String(load_default="", validate=validate.Length(max=64))
    referral_programme = fields.String(load_default="", validate=validate.Length(max=64))
    purpose = fields.String(load_default="marketing", validate=validate.OneOf(_PURPOSES))
    count = fields.Integer(strict=True, load_default=20, validate=validate.Range(1, 50))


class SheetRowSchema(Strict):
    """One person's message, or why they would get none."""

    customer = fields.String(required=True)
    why = fields.String(required=True, metadata={"description": "What sets this person apart: `longest_name`, say."})
    locale = fields.String(required=True)
    parts = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    warnings = fields.List(fields.Nested(WarningSchema), required=True)
    skipped = fields.String(required=True, metadata={"description": "Like `missing_value:first_name`, or empty."})
    invented = _invented()


class SheetSchema(Strict):
    """The most different people, the most telling first."""

    data = fields.List(fields.Nested(SheetRowSchema), required=True)


class TestSendSchema(Strict):
    """As whom, over which channel, and to which of the shop's test addresses."""

    customer = ShopId(required=True)
    channel = fields.String(required=True, validate=validate.OneOf(sorted(FORMS)))
    address = fields.String(required=True, validate=validate.Length(1, 320))
    variant = fields.String(load_default="", validate=validate.Length(max=64))


class TriedSchema(Strict):
    """What was handed over, and what the provider said."""

    outcome = fields.String(required=True, validate=validate.OneOf(["accepted", "nottaken", "rejected", "uncertain"]))
    provider = fields.String(required=True)
    locale = fields.String(required=True)
    parts = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    detail = fields.String(required=True)
    invented = _invented()
