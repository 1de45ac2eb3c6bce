"""The fits and the scores that follow from them; loaded by workers only, since scipy takes 60 MB and half a second."""

import math
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from operator import sub
from typing import Any, NamedTuple

import numpy as np

from segments import bgnbd, gamma_gamma, gaps
from segments.bgnbd import BgNbd, Numbers
from segments.gamma_gamma import GammaGamma
from segments.lapse import (
    CERTAINTIES,
    SPANS,
    Basis,
    Group,
    History,
    LapseModel,
    Scored,
    Spending,
    Worth,
)
from segments.rfm import scored as scored_rfm

WEEK = 7.0
# Fewer than these give parameters that another sample of the same shop would not confirm.
LEAST_CUSTOMERS = 100
LEAST_REPEATERS = 50
# From so many gaps on, nine in ten of them say by themselves what is late for somebody.
OWN_GAPS = 5
FAR = 36_500  # days; a date further off than this is never
NEVER = -1
PLACES = 3

Document = dict[str, Any]


class Outlooks(NamedTuple):
    """What is to be expected of each customer: `gap`, `late` and `gone` are days of silence after the latest order."""

    p_alive: Numbers
    expected: dict[int, Numbers]
    gap: Numbers
    late: Numbers
    gone: dict[int, Numbers]


def fitted(
    groups: Sequence[Group], unit_days: int, spending: Sequence[Spending], currency: str, at: datetime
) -> LapseModel:
    """The model that fits the shop best, or the gaps that it falls back to."""
    # The order in which a database gathers them must not decide the last digit of a parameter.
    groups, spending = sorted(groups), sorted(spending)
    x, tx, age, weights = _arrays(groups, unit_days)
    repeats = float(np.dot(x, weights))
    known: dict[str, Any] = {
        "fitted_at": at,
        "customers": int(weights.sum()),
        "repeaters": int(weights[x > 0].sum()),
        "repeats": int(repeats),
        "gap_days": round(float(np.dot(tx, weights)) / repeats * WEEK, 2) if repeats else None,
        "histories": len(groups),
        "unit_days": unit_days,
    }
    worth, why = _worth(spending, currency)
    known |= {"worth": worth, "worth_reason": why}
    reason = _too_thin(known)
    if not reason:
        found = bgnbd.fit(x, tx, age, weights)
        if found.converged:
            total = float(np.dot(_of_new(found.model, age), weights))
            known |= {"log_likelihood": found.log_likelihood, "repeats_expected": round(total, 1)}
            return LapseModel(kind="bgnbd", **known, **found.model._asdict())
        reason = "The search for the parameters came to no end that several starts agree on."
    return LapseModel(kind="gaps" if known["gap_days"] else "none", reason=reason, **known)


def scored(basis: Basis, histories: Sequence[History]) -> list[Scored]:
    """The scores of each customer, without those that stay as they are; `at` says since when they hold."""
    changed = []
    for history, lapse in zip(histories, _lapses(basis, histories), strict=True):
        rfm = scored_rfm(basis.borders, history.last_at, len(history.days), history.spent)
        if not _same(lapse, history.lapse) or not _same(rfm, history.rfm):
            lapse["at"] = history.lapse["at"] if _same(lapse, history.lapse) else basis.at
            rfm["at"] = history.rfm["at"] if _same(rfm, history.rfm) else basis.at
            changed.append(Scored(history.id, history.rolled, rfm, lapse))
    return changed


def outlooks(model: LapseModel, x: Numbers, tx: Numbers, age: Numbers) -> Outlooks:
    """What is to be expected of customers with these histories, in weeks."""
    usual = (model.gap_days or 0.0) / WEEK
    late = gaps.lasts(usual, x, tx, gaps.LATE) * WEEK
    if model.kind == "bgnbd":
        found = BgNbd(model.r, model.alpha, model.a, model.b)
        return Outlooks(
            p_alive=bgnbd.p_alive(found, x, tx, age),
            expected={span: bgnbd.expected(found, x, tx, age, span / WEEK) for span in SPANS},
            gap=bgnbd.usual_gap(found, x, tx) * WEEK,
            late=late,
            gone={sure: (bgnbd.age_when_gone(found, x, tx, sure / 100) - tx) * WEEK for sure in CERTAINTIES},
        )
    alive = gaps.still(usual, x, tx, age - tx)
    return Outlooks(
        p_alive=alive,
        expected={span: alive * span / WEEK / gaps.mean(usual, x, tx) for span in SPANS},
        gap=gaps.lasts(usual, x, tx, 0.5) * WEEK,
        late=late,
        gone={sure: gaps.lasts(usual, x, tx, sure / 100) * WEEK for sure in CERTAINTIES},
    )


def _arrays(groups: Sequence[Group], unit_days: int) -> tuple[Numbers, Numbers, Numbers, Numbers]:
    """Repeat orders, ages in weeks (the middle of their unit), and how many customers have each."""
    table = np.array(groups, dtype=float).reshape(-1, 4)
    x, tx, age, weights = table.T
    middle = (unit_days - 1) / 2
    ages = (age * unit_days + middle) / WEEK
    latest = np.where(x > 0, (tx * unit_days + middle) / WEEK, 0.0)
    return x, latest, ages, weights


