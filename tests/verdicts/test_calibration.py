"""Calibration: Brier score and calibration error by hand, and what each is blind to."""

import numpy as np
import pytest

from pipeline.metrics.classify import brier, calibration_error

PRIORS = np.array([0.5, 0.5])


def rows(*first):
    return np.array([(share, 1 - share) for share in first])


@pytest.mark.parametrize(
    ("labels", "first", "score"),
    [
        ([0, 1], [1.0, 0.0], 0.0),
        ([1, 0], [1.0, 0.0], 2.0),
        ([0, 1], [0.5, 0.5], 0.5),
        ([0, 0], [0.9, 0.6], (0.02 + 0.32) / 2),
    ],
)
def test_brier_by_hand(labels, first, score):
    assert brier(np.array(labels), rows(*first), PRIORS) == pytest.approx(score)


def test_brier_is_lowest_at_the_true_share():
    labels = np.array([0] * 7 + [1] * 3)
    scores = {share: brier(labels, rows(*[share] * 10), PRIORS) for share in (0.5, 0.6, 0.7, 0.8, 0.9)}
    assert min(scores, key=scores.get) == 0.7


def test_eight_of_ten_right_at_80_percent_is_calibrated():
    labels = np.array([0] * 8 + [1] * 2)
    assert calibration_error(labels, rows(*[0.8] * 10), PRIORS) == pytest.approx(0)


def test_the_error_is_the_distance_of_confidence_from_accuracy():
    labels = np.array([0] * 5 + [1] * 5)
    assert calibration_error(labels, rows(*[0.9] * 10), PRIORS) == pytest.approx(0.4)
    assert calibration_error(labels, rows(*[0.6] * 10), PRIORS) == pytest.approx(0.1)


def test_bins_do_not_cancel_each_other():
    labels = np.array([0] * 5 + [1] * 5 + [0] * 10)  # 90 % sure and half right; 60 % sure and always right
    predicted = rows(*[0.9] * 10, *[0.6] * 10)
    assert calibration_error(labels, predicted, PRIORS) == pytest.approx((0.4 + 0.4) / 2)


def test_certainty_falls_into_the_last_bin():
    assert calibration_error(np.array([0, 1]), rows(1.0, 0.0), PRIORS) == 0
    assert calibration_error(np.array([1, 0]), rows(1.0, 0.0), PRIORS) == 1
