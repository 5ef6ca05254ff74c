"""Scores of predicted numbers, against figures worked out by hand."""

import numpy as np
import pytest
from sklearn.metrics import r2_score

from pipeline.metrics import regress


def test_squared_error_is_the_mean_of_the_squares():
    labels, predicted = np.array([1.0, 2.0, 3.0]), np.array([1.0, 0.0, 6.0])
    assert regress.squared_error(labels, predicted, None) == (0 + 4 + 9) / 3


def test_a_perfect_answer_has_none():
    values = np.linspace(-2, 2, 7)
    assert regress.squared_error(values, values, None) == 0.0


def test_absolute_error_is_the_mean_distance():
    labels, predicted = np.array([1.0, 2.0, 3.0]), np.array([1.0, 0.0, 6.0])
    assert regress.absolute_error(labels, predicted, None) == (0 + 2 + 3) / 3


def test_r2_is_the_share_of_the_variance_that_is_explained():
    labels = np.array([1.0, 2.0, 3.0, 6.0])
    predicted = labels + np.array([1.0, -1.0, 1.0, -1.0])
    assert regress.r2(labels, predicted, None) == pytest.approx(r2_score(labels, predicted))
    assert regress.r2(labels, labels, None) == 1 and regress.r2(labels, np.full(4, 3.0), None) == 0
    assert np.isnan(regress.r2(np.ones(4), labels, None))
    unit = 1e5 * labels.astype("float32") + 250_000
    assert regress.r2(unit, unit - 1e5, None) == pytest.approx(regress.r2(labels, labels - 1, None), rel=1e-4)
