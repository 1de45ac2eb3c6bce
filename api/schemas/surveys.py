"""Surveys and their answers, coming in and going out."""

from typing import get_args

from marshmallow import fields, validate

from api.schemas.base import Instant, PageArgs, ShopId, Strict
from campaigns.surveys.survey import After, Scale

MAX_SCORE = 10
_LOCALE = r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z"


class SurveySchema(Strict):
    """A question, and when it is asked."""

    id = ShopId(metadata={"description": "Left out, one is made."})
    name = fields.String(required=True, validate=validate.Length(1, 200))
    scale = fields.String(load_default="0-10", validate=validate.OneOf(get_args(Scale)))
    after = fields.String(
        load_default="",
        validate=validate.OneOf(get_args(After)),
        metadata={"description": "What it is asked after; empty where it is asked by hand alone."},
    )
    wait_hours = fields.Integer(
        strict=True,
        load_default=24,
        validate=validate.Range(0, 24 * 90),
        metadata={"description": "So many hours after that."},
    )
    every_days = fields.Integer(
        strict=True,
        load_default=90,
        validate=validate.Range(0, 3_650),
        metadata={"description": "Nobody is asked again sooner."},
    )
    low = fields.Integer(
        strict=True,
        load_default=None,
        allow_none=True,
        validate=validate.Range(-1, MAX_SCORE),
        metadata={"description": "Up to this score an answer opens an incident; -1 for never, else 4 or, of 1-5, 2."},
    )
    question = fields.Dict(
        keys=fields.String(validate=validate.Regexp(_LOCALE)),
        values=fields.String(validate=validate.Length(1, 300)),
        load_default=dict,
        metadata={"description": "By language; without any, Encore's own words."},
    )
    template = ShopId(load_default="survey", metadata={"description": "The words of the message that asks."})
    brand = fields.String(load_default="default", validate=validate.Length(1, 64))
    active = fields.Boolean(truthy={True}, falsy={False}, load_default=True)
    created_at = Instant(dump_only=True)


class SurveyAskSchema(Strict):
    """Whom to ask now."""

    customer_id = ShopId(required=True)


class SureSchema(Strict):
    """A figure with its 95 % interval."""

    value = fields.Float(required=True)
    low = fields.Float(required=True, allow_none=True)
    high = fields.Float(required=True, allow_none=True)


class SurveyDaySchema(Strict):
    """The answers of one day in UTC."""

    day = fields.String(required=True)
    answers = fields.Integer(required=True)
    mean = fields.Float(required=True)


class SurveyResultsSchema(Strict):
    """What the answers add up to."""

    asked = fields.Integer(required=True)
    answered = fields.Integer(required=True)
    distribution = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    mean = fields.Float(required=True, allow_none=True)
    nps = fields.Nested(
        SureSchema,
        required=True,
        allow_none=True,
        metadata={"description": "Of a 0-10 question: share of 9 and 10 less share of 0 to 6, -100 to 100."},
    )
    csat = fields.Nested(
        SureSchema,
        required=True,
        allow_none=True,
        metadata={"description": "Of a 1-5 question: share of 4 and 5 in percent."},
    )
    days = fields.List(fields.Nested(SurveyDaySchema), required=True)


class SurveyAnswerSchema(Strict):
    """What a customer answered."""

    message = fields.String(required=True)
    customer_id = fields.String(required=True)
    order_id = fields.String(required=True)
    score = fields.Integer(required=True)
    low = fields.Boolean(required=True)
    comment = fields.String(required=True)
    via = fields.String(required=True)
    channel = fields.String(required=True)
    at = Instant(required=True)


class SurveyAnswerArgs(PageArgs):
    """Which answers are wanted."""

    commented = fields.Boolean(load_default=False, metadata={"description": "Only those with a comment."})
