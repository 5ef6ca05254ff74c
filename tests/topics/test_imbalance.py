"""The imbalance topic's probe, by hand: thresholds moved by the shares trained on."""

from types import SimpleNamespace

import numpy as np
import pytest

from pipeline.records import Examples
from pipeline.topics.imbalance import TOPIC, probes


def finished(trained, predicted, labels):
    """A run trained on labels `trained` that gave the probabilities `predicted`."""
    trained, labels = np.array(trained), np.array(labels)
    return SimpleNamespace(
        training=Examples(np.zeros((len(trained), 1)), trained),
        test=Examples(np.zeros((len(labels), 1)), labels),
        predicted=np.array(predicted),
    )


def test_a_rare_class_is_named_once_its_probability_exceeds_its_share():
    predicted = [[0.8, 0.2], [0.85, 0.15], [0.95, 0.05], [0.99, 0.01]]
    assert probes.moved_balanced_accuracy(finished([0] * 9 + [1], predicted, [1, 1, 0, 0])) == 1
    assert probes.moved_balanced_accuracy(finished([0, 1], predicted, [1, 1, 0, 0])) == 0.5


def test_recall_is_averaged_over_the_classes_there_are():
    predicted = [[0.9, 0.1, 0.0], [0.2, 0.8, 0.0], [0.7, 0.3, 0.0], [0.6, 0.4, 0.0]]
    run = finished([0, 1, 2], predicted, [0, 1, 1, 1])
    assert probes.moved_balanced_accuracy(run) == pytest.approx((1 + 1 / 3) / 2)


def test_moved_probabilities_sum_to_one():
    made = probes._moved(np.array([[0.5, 0.5], [0.9, 0.1]]), np.array([0.9, 0.1]))
    assert np.allclose(made.sum(1), 1) and np.allclose(made, [[0.1, 0.9], [0.5, 0.5]])


def test_the_probe_is_the_topics():
    assert set(TOPIC.probes) == set(probes.APPLIES_TO)
