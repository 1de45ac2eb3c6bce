"""Scores for a generated crowd: as a refresh would leave them, by a model fitted on the first of its customers."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np

from segments import statistics
from segments.lapse import Basis, Group, History, Spending
from segments.rfm import FIFTHS, Borders
from storage.mongo import Document

CURRENCY = "EUR"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def basis_of(customers: Sequence[Document], now: datetime) -> Basis:
    """Model and borders that these customers come to."""
    histories = [_history(customer) for customer in customers]
    today = (now - EPOCH).days
    groups = Counter((len(one.days) - 1, one.days[-1] - one.days[0], today - one.days[0]) for one in histories)
    spending = Counter((one.orders, round(one.spent / one.orders, -2)) for one in histories)
    model = statistics.fitted(
        [Group(*history, number) for history, number in groups.items()],
        1,
        [Spending(orders, max(mean, 1.0), number) for (orders, mean), number in spending.items()],
        CURRENCY,
        now,
    )
    numbers: dict[str, list[float]] = {
        "recency": [one.last_at.timestamp() * 1_000 for one in histories],
        "frequency": [len(one.days) for one in histories],
        "money": [one.spent for one in histories],
    }
    borders = {name: [float(at) for at in np.quantile(values, FIFTHS)] for name, values in numbers.items()}
    return Basis(model, Borders(**borders), CURRENCY, now)


def score(customers: Sequence[Document], basis: Basis) -> None:
    """Put the scores into the documents."""
    found = statistics.scored(basis, [_history(customer) for customer in customers])
    for customer, scored in zip(customers, found, strict=True):
        customer["scores"] = {"rfm": scored.rfm, "lapse": scored.lapse}


def _history(customer: Document) -> History:
    profile, rolled = customer["profile"], customer["rolled"]
    orders, spent = profile["counts"][CURRENCY], profile["spend"][CURRENCY]
    return History(customer["_id"], rolled["by"], rolled["days_of"], profile["last_at"], orders, spent, {}, {})
