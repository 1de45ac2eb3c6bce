"""Channels: which there are, who carries them, and what can be written for each."""

from typing import Any

from flask.views import MethodView

from api.auth import scope
from api.blueprint import Blueprint
from api.context import services
from api.schemas.channels import ChannelSchema
from content.form import Form
from content.forms import FORMS
from messaging.channel import Provider

blueprint = Blueprint("channels", __name__, url_prefix="/v1/channels", description="How messages can go.")


@blueprint.route("")
class Channels(MethodView):
    """All channels."""

    @scope("read")
    @blueprint.response(200, ChannelSchema(many=True))
    def get(self) -> list[dict[str, Any]]:
        """List the channels; one without settings delivers to the outbox, and says so."""
        every = services().providers.every()
        return [
            _shown(channel, form, [one for one in every if one.channel == channel]) for channel, form in FORMS.items()
        ]


def _shown(channel: str, form: Form, providers: list[Provider]) -> dict[str, Any]:
    names = [*sorted(form.required), *sorted(form.either), *sorted(form.optional)]
    return {
        "name": channel,
        "outbox": not any(one.configured() for one in providers),
        "providers": [
            {
                "name": one.name,
                "configured": one.configured(),
                "promise": one.promise(),
                "reports": sorted(one.reports),
            }
            for one in providers
        ],
        "parts": [
            {"name": name, "required": name in form.required, "longest": form.limits.get(name)} for name in names
        ],
    }
