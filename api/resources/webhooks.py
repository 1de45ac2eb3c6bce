"""Where providers report: the raw body is verified and stored, and only then acknowledged."""

from flask import Response, request
from werkzeug.exceptions import UnsupportedMediaType

from api.blueprint import Blueprint
from api.bodies import whole_body
from api.context import services
from messaging.channel import Hook

blueprint = Blueprint("webhooks", __name__, url_prefix="/webhooks", description="Where providers report; signed.")


@blueprint.route("/<channel>", methods=["POST"])
@blueprint.doc(
    requestBody={
        "description": "What the channel's provider sends, signed in its own way.",
        "content": {"application/json": {}, "application/x-www-form-urlencoded": {}},
    }
)
@blueprint.response(200, {"type": "string"}, content_type="text/plain")
@blueprint.alt_response(403, "FORBIDDEN")
@blueprint.alt_response(404, "NOT_FOUND")
@blueprint.alt_response(413, "CONTENT_TOO_LARGE")
@blueprint.alt_response(415, "UNSUPPORTED_MEDIA_TYPE")
def receive(channel: str) -> Response:
    """Take a provider's webhook; 403 where its signature does not fit, and then nothing of it is kept.

    No provider compresses what it signs: what is compressed is refused unread, with 415, and not acknowledged.
    """
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise UnsupportedMediaType("Send it as it was signed, not compressed.")
    made, body = services(), whole_body()
    hook = Hook(
        # Behind a proxy the address we see is not the one the provider called and signed.
        url=f"{made.settings.public_url.rstrip('/')}{_target()}",
        at=made.clock.now(),
        headers={name.lower(): value for name, value in request.headers.items()},
        body=body,
    )
    content_type, answer = made.webhooks.receive(channel, hook)
    response = Response(answer, 200, content_type=content_type or "text/plain; charset=utf-8")
    # A browser on the shop's own page tells what became of a message, and would complain of the answer.
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@blueprint.route("/<channel>", methods=["GET"])
@blueprint.response(200, {"type": "string"}, content_type="text/plain")
@blueprint.alt_response(403, "FORBIDDEN")
@blueprint.alt_response(404, "NOT_FOUND")
def shake_hands(channel: str) -> Response:
    """Answer a provider that asks whether this address is the shop's: Meta sends a word that was agreed, and a number.

    404 for a channel whose provider asks no such thing; nothing changes.
    """
    challenge = services().webhooks.challenge(channel, request.args)
    return Response(challenge, 200, content_type="text/plain; charset=utf-8")


def _target() -> str:
    """The path and query as they were sent: a query written anew might be another text than the signed one."""
    query = request.query_string.decode("ascii", "replace")
    return f"{request.path}?{query}" if query else request.path
