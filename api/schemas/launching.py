"""What is looked at before a launch, who agreed to it, and what goes out when; coming in and going out."""

from typing import get_args

from marshmallow import fields, validate

from api.schemas.base import Instant, Strict
from campaigns.approval import What
from campaigns.checks import Verdict

# Checks that a launch may pass over.
OVERRIDABLE = ("stock", "segment_size", "postal_address")
_VERDICT = validate.OneOf(get_args(Verdict))


class LaunchSchema(Strict):
    """What a launch passes over; a body may be left out."""

    override = fields.List(
        fields.String(validate=validate.Length(1, 40)),
        load_default=list,
        validate=validate.Length(max=20),
        metadata={
            "description": f"Checks that said stop and do not hold it up all the same: {', '.join(OVERRIDABLE)}."
        },
    )


class CheckSchema(Strict):
    """One answer: ok, a warning, or a stop; a stop that is `overridable` does not hold up who names it at launch."""

    name = fields.String(required=True)
    verdict = fields.String(required=True, validate=_VERDICT)
    reason = fields.String(required=True)
    overridable = fields.Boolean(required=True)


class ChecklistSchema(Strict):
    """Everything that is looked at; `verdict` is the worst of all."""

    campaign = fields.String(required=True)
    verdict = fields.String(required=True, validate=_VERDICT)
    launchable = fields.Boolean(required=True, metadata={"description": "Whether nothing has to be overridden."})
    checks = fields.List(fields.Nested(CheckSchema), required=True)


class CampaignChangeSchema(Strict):
    """One change: `fields` holds the value before and after of each that differs."""

    version = fields.Integer(required=True)
    at = Instant(required=True)
    what = fields.String(required=True, validate=validate.OneOf(get_args(What)))
    by = fields.String(required=True, metadata={"description": "The id of the API key; empty where Encore did it."})
    fields_ = fields.Dict(
        keys=fields.String(), values=fields.List(fields.Raw()), required=True, data_key="fields", attribute="fields"
    )
    overridden = fields.List(fields.String(), required=True)


class ScheduleArgs(Strict):
    """How far to look."""

    days = fields.Integer(load_default=30, validate=validate.Range(1, 366))
    limit = fields.Integer(load_default=50, validate=validate.Range(1, 250))


class OccurrenceSchema(Strict):
    """A campaign goes out."""

    campaign = fields.String(required=True)
    name = fields.String(required=True)
    trigger = fields.String(required=True)
    at = Instant(required=True)
    local = fields.String(required=True, metadata={"description": "The same in the shop's time zone."})
    expected = fields.Integer(required=True, metadata={"description": "About so many people."})
    expected_from = fields.String(
        required=True,
        validate=validate.OneOf(["last_run", "segment"]),
        metadata={"description": "Whether its last run was so large, or its segment is now."},
    )


class ListeningSchema(Strict):
    """A running campaign without a time."""

    campaign = fields.String(required=True)
    name = fields.String(required=True)
    trigger = fields.String(required=True)


class ScheduleSchema(Strict):
    """What goes out when, the first first; and what waits for something else than a time."""

    time_zone = fields.String(required=True)
    data = fields.List(fields.Nested(OccurrenceSchema), required=True)
    listening = fields.List(fields.Nested(ListeningSchema), required=True)
