"""Scores of predicted numbers, against figures worked out by hand."""

import numpy as np

from pipeline.metrics import regress


def test_squared_error_is_the_mean_of_the_squares():
    labels, predicted = np.array([1.0, 2.0, 3.0]), np.array([1.0, 0.0, 6.0])
    assert regress.squared_error(labels, predicted, None) == (0 + 4 + 9) / 3


def test_a_perfect_answer_has_none():
    values = np.linspace(-2, 2, 7)
    assert regress.squared_error(values, values, None) == 0.0
