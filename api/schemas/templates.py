"""Templates and previews, coming in and going out."""

from typing import Any

from marshmallow import fields, validate

from api.schemas.base import DEFAULT_LIMIT, MAX_LIMIT, Instant, Mapped, ShopId, Strict
from content.syntax import SOURCE_LIMIT


class ContentField(Mapped):
    """Content: channel -> language -> part -> what is written."""

    def __init__(self, **settings: Any) -> None:
        part = fields.String(validate=validate.Length(max=SOURCE_LIMIT))
        parts = Mapped(keys=fields.String(), values=part)
        super().__init__(
            keys=fields.String(),
            values=Mapped(keys=fields.String(), values=parts),
            metadata={
                "description": "By channel and language. An e-mail has `subject` and `html` or `mjml`, and may "
                "have `preheader` and `text`; a text message and a chat have `text`, a push message and an inbox "
                "`title` and `body`; `media`, `media_alt`, `link` and `buttons` (one a line: `Label | https://…`) "
                "where the channel takes them: GET /v1/channels says. Jinja2's `{{ … }}`, if and for, over the "
                "vocabulary.",
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


class VariableSchema(Strict):
    """A name that templates may use."""

    name = fields.String(required=True)
    kind = fields.String(required=True)
    about = fields.String(required=True)
