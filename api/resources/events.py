"""What the shop's site saw: views, carts, and names of the shop's own."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from flask.views import MethodView
from marshmallow import ValidationError

from api.auth import scope
from api.blueprint import Blueprint
from api.context import services
from api.problems import flattened
from api.schemas.events import SiteEventsSchema, TakenSchema
from common.errors import Invalid
from common.events import Event
from customers.behaviour import check_time, seen

blueprint = Blueprint("events", __name__, url_prefix="/v1/events", description="What the shop's site saw.")

Wrong = dict[str, list[str]]


@blueprint.route("")
class EventList(MethodView):
    """Events from the shop's site."""

    @scope("ingest")
    @blueprint.arguments(SiteEventsSchema)
    @blueprint.response(202, TakenSchema)
    def post(self, body: dict[str, Any]) -> dict[str, Any]:
        """Keep what customers did, each once: one event, or `events` by the batch.

        Wrong ones are told by their place, and the others kept; where none is right, the answer is 422. Visitors
        whom nobody knows are not followed: an event names a customer.
        """
        events, wrong = _events(body.get("events", [{"id": "", "data": {}, **body}]))
        if not events:
            prefix = "events.{}." if "events" in body else ""
            paths = {prefix.format(index) + path: text for index, told in wrong.items() for path, text in told.items()}
            raise Invalid("No event was kept; `errors` names what is wrong.", paths)
        known = services().events.add(events)
        accepted = len({event.id for event in events} - known)
        errors = [{"index": index, "errors": told} for index, told in sorted(wrong.items())]
        return {"accepted": accepted, "duplicates": len(events) - accepted, "errors": errors}


def _events(given: Sequence[Any]) -> tuple[list[Event], dict[int, Wrong]]:
    """The events that can be kept, of the customers whom their ids lead to; and by place what is wrong with others."""
    events: list[Event] = []
    wrong: dict[int, Wrong] = {}
    leads_to = _customers([one["customer"] for one in given if not isinstance(one, ValidationError)])
    now = services().clock.now()
    for index, one in enumerate(given):
        try:
            events.append(_event(one, leads_to, now))
        except ValidationError as error:
            messages = error.messages
            wrong[index] = flattened(messages if isinstance(messages, dict) else {"_schema": messages})
        except Invalid as error:
            wrong[index] = error.fields
    return events, wrong


def _event(one: Any, leads_to: Mapping[str, str], now: Any) -> Event:
    if isinstance(one, ValidationError):
        raise one
    at = one.get("at", now)
    check_time(at, now)
    if one["customer"] not in leads_to:
        raise Invalid.field("customer", f"There is no customer {one['customer']!r}.")
    event = seen(one["type"], at, one["customer"], one["data"], one["id"])
    return msgspec.structs.replace(event, customer=leads_to[one["customer"]])


def _customers(ids: Sequence[str]) -> dict[str, str]:
    """Whom these ids lead to: themselves, or whom they were merged into; without those that there are not."""
    merged = services().aliases.resolve(ids)
    ends = {id: merged.get(id, id) for id in ids}  # noqa: A001  # as the domain calls it
    known = services().customers.get(sorted(set(ends.values())))
    return {id: end for id, end in ends.items() if end in known}  # noqa: A001
