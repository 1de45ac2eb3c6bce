"""`/y/{token}`: confirm that one wants to be written to. GET shows what a yes means, POST says it."""

from flask import Response

from api.context import services
from api.pages.page import message_of, new_blueprint, page
from api.pages.preferences import language_for
from campaigns.opt_in import Question
from messaging.message import Message

blueprint = new_blueprint("opt_in")


@blueprint.get("/y/<token:token>")
def ask(token: str) -> Response:
    """Ask; a mail scanner that opens every link confirms nothing."""
    message = message_of("confirm", token)
    question = services().opt_in.question(message)
    if services().opt_in.confirmed(message, question):
        return _done(message, question)
    return page("opt_in", language_for(message), brand=message.brand, wording=question.wording)


@blueprint.post("/y/<token:token>")
def confirm(token: str) -> Response:
    """Take the yes; a second time is the same."""
    message = message_of("confirm", token)
    return _done(message, services().opt_in.confirm(message))


def _done(message: Message, question: Question) -> Response:
    return page(
        "opted_in",
        language_for(message),
        brand=message.brand,
        channel=question.channel,
        preferences=services().links.url("preferences", message.id),
    )
