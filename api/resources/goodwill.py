"""The goodwill policy: what the shop does by itself when something went wrong."""

from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from flask.views import MethodView

from api.auth import scope
from api.blueprint import Blueprint
from api.context import services
from api.etags import etag_headers, expected_version, versioned
from api.schemas.goodwill import GoodwillSchema, MakeGoodKindsSchema
from loyalty.budgets import states
from loyalty.goodwill import Goodwill, ready_budget
from loyalty.makegood import kinds

blueprint = Blueprint("goodwill", __name__, url_prefix="/v1/goodwill", description="How the shop makes good.")

Answer = tuple[dict[str, Any], dict[str, str]]


def answer(policy: Goodwill) -> Answer:
    """The policy with its ETag, and its budget as it stands."""
    local = services().clock.now().astimezone(ZoneInfo(services().shops.get().time_zone))
    spent = services().purse.spent()
    shown = msgspec.structs.asdict(policy) | {"budgets": states(policy.budget, spent, local)}
    return shown, etag_headers(policy.version)


@blueprint.route("")
class GoodwillItem(MethodView):
    """The one policy."""

    @scope("read")
    @versioned
    @blueprint.response(200, GoodwillSchema)
    def get(self) -> Answer:
        """Read the policy, and what of its budget is left."""
        return answer(services().goodwill.get())

    @scope("admin")
    @versioned
    @blueprint.arguments(GoodwillSchema)
    @blueprint.response(200, GoodwillSchema)
    def put(self, body: dict[str, Any]) -> Answer:
        """Set the policy, whole; what was promised stays promised, and counts."""
        known, made = services().goodwill.get(), services()
        since = known.active_since if known.active else made.clock.now()
        budget = body.pop("budget") or ready_budget(made.shops.get().currency)
        wanted = Goodwill(**body, budget=budget, active_since=since if body["active"] else None)
        policy = made.goodwill.put(wanted, expected_version())
        made.purse.offer(policy.budget)
        return answer(policy)


@blueprint.route("/kinds")
class MakeGoodKinds(MethodView):
    """What can be given."""

    @scope("read")
    @blueprint.response(200, MakeGoodKindsSchema)
    def get(self) -> dict[str, Any]:
        """List the kinds of make-good with the schemas of their settings."""
        return {
            "data": [
                {"kind": kind.name, "summary": kind.about, "settings": msgspec.json.schema(kind.Settings)}
                for kind in kinds().values()
            ]
        }
