"""The measures of a backtest say what they are said to, on cases that can be reckoned by hand."""

from datetime import date

import numpy as np
import pytest

from bench.backtest import auc, cdnow, gain, share_of, split, tenths


def test_auc_is_one_for_a_perfect_order_a_half_for_none_and_zero_for_the_reverse() -> None:
    again = np.array([False, False, True, True])
    scores = np.array([1.0, 2.0, 3.0, 4.0])
    assert auc(scores, again) == 1
    assert auc(-scores, again) == 0
    assert auc(np.zeros(4), again) == 0.5
    assert auc(np.array([1.0, 3.0, 2.0, 4.0]), again) == 0.75


def test_gain_adds_up_orders_from_the_best_down_and_equals_come_together() -> None:
    later = np.array([0.0, 6.0, 2.0, 2.0])
    assert gain(np.array([1.0, 4.0, 3.0, 2.0]), later) == [(0, 0), (0.25, 0.6), (0.5, 0.8), (0.75, 1), (1, 1)]
    assert gain(np.array([1.0, 2.0, 2.0, 1.0]), later) == [(0, 0), (0.5, 0.8), (1, 1)]
    assert share_of([(0.0, 0.0), (0.5, 0.8), (1.0, 1.0)], 0.25) == pytest.approx(0.4)


def test_tenths_hold_a_tenth_each_from_whom_least_is_expected() -> None:
    found = tenths(np.arange(100.0), np.arange(100.0) * 2)
    assert found[0] == (4.5, 9.0)
    assert found[-1] == (94.5, 189.0)


def test_what_comes_after_the_cut_is_not_known_before_it() -> None:
    days = {"a": {10, 24, 31, 50}, "new": {40}}
    cut, end = (date.fromordinal(day) for day in (31, 45))
    found = split("x", days, cut, end)
    assert [found.x.tolist(), found.tx.tolist(), found.age.tolist(), found.later.tolist()] == [[2], [3], [3], [0]]
    assert found.span == 2


def test_cdnow_is_cut_as_the_papers_do() -> None:
    found = cdnow()
    assert found is not None
    assert (len(found.x), int((found.x > 0).sum()), int(found.later.sum())) == (2_357, 946, 1_882)
