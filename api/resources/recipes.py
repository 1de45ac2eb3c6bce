"""Recipes: campaigns that many shops need, made ready from a few settings."""

from typing import Any

import msgspec
from flask.views import MethodView

from api.auth import scope
from api.blueprint import Blueprint
from api.context import caller, services
from api.schemas.recipes import RecipeMadeSchema, RecipeOrderSchema, RecipesSchema
from campaigns.cooking import Made, Order
from campaigns.recipe import kinds
from common.errors import Denied

blueprint = Blueprint("recipes", __name__, url_prefix="/v1/recipes", description="Campaigns that many shops need.")


@blueprint.route("")
class RecipeList(MethodView):
    """All recipes."""

    @scope("read")
    @blueprint.response(200, RecipesSchema)
    def get(self) -> dict[str, Any]:
        """List the recipes with the schemas of their settings."""
        return {
            "data": [
                {
                    "name": kind.name,
                    "title": kind.title,
                    "summary": kind.summary,
                    "scope": kind.scope,
                    "holdout_percent": kind.holdout_percent,
                    "example": dict(kind.example),
                    "settings": msgspec.json.schema(kind.Settings),
                }
                for kind in kinds().values()
            ]
        }


@blueprint.route("/<name>")
class RecipeItem(MethodView):
    """One recipe."""

    @scope("campaigns")
    @blueprint.arguments(RecipeOrderSchema)
    @blueprint.response(201, RecipeMadeSchema)
    def post(self, body: Order, name: str) -> Made:
        """Make drafts by a recipe: the campaign with its words, people and offer. Nothing goes out before a launch.

        403 where the recipe asks for more than `campaigns`: its `scope` says so.
        """
        if name in kinds() and not caller().may(kinds()[name].scope):
            raise Denied(kinds()[name].scope)
        return services().cook.make(name, body, caller().id)
