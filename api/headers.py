"""Headers that make a browser distrust: every answer gets them, a page may loosen its own content policy."""

from flask import Flask, Response, request

from api.context import services

# An answer of the API is data: it loads nothing and stands in no frame.
DATA_POLICY = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
# A page of ours loads only what this server has, and nothing inline.
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: https:; connect-src 'self'; "
    "font-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


def install(app: Flask) -> None:
    """Add them to every answer."""
    app.after_request(_add)


def _add(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", DATA_POLICY)
    headers.setdefault("Referrer-Policy", "no-referrer")
    headers["X-Content-Type-Options"] = "nosniff"
    headers["X-Frame-Options"] = "DENY"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    headers.setdefault("Cache-Control", "no-store")
    if services().settings.public_url.startswith("https://") and request.is_secure:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    return response
