"""Class weights, losses and softmax against figures worked out by hand."""

import keras
import numpy as np

from pipeline.tasks import classify

LABELS = np.array([0, 0, 0, 1])


def test_class_weights_balance_the_classes_and_average_to_one():
    weights = classify.weights_of(np.array([3, 1]), "balanced")
    np.testing.assert_allclose(weights, [4 / 6, 2.0])
    assert np.mean(weights[LABELS]) == 1


def test_effective_numbers_lie_between_no_weights_and_balanced_ones():
    counts = np.array([3000, 30])
    none, effective, balanced = (classify.weights_of(counts, kind) for kind in (None, "effective", "balanced"))
    assert none.tolist() == [1, 1] and 1 < effective[1] < balanced[1]
    np.testing.assert_allclose(np.sum(effective * counts), counts.sum())


def test_focal_loss_and_smoothing_by_hand():
    logits, label, p = np.array([[2.0, 0.0]], "float32"), np.array([0]), 1 / (1 + np.exp(-2.0))
    counts = np.array([1, 1])
    assert np.isclose(float(classify.loss(counts, focal=2.0)(label, logits)), -((1 - p) ** 2) * np.log(p), rtol=1e-5)
    smooth = -0.9 * np.log(p) - 0.1 * np.log(1 - p)
    assert np.isclose(float(classify.loss(counts, label_smoothing=0.2)(label, logits)), smooth, rtol=1e-5)


def test_probabilities_are_softmax_rows_in_every_batch():
    logits = np.random.default_rng(0).normal(0, 50, (7, 4)).astype("float32")
    same = keras.Sequential([keras.Input((4,)), keras.layers.Identity()])
    found = classify.softmax(classify.logits(same, logits, rows=3))
    np.testing.assert_allclose(found.sum(1), 1)
    np.testing.assert_array_equal(found.argmax(1), logits.argmax(1))
    exact = np.exp(logits[0].astype(float) - logits[0].max())
    np.testing.assert_allclose(found[0], exact / exact.sum())
