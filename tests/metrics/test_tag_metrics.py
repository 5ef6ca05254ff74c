"""Scores of predicted tokens, against figures worked out by hand; what is not asked for never counts."""

import numpy as np
import pytest

from pipeline.metrics import tag

LABELS = np.array([[0, 1, -1], [1, 1, 0]])  # five tokens are asked for
CHOSEN = np.array([[0, 1, 0], [1, 0, 0]])  # four of them are right, and one sequence


def _probabilities(chosen: np.ndarray, certainty: float) -> np.ndarray:
    return np.where(np.arange(2) == chosen[..., None], certainty, 1 - certainty)


def test_accuracy_counts_asked_for_tokens():
    assert tag.accuracy(LABELS, _probabilities(CHOSEN, 0.8), None) == 4 / 5


def test_exact_match_asks_for_every_token_of_a_sequence():
    assert tag.exact_match(LABELS, _probabilities(CHOSEN, 0.8), None) == 1 / 2


def test_cross_entropy_is_the_mean_surprise_in_nats():
    expected = -(4 * np.log(0.8) + np.log(0.2)) / 5
    assert tag.cross_entropy(LABELS, _probabilities(CHOSEN, 0.8), None) == pytest.approx(expected)


def test_a_certain_mistake_costs_a_finite_amount():
    found = tag.cross_entropy(LABELS, _probabilities(CHOSEN, 1.0), None)
    assert np.isfinite(found) and found > 10


@pytest.mark.parametrize("metric", [tag.accuracy, tag.exact_match, tag.cross_entropy])
@pytest.mark.parametrize("written", [0, 1])
def test_what_stands_where_nothing_is_asked_changes_nothing(metric, written):
    other = CHOSEN.copy()
    other[0, 2] = written
    assert metric(LABELS, _probabilities(other, 0.8), None) == metric(LABELS, _probabilities(CHOSEN, 0.8), None)
