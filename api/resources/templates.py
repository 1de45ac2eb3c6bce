"""Templates: written, kept in versions."""

from typing import Any

from flask.views import MethodView

from api.auth import scope
from api.blueprint import Blueprint
from api.context import services
from api.etags import etag_headers, expected_version, versioned
from api.paging import paged
from api.schemas.base import Page, PageArgs
from api.schemas.templates import (
    NewTemplateSchema,
    TemplateBodySchema,
    TemplateSchema,
    VariableSchema,
    VersionArgs,
    VersionPageArgs,
)
from common.errors import Conflict, Stale
from common.ids import new_id
from content.templates import Template, check_content
from content.vocabulary import VARIABLES, Variable

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
