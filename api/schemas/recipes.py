"""Recipes: asked for, and what they made."""

from typing import Any

from marshmallow import fields, post_load, validate

from api.schemas.base import Strict
from api.schemas.campaigns import CampaignSchema
from campaigns.cooking import Order


class RecipeOrderSchema(Strict):
    """What is wanted of a recipe; all of it may be left out where its settings have defaults."""

    name = fields.String(
        load_default="", validate=validate.Length(max=150), metadata={"description": "What the campaign is called."}
    )
    brand = fields.String(load_default="default", validate=validate.Length(1, 64))
    holdout_percent = fields.Float(
        load_default=None,
        allow_none=True,
        validate=validate.Range(0, 50),
        metadata={"description": "Who gets nothing, to compare with; left out, the recipe's own."},
    )
    settings = fields.Dict(
        keys=fields.String(),
        load_default=dict,
        metadata={"description": "As the recipe's schema in `GET /v1/recipes` says."},
    )

    @post_load
    def _order(self, data: dict[str, Any], **_: Any) -> Order:
        return Order(**data)


class RecipeSchema(Strict):
    """A recipe, enough to build a form from."""

    name = fields.String(required=True)
    title = fields.String(required=True)
    summary = fields.String(required=True)
    scope = fields.String(required=True, metadata={"description": "What a key must be allowed to make it."})
    holdout_percent = fields.Float(required=True)
    example = fields.Dict(required=True, metadata={"description": "Settings that make it."})
    settings = fields.Dict(required=True, metadata={"description": "JSON schema of its settings."})


class RecipesSchema(Strict):
    """Every recipe."""

    data = fields.List(fields.Nested(RecipeSchema), required=True)


class RecipeMadeSchema(Strict):
    """Drafts, ready to be looked at, tried and launched; and the ids of what they name."""

    campaigns = fields.List(fields.Nested(CampaignSchema), required=True)
    templates = fields.List(fields.String(), required=True)
    segments = fields.List(fields.String(), required=True)
    offers = fields.List(fields.String(), required=True)
    goodwill = fields.Boolean(
        required=True,
        metadata={"description": "The goodwill policy was written; switch it on with `PUT /v1/goodwill`."},
    )
