"""Webhooks that could not be read or applied."""

from typing import Any

from flask.views import MethodView

from api.auth import scope
from api.blueprint import Blueprint
from api.context import services
from api.paging import paged
from api.schemas.base import Page, PageArgs
from api.schemas.spoilt_webhooks import SpoiltWebhookSchema

blueprint = Blueprint(
    "spoilt_webhooks", __name__, url_prefix="/v1/spoilt-webhooks", description="What providers said that was set aside."
)


@blueprint.route("")
class SpoiltWebhooks(MethodView):
    """All that were set aside."""

    @scope("read")
    @blueprint.arguments(PageArgs, location="query")
    @blueprint.response(200, Page(SpoiltWebhookSchema))
    def get(self, args: dict[str, Any]) -> dict[str, Any]:
        """List the webhooks that could not be read or applied, in the order of ids; `/metrics` counts them."""
        return paged(services().inbox.spoilt, args)