def _too_thin(known: Document) -> str:
    for name, least, what in (
        ("customers", LEAST_CUSTOMERS, "customers with orders"),
        ("repeaters", LEAST_REPEATERS, "customers who came back"),
    ):
        if known[name] < least:
            return f"There are {known[name]} {what}, and it takes {least} for a fit that means something."
    return ""


def _of_new(model: BgNbd, age: Numbers) -> Numbers:
    """Repeat orders expected of customers of these ages, nothing else known."""
    distinct, place = np.unique(age, return_inverse=True)
    return np.asarray(bgnbd.expected_of_new(model, distinct)[place])


def _worth(spending: Sequence[Spending], currency: str) -> tuple[Worth | None, str]:
    """Gamma-Gamma on the shop's orders, or why not."""
    table = np.array(spending, dtype=float).reshape(-1, 3)
    orders, mean, weights = table.T
    total = int(weights.sum())
    again = int(weights[orders > 1].sum())
    if total < LEAST_CUSTOMERS or again < LEAST_REPEATERS:
        return None, f"There are {again} customers with several orders in {currency}, and it takes {LEAST_REPEATERS}."
    found = gamma_gamma.fit(orders, mean, weights)
    if not found.converged:
        return None, "The search for the parameters came to no end that several starts agree on."
    figures = {"log_likelihood": found.log_likelihood, "correlation": round(_correlation(orders, mean, weights), 3)}
    return Worth(**found.model._asdict(), currency=currency, customers=total, **figures), ""


def _correlation(one: Numbers, other: Numbers, weights: Numbers) -> float:
    """Pearson's, of weighted pairs; 0 where one of them does not vary."""
    spread = np.cov(np.stack([one, other]), aweights=weights)
    product = float(spread[0, 0] * spread[1, 1])
    return float(spread[0, 1]) / math.sqrt(product) if product > 0 else 0.0


def _lapses(basis: Basis, histories: Sequence[History]) -> Iterator[Document]:
    """Each customer's outlook as it is kept."""
    model = basis.model
    if model.kind == "none":
        yield from ({"model": "none"} for _ in histories)
        return
    first, last = (np.array([one.days[end] for one in histories], dtype=float) for end in (0, -1))
    x = np.array([len(one.days) - 1 for one in histories], dtype=float)
    tx, age = (last - first) / WEEK, np.maximum((basis.at - _EPOCH).days, last) / WEEK - first / WEEK
    found = outlooks(model, x, tx, age)
    silence = np.maximum(_late(histories, found.late), found.gap)
    values = _values(basis, histories, found.expected[max(SPANS)])
    dates = [_dates(last, found.gap), _dates(last, silence), *(_dates(last, found.gone[sure]) for sure in CERTAINTIES)]
    spans = zip(*(found.expected[span].round(PLACES).tolist() for span in SPANS), strict=True)
    rows = zip(found.p_alive.round(PLACES).tolist(), spans, values, zip(*dates, strict=True), strict=True)
    for alive, expected, value, (due, late, *gone) in rows:
        orders = dict(zip(_SPANS, expected, strict=True))
        outlook: Document = {"model": model.kind, "p_alive": alive, "expected": orders}
        if due is not None:
            outlook["next_at"] = due
        if late is not None:
            outlook["late_at"] = late
        outlook["gone"] = {sure: at for sure, at in zip(_CERTAINTIES, gone, strict=True) if at is not None}
        yield outlook | {"value": value}


_SPANS = [str(span) for span in SPANS]
_CERTAINTIES = [str(sure) for sure in CERTAINTIES]


def _values(basis: Basis, histories: Sequence[History], expected: Numbers) -> list[int]:
    """Minor units expected in the longest span: the orders expected, times what an order is expected to come to."""
    orders = np.array([one.orders for one in histories], dtype=float)
    spent = np.array([max(one.spent, 0) for one in histories], dtype=float)
    own = spent / np.maximum(orders, 1)
    if (worth := basis.model.worth) is not None:
        own = gamma_gamma.expected_worth(GammaGamma(worth.p, worth.q, worth.gamma), orders, own)
    return [int(value) for value in np.rint(expected * own).tolist()]


def _late(histories: Sequence[History], otherwise: Numbers) -> Numbers:
    """Days of silence after which each is late: by their own gaps, where they have enough of them."""
    found = otherwise.copy()
    for place, history in enumerate(histories):
        if len(history.days) > OWN_GAPS:
            gaps_of = sorted(map(sub, history.days[1:], history.days))
            found[place] = gaps_of[math.ceil(gaps.LATE * len(gaps_of)) - 1] + 1
    return found


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _dates(last: Numbers, after: Numbers) -> list[datetime | None]:
    """The first instant of the day by which so many days are over; None for what never comes."""
    days = np.where(after < FAR, last + np.ceil(after), NEVER).astype(int)
    known = {day: None if day == NEVER else _EPOCH + timedelta(days=day) for day in set(days.tolist())}
    return [known[day] for day in days.tolist()]


def _same(new: Document, kept: Document) -> bool:
    return "at" in kept and {**kept, "at": None} == {**new, "at": None}
