"""Less noise by what is known from before: who bought much will buy much, written to or not.

CUPED, after Deng, Xu, Kohavi and Walker, "Improving the Sensitivity of Online Controlled Experiments by Utilizing
Pre-Experiment Data" (WSDM 2013): from everybody's revenue goes a fixed part of what they bought before, the same part
in both arms. Since both were drawn alike, that changes no arm's expectation; it takes away what the past explains.
"""

import math

import msgspec

from campaigns.experiments.arms import Arm


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """Revenue per customer over the control's, its standard error, and the share of the variance that was explained."""

    value: float
    error: float
    explained: float = 0.0


def plain(treated: Arm, control: Arm) -> Difference:
    """The difference of means as they are, each arm with its own variance."""
    return Difference(value=treated.mean - control.mean, error=_error(treated, control, 0.0))


def adjusted(treated: Arm, control: Arm) -> Difference:
    """The difference of means with what the past explains taken out; the plain one where it explains nothing."""
    theta = _theta(treated, control)
    error, without = _error(treated, control, theta), _error(treated, control, 0.0)
    if not theta or error >= without:
        return plain(treated, control)
    value = treated.mean - control.mean - theta * (treated.mean_before - control.mean_before)
    return Difference(value=value, error=error, explained=1 - (error / without) ** 2)


def _theta(treated: Arm, control: Arm) -> float:
    """The part that makes the variance least, from both arms together."""
    weights = [(arm.customers - 1, arm) for arm in (treated, control) if arm.customers > 1]
    variance = sum(weight * arm.variance_before for weight, arm in weights)
    return sum(weight * arm.covariance for weight, arm in weights) / variance if variance else 0.0


def _error(treated: Arm, control: Arm, theta: float) -> float:
    return math.sqrt(
        sum(
            max(0.0, arm.variance - 2 * theta * arm.covariance + theta**2 * arm.variance_before) / arm.customers
            for arm in (treated, control)
            if arm.customers
        )
    )
