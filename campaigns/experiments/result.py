"""What an experiment proves: each variant against the holdout or the first variant, in buyers and in money."""

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from campaigns.experiments import cuped, intervals
from campaigns.experiments.arms import Arm, together
from campaigns.experiments.intervals import Interval
from campaigns.experiments.ratio import Ratio, ratio
from campaigns.experiments.sizing import needed
from campaigns.experiments.variants import Variant

HOLDOUT = "holdout"
TREATED = "treated"

# Why rungs are not compared.
CHOSEN = (
    "A ladder chooses each person's rung by what they are worth, by what they got before and by what is left under its "
    "caps, so a rung's people differ from others before anybody writes to them. Only who is held out is drawn by "
    "chance: all who were written to, together, are compared with them."
)

# "fixed": all who were drawn have had their time, so that one look is all there is. "always_valid": it still runs.
Method = Literal["fixed", "always_valid"]


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """One arm against another. `money` is revenue per customer in minor units, less what the past explains of it.

    `explained` is the share of the variance that was taken out so; `needed` the size of both arms together at which a
    difference of the size asked for shows four times in five, None where it cannot be told yet.
    """

    arm: str
    against: str
    conversion: Interval
    money: Interval
    explained: float
    needed: int | None


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """All comparisons of a campaign; `winner` is the arm that clearly earns more than every other, by money, or "".

    `not_compared` says why the variants are compared neither with each other nor each with the holdout, "" where they
    are.
    """

    method: Method
    comparisons: list[Comparison]
    ratio: Ratio | None
    winner: str
    not_compared: str = ""


def result(
    arms: Mapping[str, Arm],
    variants: Sequence[Variant],
    *,
    holdout_percent: float,
    method: Method,
    detect: float,
    shares_move: bool = False,
    chosen: bool = False,
) -> Result:
    """Compare a campaign's arms. `detect` is the difference worth finding, in percent of what the control earns.

    Where `shares_move`, as under a bandit, only the holdout's size can be checked. Where the variants are `chosen` for
    each person, as on a ladder, they are no arms: all of them together are one.
    """
    if chosen:
        whole = {TREATED: together(arm for name, arm in arms.items() if name != HOLDOUT)}
        told = {HOLDOUT: arms.get(HOLDOUT, Arm()), **whole}
        alone = result(told, [], holdout_percent=holdout_percent, method=method, detect=detect)
        return msgspec.structs.replace(alone, winner="", not_compared=CHOSEN)
    names = [variant.id for variant in variants] or [TREATED]
    control = HOLDOUT if holdout_percent else names[0]
    compared = [
        compare(name, arms.get(name, Arm()), control, arms.get(control, Arm()), method, detect)
        for name in names
        if name != control
    ]
    checked = _ratio(arms, variants, holdout_percent, shares_move)
    believed = checked is None or checked.holds
    return Result(
        method=method,
        comparisons=compared,
        ratio=checked,
        winner=_winner(names, control, arms, method) if believed else "",
    )


def compare(arm: str, treated: Arm, against: str, control: Arm, method: Method, detect: float) -> Comparison:
    """One arm against another."""
    found = cuped.adjusted(treated, control)
    money = Interval(value=found.value)
    if intervals.enough(treated, control):
        money = _interval(found, treated, control, method)
    size = needed(treated, control, control.mean * detect / 100, found.explained)
    return Comparison(
        arm=arm,
        against=against,
        conversion=_rates(treated, control, method),
        money=money,
        explained=found.explained,
        needed=size,
    )


def _ratio(
    arms: Mapping[str, Arm], variants: Sequence[Variant], holdout_percent: float, shares_move: bool
) -> Ratio | None:
    """The check of the arms' sizes; None where there is one arm only, or nobody in any."""
    treated = 100 - holdout_percent
    shares = {variant.id: variant.share * treated / 100 for variant in variants} or {TREATED: treated}
    counted = {name: arms.get(name, Arm()).customers for name in shares}
    if shares_move:
        shares, counted = {TREATED: treated}, {TREATED: sum(list(counted.values()))}
    if holdout_percent:
        shares[HOLDOUT], counted[HOLDOUT] = holdout_percent, arms.get(HOLDOUT, Arm()).customers
    return ratio(counted, shares) if len(shares) > 1 and any(counted.values()) else None


def _interval(found: cuped.Difference, treated: Arm, control: Arm, method: Method) -> Interval:
    if method == "fixed":
        return intervals.fixed(found.value, found.error)
    people = treated.customers + control.customers
    return intervals.always_valid(found.value, found.error, people, people)


def _rates(treated: Arm, control: Arm, method: Method) -> Interval:
    people = treated.customers + control.customers
    if min(treated.customers, control.customers) < intervals.LEAST_FOR_AN_INTERVAL:
        return Interval(value=treated.rate - control.rate)
    if method == "fixed":
        return intervals.rates(treated, control)
    error = sum(arm.rate * (1 - arm.rate) / arm.customers for arm in (treated, control)) ** 0.5
    return intervals.always_valid(treated.rate - control.rate, error, people, people)


def _winner(names: Sequence[str], control: str, arms: Mapping[str, Arm], method: Method) -> str:
    """The arm whose money is clearly above every other's, the control among them; "" while there is none."""
    everyone = list(dict.fromkeys([*names, control]))
    best = max(everyone, key=lambda name: arms.get(name, Arm()).mean)
    ahead = [
        compare(best, arms.get(best, Arm()), other, arms.get(other, Arm()), method, 0.0).money
        for other in everyone
        if other != best
    ]
    return best if ahead and all(one.low is not None and one.low > 0 for one in ahead) else ""
