"""What the pages load: one style sheet in the brand's colours, one small script."""

from flask import Response, render_template, request

from api.context import services
from api.pages.brand import DEFAULT, brand_of, colours
from api.pages.page import new_blueprint

blueprint = new_blueprint("assets")


@blueprint.get("/pages/style.css")
def style() -> Response:
    """The style sheet; `?brand=` names a brand of the shop."""
    brand = brand_of(services().shops.get(), request.args.get("brand", DEFAULT))
    return _cached(
        Response(render_template("pages/style.css", **colours(brand)), content_type="text/css; charset=utf-8")
    )


@blueprint.get("/pages/icon.svg")
def icon() -> Response:
    """The little picture in the browser's tab: the brand's first letter on its colour."""
    brand = brand_of(services().shops.get(), request.args.get("brand", DEFAULT))
    text = render_template("pages/icon.svg", letter=brand.name[:1].upper(), **colours(brand))
    return _cached(Response(text, content_type="image/svg+xml"))


@blueprint.get("/pages/share.js")
def script() -> Response:
    """Copying and sharing a link, where the browser can."""
    return _cached(Response(render_template("pages/share.js"), content_type="text/javascript; charset=utf-8"))


def _cached(response: Response) -> Response:
    response.headers["Cache-Control"] = "public, max-age=300"
    return response
