"""Reports on campaigns, going out."""

from marshmallow import fields, validate

from api.schemas.base import Instant, MoneySchema, PageArgs, Strict
from campaigns.over_time import USUAL_WEEKS
from campaigns.told import OF
from messaging.message import State


class Signed(Strict):
    """An amount that may be below nothing."""

    amount = fields.Integer(required=True)
    currency = fields.String(required=True)


class ArmSchema(Strict):
    """What the people of one arm bought within `compared_days` of the plan."""

    customers = fields.Integer(required=True)
    buyers = fields.Integer(required=True)
    revenue = fields.Nested(MoneySchema, required=True)
    revenue_per_customer = fields.Float(required=True, metadata={"description": "In minor units."})


class IntervalSchema(Strict):
    """A difference, its 95 % interval, and how likely one so large is where there is none; null for too few."""

    value = fields.Float(required=True)
    low = fields.Float(required=True, allow_none=True)
    high = fields.Float(required=True, allow_none=True)
    p_value = fields.Float(required=True, allow_none=True)


METHOD = fields.String(
    required=True,
    validate=validate.OneOf(["fixed", "always_valid"]),
    metadata={
        "description": "`fixed`: everybody has had their time, so that one look is all there is. `always_valid`: it "
        "still runs, and the intervals are wide enough to be looked at every day."
    },
)


class UpliftSchema(Strict):
    """Revenue per customer over the holdout's, in minor units, with its 95 % interval."""

    per_customer = fields.Float(required=True)
    low = fields.Float(required=True, allow_none=True)
    high = fields.Float(required=True, allow_none=True)
    p_value = fields.Float(required=True, allow_none=True)
    method = METHOD
    explained = fields.Float(
        required=True, metadata={"description": "The share of the noise that earlier purchases explain (CUPED)."}
    )
    needed = fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "How many customers, held out ones too, show `detect_percent` four times in five."},
    )


class ComparisonSchema(Strict):
    """One arm against another, in buyers and in money (minor units a customer)."""

    arm = fields.String(required=True)
    against = fields.String(required=True)
    conversion = fields.Nested(IntervalSchema, required=True)
    money = fields.Nested(IntervalSchema, required=True)
    explained = fields.Float(required=True)
    needed = fields.Integer(required=True, allow_none=True)


class RatioSchema(Strict):
    """Whether the arms have the sizes that the draw should have given; if not, no comparison is to be believed."""

    holds = fields.Boolean(required=True)
    counted = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    expected = fields.Dict(keys=fields.String(), values=fields.Float(), required=True)
    p_value = fields.Float(required=True)


class ExperimentSchema(Strict):
    """What the experiment proves so far."""

    method = METHOD
    comparisons = fields.List(fields.Nested(ComparisonSchema), required=True)
    ratio = fields.Nested(RatioSchema, required=True, allow_none=True)
    winner = fields.String(
        required=True, metadata={"description": "The arm that clearly earns more than every other; empty for none yet."}
    )
    not_compared = fields.String(
        required=True,
        metadata={
            "description": "Why the variants are compared neither with each other nor each with the holdout: a ladder "
            "chooses them for people. Empty where they are."
        },
    )


class RedemptionTotalsSchema(Strict):
    """What was redeemed of the campaign's vouchers, money in minor units by currency."""

    redeemed = fields.Integer(required=True)
    discount = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    revenue = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)


class NumbersSchema(Strict):
    """The numbers of some messages; `GET …/report/people?of=` lists who is behind each of the counts."""

    planned = fields.Integer(required=True)
    queued = fields.Integer(required=True, metadata={"description": "Still to come, or in a worker's hands."})
    held_out = fields.Integer(required=True)
    skipped = fields.Integer(required=True)
    noes = fields.Dict(
        keys=fields.String(),
        values=fields.Integer(),
        required=True,
        metadata={"description": "The skipped, by the reason."},
    )
    failed = fields.Integer(required=True)
    uncertain = fields.Integer(
        required=True, metadata={"description": "A provider may or may not have taken it; nobody has said."}
    )
    waiting = fields.Integer(required=True)
    cancelled = fields.Integer(required=True)
    handed_over = fields.Integer(required=True, metadata={"description": "A provider has taken it."})
    delivered = fields.Integer(required=True)
    read = fields.Integer(required=True, metadata={"description": "By people: opened, not by a machine, or clicked."})
    clicked = fields.Integer(required=True, metadata={"description": "A link, by people."})
    by_machine = fields.Integer(
        required=True,
        metadata={"description": "Opened, or a link followed, by a machine: proxies, scanners; in no other number."},
    )
    replied = fields.Integer(
        required=True, metadata={"description": "Wrote back on its channel within three days, but for STOP."}
    )
    stopped = fields.Integer(
        required=True, metadata={"description": "Said no to more marketing on its channel, or complained."}
    )
    used_voucher = fields.Integer(required=True)
    ordered = fields.Integer(required=True, metadata={"description": "Messages that orders are credited to."})
    orders = fields.Integer(
        required=True,
        metadata={"description": "Within the attribution window of the campaign's latest message handed over before."},
    )
    revenue = fields.Nested(MoneySchema, required=True)
    discounts = fields.Nested(MoneySchema, required=True, metadata={"description": "What its vouchers took off."})
    message_cost = fields.Nested(MoneySchema, required=True, metadata={"description": "At the providers' prices."})
    estimated = fields.Boolean(
        required=True, metadata={"description": "Parts of text messages were reckoned from a sample."}
    )
    unpriced = fields.Integer(required=True, metadata={"description": "Handed over, and no price is set for it."})
    goods_cost = fields.Nested(
        Signed, required=True, allow_none=True, metadata={"description": "Null where the shop set no `margin_percent`."}
    )
    margin = fields.Nested(
        Signed, required=True, allow_none=True, metadata={"description": "Revenue less goods and messages."}
    )


