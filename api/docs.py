"""The documentation page at /docs and the document at /openapi.json; nothing is loaded from anywhere else."""

from importlib.resources import files

from flask import Blueprint, Flask, Response, current_app, json, render_template, send_from_directory
from werkzeug.exceptions import NotFound

from api.headers import PAGE_POLICY
from api.openapi import described

blueprint = Blueprint("docs", __name__, template_folder="templates")

_DOCUMENT = "encore-document"
_ASSETS = files("flask_swagger_ui") / "dist"
_SERVED = frozenset({"swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png"})
# Swagger UI puts a few styles into attributes; a style cannot send anything out under this policy.
_POLICY = PAGE_POLICY.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")


def install(app: Flask) -> None:
    """Serve both."""
    app.register_blueprint(blueprint)


@blueprint.get("/openapi.json")
def document() -> Response:
    """The OpenAPI document, made from the schemas of the routes themselves."""
    kept = current_app.extensions
    if _DOCUMENT not in kept:  # it takes seconds on a busy machine, and the routes stay as they are
        kept[_DOCUMENT] = json.dumps(described(current_app))
    return Response(kept[_DOCUMENT], content_type="application/json")


@blueprint.get("/docs")
def page() -> Response:
    """The document for people."""
    response = Response(render_template("docs.html"), content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = _POLICY
    return response


@blueprint.get("/docs/<token:name>")
def asset(name: str) -> Response:
    """A file of the page."""
    if name == "start.js":
        return Response(render_template("docs.js"), content_type="text/javascript; charset=utf-8")
    if name not in _SERVED:
        raise NotFound
    response = send_from_directory(str(_ASSETS), name)
    response.headers["Cache-Control"] = "public, max-age=86400"
    return response
