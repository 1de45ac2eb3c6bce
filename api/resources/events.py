"""What the shop's site saw: views, carts, and names of the shop's own."""

from collections.abc import Sequence
from typing import Any

from flask.views import MethodView

from api.auth import scope
from api.blueprint import Blueprint
from api.context import services
from api.schemas.events import SiteEventsSchema, TakenSchema
from common.errors import Invalid
from common.events import Event
from customers.behaviour import seen

blueprint = Blueprint("events", __name__, url_prefix="/v1/events", description="What the shop's site saw.")


@blueprint.route("")
class EventList(MethodView):
    """Events from the shop's site."""

    @scope("ingest")
    @blueprint.arguments(SiteEventsSchema)
    @blueprint.response(202, TakenSchema)
    def post(self, body: dict[str, Any]) -> dict[str, int]:
        """Keep what customers did, each once. An unknown customer or a wrong event refuses the whole batch."""
        events = _events(body["events"])
        services().events.add(events)
        return {"accepted": len(events)}


def _events(given: Sequence[dict[str, Any]]) -> list[Event]:
    now = services().clock.now()
    known = services().customers.get(sorted({one["customer"] for one in given}))
    wrong: dict[str, list[str]] = {}
    events: list[Event] = []
    for index, one in enumerate(given):
        try:
            events.append(seen(one["type"], one.get("at", now), one["customer"], one["data"], one["id"]))
        except Invalid as error:
            wrong |= {f"events.{index}.{path}": messages for path, messages in error.fields.items()}
        if one["customer"] not in known:
            wrong[f"events.{index}.customer"] = [f"There is no customer {one['customer']!r}."]
    if wrong:
        raise Invalid("Some events are wrong, so none was kept; `errors` names each.", wrong)
    return events
