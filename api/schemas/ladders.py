"""Win-back ladders: their settings coming in, their decisions and lessons going out."""

from typing import Any

from marshmallow import fields, post_load, validate

from api.schemas.base import Instant, MoneySchema, PageArgs, ShopId, Strict, Whole
from campaigns.ladder import Ladder
from campaigns.ladder_choice import Reason


class LadderSchema(Whole):
    """Each person gets the least of the variants, which go from a plain note up, that works for such people."""

    margin_percent = fields.Float(
        load_default=40.0,
        validate=validate.Range(0, 100, min_inclusive=False),
        metadata={"description": "What is left of a sale once the goods are paid."},
    )
    person_most = fields.Nested(
        MoneySchema,
        load_default=None,
        allow_none=True,
        metadata={"description": "The codes of one person promise at most so much in `person_days`."},
    )
    person_days = fields.Integer(strict=True, load_default=365, validate=validate.Range(1, 3_660))
    total_most = fields.Nested(
        MoneySchema,
        load_default=None,
        allow_none=True,
        metadata={"description": "All codes that can still be used, and what was used of the others, come to no more."},
    )
    rest_days = fields.Integer(
        strict=True,
        load_default=90,
        validate=validate.Range(1, 3_660),
        metadata={"description": "Nobody is written to twice in so many days."},
    )
    climbs = fields.Boolean(
        load_default=True,
        truthy={True},
        falsy={False},
        metadata={"description": "Who has not ordered since the last one gets a higher rung next."},
    )

    @post_load
    def _ladder(self, data: dict[str, Any], **_: Any) -> Ladder:
        return Ladder(**data)


class RungStandingSchema(Strict):
    """A rung for one kind of people: what it was seen to gain a head, in minor units, and what it gets of the next."""

    rung = fields.String(required=True)
    share = fields.Float(required=True)
    customers = fields.Integer(required=True, metadata={"description": "People whose attribution window is over."})
    gain = fields.Float(
        required=True,
        allow_none=True,
        metadata={"description": "Margin less the codes' cost, beyond those who got nothing; null while not known."},
    )
    loses = fields.Boolean(required=True, metadata={"description": "Clearly costs more than it earns: given no more."})


class LadderCellSchema(Strict):
    """A kind of people, `value/lateness`; an empty name is everybody."""

    cell = fields.String(required=True)
    rungs = fields.List(fields.Nested(RungStandingSchema), required=True)


class LadderStandingSchema(Strict):
    """How a ladder stands."""

    promised = fields.Nested(MoneySchema, required=True, metadata={"description": "What counts against `total_most`."})
    total_most = fields.Nested(MoneySchema, required=True, allow_none=True)
    cells = fields.List(fields.Nested(LadderCellSchema), required=True)


class LadderLessonSchema(Strict):
    """By what a run decided."""

    run = fields.String(required=True)
    at = Instant(required=True)
    cells = fields.List(fields.Nested(LadderCellSchema), required=True)


class LadderOutcomeSchema(Strict):
    """What the person did within the attribution window, in minor units."""

    orders = fields.Integer(required=True)
    revenue = fields.Integer(required=True)
    cost = fields.Integer(required=True)
    letter = fields.Integer(
        required=True, metadata={"description": "What the message cost, at the provider's price for a letter."}
    )
    gain = fields.Integer(required=True)


class LadderDecisionSchema(Strict):
    """What was decided for a person, and why; money in minor units of the shop's currency."""

    run = fields.String(required=True)
    message = fields.String(required=True, metadata={"description": "The message's id, where one was planned."})
    at = Instant(required=True)
    rung = fields.String(required=True, metadata={"description": "The variant, `holdout`, or empty for nothing."})
    reason = fields.String(required=True, validate=validate.OneOf([reason.value for reason in Reason]))
    step = fields.Integer(required=True, metadata={"description": "Messages before it that brought no order."})
    cell = fields.String(required=True)
    share = fields.Float(required=True, metadata={"description": "How likely the rung was to be drawn, in percent."})
    worth = fields.Integer(
        required=True, metadata={"description": "The margin they bring in a year if they come back."}
    )
    expected = fields.Float(
        required=True, allow_none=True, metadata={"description": "What the rung earned a head; null while not known."}
    )
    promised = fields.Integer(required=True, metadata={"description": "What its code counts against the caps."})
    outcome = fields.Nested(LadderOutcomeSchema, required=True, allow_none=True)


class ClimbSchema(Strict):
    """All decisions about one person in a campaign, the oldest first."""

    customer = fields.String(required=True)
    decisions = fields.List(fields.Nested(LadderDecisionSchema), required=True)


class DecisionArgs(PageArgs):
    """Which decisions."""

    customer = ShopId(metadata={"description": "Only this one's."})


class LadderForecastSchema(Strict):
    """What a ladder would decide now."""

    rungs = fields.Dict(
        keys=fields.String(),
        values=fields.Integer(),
        required=True,
        metadata={"description": "People by rung, `holdout`, or empty for nothing."},
    )
    reasons = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    most = fields.Nested(
        MoneySchema, required=True, metadata={"description": "What all of their codes could take off together."}
    )
