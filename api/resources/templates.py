"""Templates: written, kept in versions, previewed."""

from typing import Any

import msgspec
from flask.views import MethodView

from api.auth import scope
from api.blueprint import Blueprint
from api.context import services
from api.etags import etag_headers, expected_version, versioned
from api.paging import paged
from api.schemas.base import Page, PageArgs
from api.schemas.templates import (
    NewTemplateSchema,
    PreviewRequestSchema,
    PreviewSchema,
    TemplateBodySchema,
    TemplateSchema,
    VariableSchema,
    VersionArgs,
    VersionPageArgs,
)
from campaigns.values import Occasion
from common.errors import Conflict, Invalid, NotFound, Stale
from common.ids import new_id
from content.lint import lint_languages
from content.preview import Preview, preview
from content.templates import Template, Unwritable, check_content, pick_locale
from content.vocabulary import VARIABLES, Variable, sample
from customers.customer import Customer

blueprint = Blueprint("templates", __name__, url_prefix="/v1", description="What is written to customers.")

Answer = tuple[Template, dict[str, str]]


@blueprint.route("/templates")
class TemplateList(MethodView):
    """All templates."""

    @scope("read")
    @blueprint.arguments(PageArgs, location="query")
    @blueprint.response(200, Page(TemplateSchema))
    def get(self, args: dict[str, Any]) -> dict[str, Any]:
        """List the templates, each in its latest version."""
        return paged(services().templates.page, args)

    @scope("campaigns")
    @blueprint.arguments(NewTemplateSchema)
    @blueprint.response(201, TemplateSchema)
    @blueprint.alt_response(409, "CONFLICT")
    def post(self, body: dict[str, Any]) -> Answer:
        """Keep a new template; every part is checked, and the answer names what may not stand, and where."""
        check_content(body["content"])
        template = Template(**{"id": new_id(), **body})
        try:
            kept = services().templates.put(template, expected_version=0)
        except Stale:
            raise Conflict(f"There is a template {template.id!r} already; PUT makes its next version.") from None
        return kept, etag_headers(kept.version)


@blueprint.route("/templates/<template_id>")
class TemplateItem(MethodView):
    """One template."""

    @scope("read")
    @versioned
    @blueprint.arguments(VersionArgs, location="query")
    @blueprint.response(200, TemplateSchema)
    def get(self, args: dict[str, Any], template_id: str) -> Answer:
        """Read a template, in its latest version or in the one that is named."""
        found = services().templates.get(template_id, args.get("version"))
        return found, etag_headers(found.version)

    @scope("campaigns")
    @versioned
    @blueprint.arguments(TemplateBodySchema)
    @blueprint.response(200, TemplateSchema)
    def put(self, body: dict[str, Any], template_id: str) -> Answer:
        """Keep the next version of a template; the same content again makes none. Earlier versions stay."""
        check_content(body["content"])
        kept = services().templates.put(Template(id=template_id, **body), expected_version())
        return kept, etag_headers(kept.version)


@blueprint.route("/templates/<template_id>/versions")
class TemplateVersions(MethodView):
    """The versions of one template."""

    @scope("read")
    @blueprint.arguments(VersionPageArgs, location="query")
    @blueprint.response(200, Page(TemplateSchema))
    def get(self, args: dict[str, Any], template_id: str) -> dict[str, Any]:
        """List every version, oldest first."""

        def fetch(after: Any, limit: int) -> list[Template]:
            return services().templates.versions(template_id, after, limit)

        return paged(fetch, args, cursor=lambda version: str(version.version))


@blueprint.route("/template-variables")
class Variables(MethodView):
    """The vocabulary."""

    @scope("read")
    @blueprint.response(200, VariableSchema(many=True))
    def get(self) -> list[Variable]:
        """List the names that templates may use, with what they say."""
        return list(VARIABLES.values())


@blueprint.route("/templates/preview")
class PreviewView(MethodView):
    """What somebody would get."""

    @scope("read")
    @blueprint.arguments(PreviewRequestSchema)
    @blueprint.response(200, PreviewSchema)
    def post(self, body: dict[str, Any]) -> Preview:
        """Render a template, or content not yet kept, as one person would get it, with warnings. Nothing is sent."""
        template = _template_of(body)
        customer = _customer(body["customer"]) if "customer" in body else None
        shop_locale = services().shops.get().locale
        wanted = body["locale"] or (customer.locale if customer else "") or shop_locale
        locale = pick_locale(template, body["channel"], wanted, shop_locale)
        if locale is None:
            raise Invalid.field("locale", f"There is no content for {body['channel']} in {wanted} or {shop_locale}.")
        values = _values(customer, locale, body) if customer else None
        written = template.content[body["channel"]][locale]
        try:
            seen = preview(written, body["channel"], locale, values, body["purpose"])
        except Unwritable as error:
            raise Invalid.field("customer", str(error)) from None
        warnings = [*seen.warnings, *lint_languages(template.content, shop_locale)]
        return msgspec.structs.replace(seen, warnings=warnings)


def _values(customer: Customer, locale: str, body: dict[str, Any]) -> dict[str, Any]:
    """What can be said of this customer; what no offer or programme was named for is invented. No code is made."""
    invented = sample(locale)
    about = Occasion(locale=locale, offer=body["offer"], referral_programme=body["referral_programme"])
    known = services().builder.rehearse(about, customer)
    return {**{name: invented[name] for name in ("offer", "voucher", "referral")}, **known}


def _template_of(body: dict[str, Any]) -> Template:
    if "template" in body:
        return services().templates.get(body["template"])
    check_content(body["content"])
    return Template(id="preview", name="preview", content=body["content"])


def _customer(id: str) -> Customer:
    found = services().customers.get([id])
    if id not in found:
        raise NotFound("customer", id)
    return found[id]
