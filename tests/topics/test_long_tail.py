"""The long tail's probes, by hand: what a class's training images have to do with its recall."""

from types import SimpleNamespace

import numpy as np
import pytest

from pipeline import paths, plugin_files
from pipeline.records import Examples
from pipeline.topics.long_tail import TOPIC, probes

COUNTS = [1, 1, 2, 3, 1, 2]  # training images of six classes


def finished(labels, answers, training=None):
    """A run that answered `answers`, the classes after the first in the order of their numbers."""
    labels = np.array(labels)
    predicted = np.tile(np.linspace(0.2, 0.1, len(COUNTS)), (len(labels), 1))
    predicted[np.arange(len(labels)), answers] = 1
    x = np.zeros((len(labels), 2, 2, 1), np.float32)
    card = {"counts": {"train": COUNTS}}
    return SimpleNamespace(predicted=predicted, test=Examples(x, labels), card=card, training=training)


def test_recall_is_told_apart_by_training_images():
    run = finished([0, 0, 1, 2, 2, 3, 5, 5], [0, 1, 1, 2, 0, 3, 0, 0])
    assert probes.singleton_recall(run) == pytest.approx(2 / 3)
    assert probes.repeated_recall(run) == pytest.approx(2 / 5)
    assert probes.recall_by_images(run) == pytest.approx({1.0: 2 / 3, 2.0: 1 / 4, 3.0: 1.0})


def test_no_such_class_is_no_value():
    assert np.isnan(probes.singleton_recall(finished([2, 3], [2, 3])))
    assert np.isnan(probes.repeated_recall(finished([0, 1], [0, 1])))


def test_the_true_class_is_among_five_of_six_unless_it_is_last():
    assert probes.top_5(finished([0, 1, 2, 3, 4, 5], [0, 0, 0, 0, 0, 0])) == pytest.approx(5 / 6)


def test_five_guesses_of_fewer_classes_always_hit():
    run = SimpleNamespace(
        predicted=np.array([[0.9, 0.1], [0.6, 0.4]]), test=Examples(np.zeros((2, 1)), np.array([1, 0]))
    )
    assert probes.top_5(run) == 1


def test_the_nearest_training_image_gives_its_class(monkeypatch):
    monkeypatch.setattr(probes, "ROWS", 2)  # parts, the last one short
    known = Examples(np.array([[0.0, 0], [1, 0], [5, 5]], np.float32), np.array([0, 1, 2]))
    asked = Examples(np.array([[0.1, 0], [0.9, 0.1], [9, 9]], np.float32), np.array([0, 0, 2]))
    assert probes.neighbour_accuracy(SimpleNamespace(training=known, test=asked)) == pytest.approx(2 / 3)


def test_probes_and_series_are_those_of_the_topic():
    made = set(plugin_files.functions(paths.PACKAGE / "topics/long_tail/probes.py"))
    assert set(TOPIC.probes) == set(probes.APPLIES_TO) and set(TOPIC.series) == set(probes.SERIES)
    assert made == {*TOPIC.probes, *TOPIC.series}


def test_the_network_for_many_classes_refuses_what_it_cannot_halve():
    from pipeline.models.glyphnet import build

    model = build((12, 12, 1), 40, channels=[4, 8], width=16)
    assert model.output_shape == (None, 40)
    with pytest.raises(ValueError, match="glyphnet: given inputs of shape"):
        build((7, 7, 1), 40, channels=[4, 8, 8])
    with pytest.raises(ValueError, match="glyphnet: given inputs of shape"):
        build((40, 1), 40)
