"""`/s/{token}`: a survey's question. GET shows it, POST answers it, once."""

from flask import Response, request

from api.context import services
from api.pages.page import message_of, new_blueprint, page
from api.pages.preferences import language_for
from campaigns.surveys.survey import LONGEST_COMMENT, Answer
from common.errors import Invalid
from messaging.message import Message

blueprint = new_blueprint("survey")


@blueprint.get("/s/<token:token>")
def show(token: str) -> Response:
    """Ask, or say what was answered; a mail scanner that opens every link answers nothing."""
    message = message_of("survey", token)
    known = services().surveying.answered(message)
    return _form(message) if known is None else _thanks(message, known)


@blueprint.post("/s/<token:token>")
def answer(token: str) -> Response:
    """Take the answer; the first one stands."""
    message = message_of("survey", token)
    given = request.form.get("score", "")
    comment = request.form.get("comment", "")[:LONGEST_COMMENT]
    try:
        score = int(given) if given.isascii() and given.isdigit() and len(given) < 3 else -1
        return _thanks(message, services().surveying.answer(message, score, comment))
    except Invalid:
        return _form(message, comment=comment, missing=True)


def _form(message: Message, *, comment: str = "", missing: bool = False) -> Response:
    survey = services().surveying.survey_of(message)
    language = language_for(message)
    return page(
        "survey",
        language,
        status=422 if missing else 200,
        brand=message.brand,
        question=services().surveying.question(survey, language),
        scores=list(survey.scores),
        comment=comment,
        missing=missing,
        longest=LONGEST_COMMENT,
    )


def _thanks(message: Message, known: Answer) -> Response:
    return page("survey_answered", language_for(message), brand=message.brand, score=known.score)
