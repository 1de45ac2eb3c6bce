"""Gamma-Gamma: what an order of a customer is worth, from how many they placed and what those came to on average.

Fader and Hardie, "The Gamma-Gamma Model of Monetary Value" (note of 2013, brucehardie.com/notes/025). Around a mean
of the customer's own, orders vary by a gamma distribution of shape p; over customers, the means vary by an inverse
gamma distribution (q, gamma). It takes for granted that worth and frequency have nothing to do with each other.
"""

from typing import NamedTuple

import numpy as np
from scipy.special import gammaln

from segments.bgnbd import AGREEMENT, LIMIT, Numbers, search

# As (p, q, gamma), gamma as a share of the mean worth.
STARTS = ((1.0, 1.5, 1.0), (6.0, 4.0, 0.5), (2.0, 2.0, 2.0))


class GammaGamma(NamedTuple):
    """The three parameters; `gamma` is in the unit of money of what they were fitted on."""

    p: float
    q: float
    gamma: float


class WorthFit(NamedTuple):
    """A model with its log-likelihood in all, and whether the search ended well."""

    model: GammaGamma
    log_likelihood: float
    converged: bool


def log_likelihood(model: GammaGamma, orders: Numbers, mean: Numbers) -> Numbers:
    """Of each customer (equation 1a of the note); `orders` are at least 1, `mean` is more than 0."""
    p, q, gamma = model
    shape = p * orders
    return np.asarray(
        gammaln(shape + q)
        - gammaln(shape)
        - gammaln(q)
        + q * np.log(gamma)
        + (shape - 1) * np.log(mean)
        + shape * np.log(orders)
        - (shape + q) * np.log(gamma + orders * mean)
    )


def fit(orders: Numbers, mean: Numbers, weights: Numbers) -> WorthFit:
    """The maximum of the likelihood, from several starts; `weights` say how many customers have each history."""
    total, usual = float(weights.sum()), float(np.average(mean, weights=weights))
    scaled = mean / usual

    def loss(logarithms: Numbers) -> float:
        return -float(np.dot(log_likelihood(_model(logarithms), orders, scaled), weights)) / total

    tries = [search(loss, np.log(start)) for start in STARTS]
    best = min(tries, key=lambda one: float(one.fun))
    again = sum(float(one.fun) - float(best.fun) < AGREEMENT for one in tries)
    inside = bool(np.all(np.abs(best.x) < LIMIT - 0.01))
    found = _model(best.x)
    return WorthFit(
        found._replace(gamma=found.gamma * usual),
        -float(best.fun) * total - total * float(np.log(usual)),
        bool(best.success) and inside and again > 1 and found.q > 1,
    )


def expected_worth(model: GammaGamma, orders: Numbers, mean: Numbers) -> Numbers:
    """What the next order of each is expected to come to (equation 5): between their own mean and everybody's."""
    p, q, gamma = model
    return np.asarray(p * (gamma + orders * mean) / (p * orders + q - 1))


def _model(logarithms: Numbers) -> GammaGamma:
    return GammaGamma(*(float(value) for value in np.exp(logarithms)))