class FreshArgs(Strict):
    """Whether the latest count will do."""

    fresh = fields.Boolean(
        load_default=False, metadata={"description": "Count it now, however long that takes, and do not keep it."}
    )


def as_of() -> Instant:
    """When it was counted."""
    return Instant(required=True, metadata={"description": "When it was counted."})


class ReportSchema(Strict):
    """What a campaign did."""

    as_of = as_of()
    campaign = fields.String(required=True)
    name = fields.String(required=True)
    state = fields.String(required=True)
    planned = fields.Integer(required=True)
    states = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    sent = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    delivered = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    skipped = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    failed = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    uncertain = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    waiting = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    troubles = fields.List(
        fields.String(),
        required=True,
        metadata={"description": "What is in the way with a provider, a sentence each, and what to do."},
    )
    engagement = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    redemptions = fields.Nested(RedemptionTotalsSchema, required=True)
    attribution_days = fields.Integer(required=True)
    compared_days = fields.Float(
        required=True,
        metadata={
            "description": "The orders of every arm count for so long after each person was planned: "
            "`attribution_days`, and the longest delay of a variant."
        },
    )
    treated = fields.Nested(ArmSchema, required=True)
    holdout = fields.Nested(ArmSchema, required=True)
    uplift = fields.Nested(UpliftSchema, required=True, allow_none=True)
    variants = fields.Dict(keys=fields.String(), values=fields.Nested(ArmSchema), required=True)
    experiment = fields.Nested(ExperimentSchema, required=True, allow_none=True)
    total = fields.Nested(NumbersSchema, required=True)
    by_channel = fields.Dict(keys=fields.String(), values=fields.Nested(NumbersSchema), required=True)
    by_variant = fields.Dict(
        keys=fields.String(),
        values=fields.Nested(NumbersSchema),
        required=True,
        metadata={"description": "`holdout` and, without variants, `treated`."},
    )


def _word(description: str) -> fields.String:
    return fields.String(load_default="", validate=validate.Length(max=64), metadata={"description": description})


class PeopleArgs(PageArgs):
    """Whose messages: those that count into a number; of a channel, a variant, with a reason, where named."""

    of = fields.String(
        load_default="planned",
        validate=validate.OneOf(list(OF)),
        metadata={"description": "The number they are behind."},
    )
    channel = _word("Only those of this channel.")
    variant = _word("Only those of this variant, of `treated` or of `holdout`.")
    reason = _word("Only those with this reason.")


class PersonSchema(Strict):
    """One person's message, and what came of it."""

    customer = fields.String(required=True)
    message = fields.String(required=True)
    channel = fields.String(required=True)
    variant = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf([state.value for state in State]))
    reason = fields.String(required=True)
    planned_at = Instant(required=True)
    handed_at = Instant(required=True, allow_none=True)
    read_at = Instant(required=True, allow_none=True)
    clicked_at = Instant(required=True, allow_none=True)
    machine_at = Instant(required=True, allow_none=True)
    replied_at = Instant(required=True, allow_none=True)
    stopped_at = Instant(required=True, allow_none=True)
    vouchers_used = fields.Integer(required=True)
    orders = fields.Integer(required=True)
    revenue = fields.Nested(MoneySchema, required=True)


class DaySchema(Strict):
    """What happened on a day of the shop's own; counts of messages, but for orders and vouchers used."""

    day = fields.Date(required=True)
    planned = fields.Integer(required=True)
    handed_over = fields.Integer(required=True)
    delivered = fields.Integer(
        required=True, metadata={"description": "Of those handed over on that day, how many came."}
    )
    read = fields.Integer(required=True)
    clicked = fields.Integer(required=True)
    by_machine = fields.Integer(required=True)
    replied = fields.Integer(required=True)
    stopped = fields.Integer(required=True)
    vouchers_used = fields.Integer(required=True)
    discounts = fields.Nested(MoneySchema, required=True)
    orders = fields.Integer(required=True)
    revenue = fields.Nested(MoneySchema, required=True)


class DaysSchema(Strict):
    """A campaign day by day; days on which nothing happened are left out."""

    as_of = as_of()
    data = fields.List(fields.Nested(DaySchema), required=True)


class WeeksArgs(FreshArgs):
    """How far to look."""

    weeks = fields.Integer(load_default=USUAL_WEEKS, validate=validate.Range(1, 52))


class CohortArmSchema(ArmSchema):
    """What one arm bought in one week."""

    orders = fields.Integer(required=True)


class WeekSchema(Strict):
    """A week since the plan, counted from 1, of those for whom it is over."""

    week = fields.Integer(required=True)
    treated = fields.Nested(CohortArmSchema, required=True)
    holdout = fields.Nested(CohortArmSchema, required=True)
    uplift = fields.Nested(UpliftSchema, required=True, allow_none=True)


class WeeksSchema(Strict):
    """What they bought after, week by week."""

    as_of = as_of()
    data = fields.List(fields.Nested(WeekSchema), required=True)
