"""The imbalance topic's probes, by hand: moved thresholds, and what is lost against the true probabilities."""

from types import SimpleNamespace

import numpy as np
import pytest

from pipeline.records import Examples
from pipeline.sources import two_gaussians
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


def of_gaussians(predicted, inputs, labels, counts=(99, 1)):
    """A run on two Gaussians that gave the rare class the chances `predicted`."""
    chances = np.array(predicted, float)
    return SimpleNamespace(
        test=Examples(np.array(inputs, float), np.array(labels)),
        predicted=np.stack([1 - chances, chances], 1),
        card={"counts": {"train": list(counts)}},
    )


def test_the_distance_is_that_of_the_source():
    assert probes.DISTANCE == two_gaussians.DISTANCE


def test_the_true_chance_halfway_between_the_means_is_the_share():
    """At 1.5 along the line through both means the densities are equal; farther by x, their ratio is exp(3 x)."""
    run = of_gaussians([0, 0, 0], [[1.5, 0], [2.5, 0], [1.5 / np.sqrt(2), 1.5 / np.sqrt(2)]], [0, 0, 0])
    run.test = Examples(np.array([[1.5], [2.5], [0.5]]), run.test.y)
    assert probes._posterior(run) == pytest.approx([0.01, 1 / (1 + 99 * np.exp(-3)), 1 / (1 + 99 * np.exp(3))])
    run.test = Examples(np.array([[1.5, 1.5]]) / np.sqrt(2), np.array([0]))
    assert probes._posterior(run) == pytest.approx([0.01])


def test_the_true_chance_is_the_share_of_rare_examples_there():
    parts = two_gaussians.load(None, 0, train=1000, test=200000, ratio=9, informative=3)
    run = of_gaussians(np.zeros(200000), parts["test"].x, parts["test"].y, counts=(900, 100))
    chances = probes._posterior(run)
    for low in (0.05, 0.2, 0.5, 0.8):
        near = (low - 0.03 < chances) & (chances < low + 0.03)
        assert parts["test"].y[near].mean() == pytest.approx(chances[near].mean(), abs=0.03)
    assert chances.mean() == pytest.approx(0.1, abs=0.002)


def test_the_true_probabilities_lose_nothing_and_others_what_they_are_off():
    inputs, labels = [[1.5], [1.5], [1.5], [4.0]], [0, 0, 0, 1]
    sure = 1 / (1 + 99 * np.exp(-7.5))
    best = of_gaussians([0.01, 0.01, 0.01, sure], inputs, labels)
    assert (probes.posterior_error(best), probes.brier_lost(best), probes.ranking_lost(best)) == (
        pytest.approx(0, abs=1e-12),
        pytest.approx(0, abs=1e-12),
        0,
    )
    other = of_gaussians([0.41, 0.01, 0.01, 0.3], inputs, labels)
    assert probes.posterior_error(other) == pytest.approx((0.4 + sure - 0.3) / 4)
    floor = 2 * (3 * 0.01**2 + (1 - sure) ** 2) / 4
    assert probes.brier_lost(other) == pytest.approx(2 * (0.41**2 + 2 * 0.01**2 + 0.7**2) / 4 - floor)
    assert probes.ranking_lost(other) == pytest.approx(1 - 1 / 2)  # the rare one is second


def test_the_recall_of_a_small_part_is_off():
    """Fifty parts of two, 25 with both found and 25 with none: each is off by one half."""
    both = np.repeat([1, 0], 50)
    run = of_gaussians([*both, 0, 0], np.zeros((102, 1)), [1] * 100 + [0, 0])
    assert probes.recall_error(run) == 0.5
    assert probes.recall_error(of_gaussians([1, 0] * 50, np.zeros((100, 1)), [1] * 100)) == 0
    assert np.isnan(probes.recall_error(of_gaussians([1] * 49, np.zeros((49, 1)), [1] * 49)))


def test_the_recall_of_a_part_is_off_as_the_binomial_says():
    """Of 6 with a chance of one half, |k / 6 - 1/2| is (2 x 1/2 + 12 x 1/3 + 30 x 1/6) / 64 = 0.15625 on average."""
    random = np.random.default_rng(0)
    found = [probes.recall_error(of_gaussians(random.integers(0, 2, 300), np.zeros((300, 1)), [1] * 300))]
    found += [
        probes.recall_error(of_gaussians(random.integers(0, 2, 300), np.zeros((300, 1)), [1] * 300)) for _ in range(200)
    ]
    assert np.mean(found) == pytest.approx(0.15625, abs=0.005)


def test_the_probes_are_the_topics():
    assert set(TOPIC.probes) == set(probes.APPLIES_TO)
