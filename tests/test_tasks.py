"""Class weights, priors, softmax and confusion against figures worked out by hand."""

import numpy as np

from pipeline import tasks
from pipeline.records import Examples

LABELS = np.array([0, 0, 0, 1])


def test_class_weights_balance_the_classes_and_average_to_one():
    weights = tasks.class_weights(LABELS, 2)
    assert weights == {0: 4 / 6, 1: 2.0}
    assert np.mean([weights[label] for label in LABELS]) == 1


def test_priors_count_absent_classes_as_nothing():
    assert tasks.priors(LABELS, 3).tolist() == [0.75, 0.25, 0]


def test_probabilities_are_softmax_rows_in_every_batch():
    logits = np.random.default_rng(0).normal(0, 50, (7, 4)).astype("float32")
    found = tasks.probabilities(lambda x, training: x, logits, rows=3)
    np.testing.assert_allclose(found.sum(1), 1)
    np.testing.assert_array_equal(found.argmax(1), logits.argmax(1))
    exact = np.exp(logits[0].astype(float) - logits[0].max())
    np.testing.assert_allclose(found[0], exact / exact.sum())


def test_confusion_has_true_classes_in_rows():
    predicted = np.eye(3)[[0, 1, 1, 1]]
    assert tasks.confusion(LABELS, predicted).tolist() == [[1, 2, 0], [0, 1, 0], [0, 0, 0]]


def test_score_calls_the_metrics_by_name():
    test = Examples(np.zeros((4, 1), "float32"), LABELS)
    found = tasks.score(["accuracy", "balanced_accuracy"], test, np.eye(2)[[0, 1, 1, 1]], np.array([0.75, 0.25]))
    assert found == {"accuracy": 0.5, "balanced_accuracy": (1 / 3 + 1) / 2}
