"""Metrics against figures worked out by hand and against scikit-learn; every metric keeps one signature."""

import numpy as np
import pytest
from sklearn import metrics as reference

from pipeline import paths, plugins
from pipeline.metrics import classify as metrics

PRIORS = np.array([0.6, 0.3, 0.1])
LABELS = np.array([0, 0, 0, 1, 1, 2])
PREDICTED = np.array(
    [[0.7, 0.2, 0.1], [0.6, 0.3, 0.1], [0.1, 0.8, 0.1], [0.2, 0.7, 0.1], [0.5, 0.3, 0.2], [0.1, 0.2, 0.7]]
)
ARGUMENTS = (LABELS, PREDICTED, PRIORS)


def test_by_hand():
    assert metrics.accuracy(*ARGUMENTS) == 4 / 6
    assert metrics.balanced_accuracy(*ARGUMENTS) == pytest.approx((2 / 3 + 1 / 2 + 1) / 3)
    assert metrics.accuracy_at_training_priors(*ARGUMENTS) == pytest.approx(0.6 * 2 / 3 + 0.3 / 2 + 0.1)
    assert metrics.rare_recall(*ARGUMENTS) == 1.0
    assert metrics.cross_entropy(*ARGUMENTS) == pytest.approx(-np.mean(np.log([0.7, 0.6, 0.1, 0.7, 0.3, 0.7])))


def test_against_scikit_learn():
    chosen = PREDICTED.argmax(1)
    assert metrics.balanced_accuracy(*ARGUMENTS) == pytest.approx(reference.balanced_accuracy_score(LABELS, chosen))
    assert metrics.macro_f1(*ARGUMENTS) == pytest.approx(reference.f1_score(LABELS, chosen, average="macro"))
    assert metrics.roc_auc(*ARGUMENTS) == pytest.approx(reference.roc_auc_score(LABELS == 2, PREDICTED[:, 2]))
    assert metrics.cross_entropy(*ARGUMENTS) == pytest.approx(reference.log_loss(LABELS, PREDICTED))


def test_of_two_classes_the_rare_one_is_meant_whichever_it_is():
    labels, predicted = np.array([0, 1, 1, 1]), np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.1, 0.9]])
    assert metrics.rare_recall(labels, predicted, np.array([0.1, 0.9])) == 1.0
    assert metrics.rare_recall(labels, predicted, np.array([0.9, 0.1])) == pytest.approx(2 / 3)


def test_a_certain_mistake_costs_a_finite_amount():
    assert np.isfinite(metrics.cross_entropy(np.array([0]), np.array([[0.0, 1.0]]), np.array([0.5, 0.5])))


@pytest.mark.parametrize("name", plugins.functions(paths.METRICS / "classify.py"))
def test_a_perfect_and_a_useless_classifier(name):
    perfect = getattr(metrics, name)(LABELS, np.eye(3)[LABELS], PRIORS)
    useless = getattr(metrics, name)(LABELS, np.eye(3)[(LABELS + 1) % 3], PRIORS)
    error = name in ("cross_entropy", "brier", "calibration_error")
    assert (perfect < useless) if error else (perfect > useless)
    assert perfect == pytest.approx(0 if error else 1)
