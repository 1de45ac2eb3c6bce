"""Steps of campaigns and the journeys through them, coming in and going out."""

from typing import Any, get_args

from marshmallow import fields, post_load, validate

from api.schemas.base import Instant, PageArgs, ShopId, Strict, Whole
from campaigns.journey import State, Why
from campaigns.refusals import Reason
from campaigns.steps import Exit, JourneyRules, JourneyStep, Previous, Reentry

YEAR_MINUTES = 366 * 24 * 60


class JourneyStepSchema(Whole):
    """One message of several in a row; what is left out is as the campaign says."""

    wait_minutes = fields.Integer(
        strict=True,
        load_default=0,
        validate=validate.Range(0, YEAR_MINUTES),
        metadata={"description": "After the entry, or after the step before was taken."},
    )
    template = fields.String(load_default="", validate=validate.Length(max=64))
    offer = fields.String(load_default="", validate=validate.Length(max=64))
    channels = fields.List(
        fields.String(validate=validate.Length(1, 64)),
        load_default=list,
        validate=validate.Length(max=20),
        metadata={"description": "The only channels it goes by; empty for all that the words are written for."},
    )
    segment = fields.String(
        load_default="",
        validate=validate.Length(max=64),
        metadata={"description": "Only for those who are in it when the step is due."},
    )
    if_previous = fields.String(
        load_default="",
        validate=validate.OneOf(get_args(Previous)),
        metadata={"description": "What the message before must have come to, by a person and not a machine."},
    )
    otherwise = fields.String(
        load_default="pass",
        validate=validate.OneOf(["pass", "end"]),
        metadata={"description": "For whom the step is not: it is passed over, or it ends the journey."},
    )

    @post_load
    def _step(self, data: dict[str, Any], **_: Any) -> JourneyStep:
        return JourneyStep(**data)


class JourneyRulesSchema(Whole):
    """Who may enter again, what ends a journey early, and how often."""

    exits = fields.List(
        fields.String(validate=validate.OneOf(get_args(Exit))),
        load_default=list,
        validate=validate.Length(max=4),
        metadata={"description": "What ends a journey before its steps are done."},
    )
    reentry = fields.String(
        load_default="by_trigger",
        validate=validate.OneOf(get_args(Reentry)),
        metadata={
            "description": "Who may enter again: who has `left`; with `after` so many days since they entered, too; "
            "`never`; `always`, one journey for each occasion; `restart`: who is inside begins anew. `by_trigger` is "
            "`always` where each occasion is about a thing of its own, such as an order, and otherwise `left`."
        },
    )
    reentry_days = fields.Integer(
        strict=True,
        load_default=0,
        validate=validate.Range(0, 3_650),
        metadata={"description": "With `after`: so many days since the last entry."},
    )
    every_hours = fields.Integer(
        strict=True,
        load_default=0,
        validate=validate.Range(0, 10 * 366 * 24),
        metadata={
            "description": "Campaigns with this kind of trigger let one person in at most once in so many hours."
        },
    )

    @post_load
    def _rules(self, data: dict[str, Any], **_: Any) -> JourneyRules:
        return JourneyRules(**data)


class JourneysArgs(PageArgs):
    """Which journeys are listed."""

    state = fields.String(load_default=None, validate=validate.OneOf(get_args(State)))
    why = fields.String(
        load_default=None,
        validate=validate.OneOf([why for why in get_args(Why) if why]),
        metadata={"description": "Only those that ended like this."},
    )


class JourneySchema(Strict):
    """Where one customer is in a campaign, or how it ended for them."""

    id = fields.String(required=True)
    customer = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(get_args(State)))
    why = fields.String(
        required=True,
        validate=validate.OneOf(get_args(Why)),
        metadata={
            "description": "How it ended. `trigger_loop`: they were let in so often in a day that a message must "
            "bring its own trigger about."
        },
    )
    number = fields.Integer(required=True, metadata={"description": "Which of their entries it is."})
    step = fields.Integer(required=True, metadata={"description": "The next step, counted from 0."})
    due_at = Instant(required=True, allow_none=True, metadata={"description": "When that is due."})
    message = fields.String(required=True, metadata={"description": "The id of the latest message; empty for none."})
    entered_at = Instant(required=True)
    ended_at = Instant(required=True, allow_none=True)


class RefusalsArgs(PageArgs):
    """Which refusals are listed."""

    reason = fields.String(load_default=None, validate=validate.OneOf(get_args(Reason)))
    customer = ShopId(load_default="", metadata={"description": "Only those of this customer."})


class RefusalSchema(Strict):
    """An occasion that let nobody in, and why."""

    id = fields.String(required=True)
    customer = fields.String(required=True)
    key = fields.String(required=True, metadata={"description": "The event, voucher, cart ... that it was."})
    at = Instant(required=True)
    reason = fields.String(
        required=True,
        validate=validate.OneOf(get_args(Reason)),
        metadata={
            "description": "`inside`: they were on their way; `overtaken`: a later occasion began it anew; "
            "`never_again`, `too_soon`: by `reentry`; `too_often`: by `every_hours`; `not_in_segment`; `paused`: the "
            "campaign was; `trigger_loop`: it came so often in a day that a message must bring its own trigger about."
        },
    )
