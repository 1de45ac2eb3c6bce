"""Links to a customer's own pages that need no message: for the shop's account page, a parcel, a person at the desk."""

from typing import Any

from flask.views import MethodView

from api.auth import scope
from api.blueprint import Blueprint
from api.context import services
from api.resources.customers import found
from api.schemas.own_pages import NewPreferencesLinkSchema, PreferencesLinkSchema

blueprint = Blueprint("own_pages", __name__, url_prefix="/v1/customers", description="Links to customers' own pages.")


@blueprint.route("/<customer_id>/preferences-link")
class PreferencesLink(MethodView):
    """The link to a customer's preferences."""

    @scope("ingest")
    @blueprint.arguments(NewPreferencesLinkSchema)
    @blueprint.response(200, PreferencesLinkSchema)
    def post(self, body: dict[str, Any], customer_id: str) -> dict[str, Any]:
        """Make a link to the page where a customer sets what they get; it takes no log-in, and is good until withdrawn.

        Asked again, it is the same link: the page itself may ask at each visit.
        """
        name = services().own_pages.name(found(customer_id).id)
        return {"url": services().links.url("preferences", {"customer": name, "brand": body["brand"]})}

    @scope("ingest")
    @blueprint.response(204)
    def delete(self, customer_id: str) -> None:
        """Withdraw the links made for a customer, where one fell into other hands; those in messages stay."""
        services().own_pages.withdraw(found(customer_id).id)
