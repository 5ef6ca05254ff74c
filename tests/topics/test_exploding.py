"""The exploding topic: the first gradient against a derivative by hand, and learning kept apart from survival."""

import math
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from pipeline.records import Examples
from pipeline.topics.exploding import TOPIC, probes


def chain(weight, steps):
    """One linear unit: h_T is the sum of weight^(T-t) x_t, its output is h_T."""
    layer, head = keras.layers.SimpleRNN(1, activation=None, use_bias=False), keras.layers.Dense(1, use_bias=False)
    inputs = keras.Input((steps, 1))
    model = keras.Model(inputs, head(layer(inputs)))
    layer.set_weights([np.ones((1, 1)), np.full((1, 1), weight)])
    head.set_weights([np.ones((1, 1))])
    return model


def started(model, examples, batch_size=4):
    settings = {"fit": {"batch_size": batch_size}}
    return SimpleNamespace(start=lambda: model, training=examples, settings=settings)


@pytest.mark.parametrize("weight", [1.0, 1.5])
def test_first_gradient_by_hand(weight):
    """x is 1 at the first of T steps: h = w^(T-1); loss (h - 0)^2 has derivatives 2h h, 2h h and 2h (T-1) h / w."""
    x = np.zeros((9, 20, 1), "float32")
    x[:, 0] = 1
    x[4:] = 100  # behind the first batch
    found = probes.first_gradient(started(chain(weight, 20), Examples(x, np.zeros(9, "float32"))))
    state = weight**19
    wanted = 2 * state**2 * math.sqrt(1 + 1 + (19 / weight) ** 2)
    assert found == pytest.approx(math.log10(wanted), abs=1e-4)


def test_first_gradient_of_classes_is_that_of_the_cross_entropy():
    """Without an input the logits are 0: only the head's bias has a gradient, p - y = (-1/2, 1/2)."""
    inputs = keras.Input((3, 2))
    model = keras.Model(inputs, keras.layers.Dense(2)(keras.layers.SimpleRNN(4, use_bias=False)(inputs)))
    examples = Examples(np.zeros((4, 3, 2), "float32"), np.zeros(4, "int64"))
    assert probes.first_gradient(started(model, examples)) == pytest.approx(math.log10(math.sqrt(0.5)), abs=1e-5)


def test_surviving_is_not_learning():
    y = np.random.default_rng(0).random((4000, 2)).sum(1).astype("float32")
    test = Examples(np.zeros((4000, 1), "float32"), y)
    always_1 = SimpleNamespace(predicted=np.ones(4000), test=test)
    better = SimpleNamespace(predicted=1 + 0.5 * (y - 1), test=test)  # a quarter of the error
    assert probes.learned(always_1) == 0 and probes.learned(better) == 1


@pytest.mark.parametrize(("wrong", "solved"), [(0, 1), (1, 1), (2, 0)])
def test_solved_is_fewer_than_one_percent_wrong(wrong, solved):
    labels = np.arange(200) % 4
    predicted = np.eye(4)[labels]
    predicted[:wrong] = np.roll(predicted[:wrong], 1, axis=1)
    run = SimpleNamespace(predicted=predicted, test=Examples(np.zeros((200, 1), "float32"), labels))
    assert probes.solved(run) == solved


def test_norms_over_epochs_leave_out_what_is_not_finite():
    history = [{"epoch": 1.0, "gradient_norm": 3.0, "gradient_norm_max": math.inf}, {"epoch": 2.0}]
    run = SimpleNamespace(history=history)
    assert probes.gradient_norm(run) == {1.0: 3.0} and probes.gradient_norm_max(run) == {}


def test_topic_names_what_the_probes_have():
    assert set(TOPIC.probes) == set(probes.APPLIES_TO) and set(TOPIC.series) == set(probes.SERIES)
    assert set(probes.DIVERGED) <= set(probes.APPLIES_TO)
    assert all(callable(getattr(probes, name)) for name in (*TOPIC.probes, *TOPIC.series))
