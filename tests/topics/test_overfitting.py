"""When overfitting sets in and how wide it is in accuracy, on histories made up for it; the topic's claims."""

from types import SimpleNamespace

import numpy as np
import pytest

from pipeline.topics.overfitting import TOPIC, probes


def run(losses=(1.0,), accuracy=1.0, predicted=((1.0, 0.0),), labels=(0,)):
    history = [
        {"epoch": at, "val_cross_entropy": loss, "accuracy": accuracy if at == len(losses) else 0.0}
        for at, loss in enumerate(losses, 1)
    ]
    return SimpleNamespace(history=history, predicted=np.array(predicted), test=SimpleNamespace(y=np.array(labels)))


@pytest.mark.parametrize(
    ("losses", "epoch"),
    [
        ((3, 2, 1, 2, 3), 4),
        ((3, 1, 1.5, 1.005, 1.2, 1.3), 5),  # back within 1 % at epoch 4: it sets in after that
        ((1, 1.0099, 1.0101, 1.5), 3),
        ((3, 2, 1), 4),  # never: one epoch more than there were
        ((3, 1, 2, 1.01), 5),
        ((1,), 2),
    ],
)
def test_onset(losses, epoch):
    assert probes.onset(run(losses)) == epoch


def test_accuracy_gap_is_training_less_test():
    predicted = [[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.7, 0.3]]
    found = run((2.0, 1.0), 0.95, predicted, [0, 1, 1, 1])
    assert probes.accuracy_gap(found) == pytest.approx(0.95 - 0.5)


@pytest.mark.parametrize(
    ("accuracies", "steps"),
    [((0.5, 0.99, 1.0), 20), ((0.98, 0.9899, 0.9), 40), ((0.99, 0.2, 0.3), 10), ((0.1, 0.2, 1.0), 30)],
)
def test_steps_until_the_training_examples_are_known_by_heart(accuracies, steps):
    """Ten steps an epoch, the first ten of the 32 that 1,000 examples fill; never: one epoch more than there were."""
    settings = {"fit": {"batch_size": 32, "epoch_steps": 10}}
    history = [{"accuracy": accuracy} for accuracy in accuracies]
    found = SimpleNamespace(history=history, settings=settings, training=range(1000))
    assert probes.steps_to_fit(found) == steps


def test_every_probe_says_where_it_applies():
    assert set(TOPIC.probes) == set(probes.APPLIES_TO)


def test_lower_is_better_where_the_metric_is_a_loss():
    for claim in TOPIC.claims:
        assert claim.higher_is_better == (claim.metric in ("accuracy", "train_accuracy")), claim.name
