"""What a slider reads off at a threshold is what counting the examples gives."""

import numpy as np
import pytest

from pipeline.report import thresholds
from pipeline.scoring.probabilities import binned


def examples():
    random = np.random.default_rng(0)
    probabilities = random.beta(1, 4, 4000)
    return probabilities, random.random(4000) < probabilities


def test_recall_and_precision_at_a_threshold_are_counted():
    probabilities, true = examples()
    recall, precision = thresholds.recall_and_precision(binned(probabilities, true))
    for at in (0.05, 0.2, 0.5):
        place, taken = thresholds.THRESHOLDS.index(at), probabilities >= at
        assert recall[place] == pytest.approx((taken & true).sum() / true.sum(), abs=0.02)
        assert precision[place] == pytest.approx((taken & true).sum() / taken.sum(), abs=0.02)
    assert recall == sorted(recall, reverse=True)


def test_without_an_alarm_there_is_no_precision():
    recall, precision = thresholds.recall_and_precision(binned(np.full(20, 0.1), np.arange(20) < 2))
    assert recall[-1] == 0 and precision[-1] is None and recall[0] == 1 and precision[0] == pytest.approx(0.1)


def test_what_is_said_comes_true_where_it_was_drawn_so():
    seen = thresholds.seen(binned(*examples()))
    told = [(said, share) for said, share in zip(thresholds.TENTHS, seen, strict=True) if share is not None]
    assert len(told) >= 6 and all(abs(said - share) < 0.12 for said, share in told)
    assert thresholds.seen(binned(np.full(5, 0.95), np.full(5, True))) == [None] * 10
