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
    cost = tag.cross_entropy(LABELS, _probabilities(CHOSEN, 1.0), None)
    assert cost == pytest.approx(1022 * np.log(2) / 5)  # the smallest normal number is 2**-1022


@pytest.mark.parametrize("metric", [tag.accuracy, tag.exact_match, tag.cross_entropy])
@pytest.mark.parametrize("written", [0, 1])
def test_what_stands_where_nothing_is_asked_changes_nothing(metric, written):
    other = CHOSEN.copy()
    other[0, 2] = written
    assert metric(LABELS, _probabilities(other, 0.8), None) == metric(LABELS, _probabilities(CHOSEN, 0.8), None)


def test_every_token_counts_as_a_loop_over_sequences_and_steps_counts_it():
    random = np.random.default_rng(1)
    labels, probabilities = random.integers(-1, 4, (40, 3)), random.dirichlet(np.ones(4), (40, 3))
    labels[:, 0] = random.integers(0, 4, 40)  # something is asked for in each
    asked = [(row, step) for row in range(40) for step in range(3) if labels[row, step] >= 0]
    right = {place: probabilities[place].argmax() == labels[place] for place in asked}
    whole = [all(right[place] for place in asked if place[0] == row) for row in range(40)]
    surprise = [-np.log(probabilities[(*place, labels[place])]) for place in asked]
    assert tag.accuracy(labels, probabilities, None) == pytest.approx(np.mean(list(right.values())))
    assert tag.exact_match(labels, probabilities, None) == pytest.approx(np.mean(whole)) and any(whole)
    assert tag.cross_entropy(labels, probabilities, None) == pytest.approx(np.mean(surprise))


def test_one_wrong_token_is_a_wrong_sequence_whichever_it_should_have_been():
    for labels in (np.array([[0, 1]]), np.array([[1, 0]])):
        assert tag.exact_match(labels, _probabilities(np.array([[1, 1]]), 0.8), None) == 0.0
