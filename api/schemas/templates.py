"""Templates and previews, coming in and going out."""

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from api.schemas.base import DEFAULT_LIMIT, MAX_LIMIT, Instant, ShopId, Strict
from content.syntax import SOURCE_LIMIT
from content.templates import FORMS

_PURPOSES = ["marketing", "service", "transactional"]


class ContentField(fields.Dict):
    """Content: channel -> language -> part -> what is written."""

    def __init__(self, **settings: Any) -> None:
        part = fields.String(validate=validate.Length(max=SOURCE_LIMIT))
        parts = fields.Dict(keys=fields.String(), values=part)
        super().__init__(
            keys=fields.String(),
            values=fields.Dict(keys=fields.String(), values=parts),
            metadata={
                "description": "By channel and language. An e-mail has `subject` and `html`, and may have `preheader` "
                "and `text`; a text message and a chat have `text`, a push message and an inbox `title` and `body`; "
                "`media`, `media_alt`, `link` and `buttons` (one a line: `Label | https://…`) where the channel takes "
                "them: GET /v1/channels says. Jinja2's `{{ … }}`, if and for, over the vocabulary.",
                "example": {"sms": {"en": {"text": "Hello {{ first_name | default('there') }}!"}}},
            },
            **settings,
        )


class TemplateBodySchema(Strict):
    """A template as it is written."""

    name = fields.String(required=True, validate=validate.Length(1, 200))
    content = ContentField(required=True)


class NewTemplateSchema(TemplateBodySchema):
    """A new template; its id is made where none is given."""

    id = ShopId()


class TemplateSchema(NewTemplateSchema):
    """A version of a template, as it is kept for good."""

    id = ShopId(required=True)
    version = fields.Integer(required=True)
    created_at = Instant(required=True)


class VersionArgs(Strict):
    """Which version is wanted."""

    version = fields.Integer(validate=validate.Range(1, 10**9), metadata={"description": "The latest if left out."})


class VersionPageArgs(Strict):
    """Which part of the versions is wanted."""

    limit = fields.Integer(load_default=DEFAULT_LIMIT, validate=validate.Range(1, MAX_LIMIT))
    after = fields.Integer(load_default=0, validate=validate.Range(0, 10**9))


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


class VariableSchema(Strict):
    """A name that templates may use."""

    name = fields.String(required=True)
    kind = fields.String(required=True)
    about = fields.String(required=True)
