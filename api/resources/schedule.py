"""What goes out when."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from flask.views import MethodView

from api.auth import scope
from api.blueprint import Blueprint
from api.context import services
from api.schemas.launching import ScheduleArgs, ScheduleSchema

blueprint = Blueprint("schedule", __name__, url_prefix="/v1/schedule", description="What goes out when.")


@blueprint.route("")
class Schedule(MethodView):
    """Looking ahead."""

    @scope("read")
    @blueprint.arguments(ScheduleArgs, location="query")
    @blueprint.response(200, ScheduleSchema)
    def get(self, args: dict[str, Any]) -> dict[str, Any]:
        """List the next occurrences of all scheduled and recurring campaigns, with how many people each may reach."""
        zone = services().shops.get().time_zone
        calendar, until = services().calendar, services().clock.now() + timedelta(days=args["days"])
        return {
            "time_zone": zone,
            "data": [
                msgspec.structs.asdict(one) | {"local": f"{one.at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"}
                for one in calendar.ahead(until, args["limit"])
            ],
            "listening": calendar.listening(),
        }
