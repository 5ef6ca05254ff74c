"""The memory topic: when a run counts as solved, and the gradient over lags against derivatives worked out by hand."""

import math

import keras
import numpy as np
import pytest
from seen import Seen

from pipeline.models import recurrent
from pipeline.records import Examples
from pipeline.sources import temporal_order
from pipeline.topics.memory import TOPIC, probes
from pipeline.training import runtime


def run(history=(), **settings):
    fit = {"batch_size": 10, "epoch_steps": 5} | settings
    return Seen(history=list(history), settings={"fit": fit}, training=range(95))


def errors(*values, column="val_squared_error"):
    return [{"epoch": epoch, column: value} for epoch, value in enumerate(values, 1)]


def examples(n=300, steps=6):
    x = np.random.default_rng(3).normal(size=(n, steps, 2)).astype("float32")
    return Examples(x, np.zeros(n, "float32"))


def linear(recurrent_kernel, steps=6):
    """A recurrent network without activation: dh_T/dx_(T-k) is kernel times recurrent_kernel^k."""
    units = len(recurrent_kernel)
    layer = keras.layers.SimpleRNN(units, activation=None)
    inputs = keras.Input((steps, 2))
    model = keras.Model(inputs, keras.layers.Dense(1)(layer(inputs)))
    layer.set_weights([np.eye(2, units), recurrent_kernel, np.zeros(units)])
    return model


@pytest.mark.parametrize(
    ("history", "solved", "steps"),
    [
        (errors(0.2, 0.009, 0.02, 0.001), 1, 10),  # the first epoch that reaches it counts
        (errors(0.2, 0.1, 0.011), 0, 20),
        (errors(0.5, 0.98, 0.99, column="val_accuracy"), 1, 15),
        (errors(0.5, 0.98, column="val_accuracy"), 0, 15),
        (errors(0.2, math.nan), 0, 15),
    ],
)
def test_solution_and_its_steps(history, solved, steps):
    assert probes.solved(run(history)) == solved
    assert probes.steps_to_solution(run(history)) == steps


def test_an_epoch_without_a_limit_is_the_whole_training_split():
    assert probes.steps_to_solution(run(errors(0.001), epoch_steps=None)) == 10
    assert probes.steps_to_solution(run(errors(0.001), epoch_steps=50)) == 10


def test_gradient_falls_by_the_recurrent_factor_at_every_step():
    curve = probes.gradients(linear(0.5 * np.eye(2)), examples())
    np.testing.assert_allclose(np.divide(curve[1:], curve[:-1]), 0.5, rtol=1e-4)


def test_gradient_is_the_frobenius_norm():
    matrix = np.array([[0.9, 0.4], [-0.3, 0.7]])
    found = probes.gradients(linear(matrix), examples())
    wanted = [np.linalg.norm(np.linalg.matrix_power(matrix, k)) for k in range(6)]
    np.testing.assert_allclose(found, wanted, rtol=0.15)  # estimated along 128 random directions


def test_a_gradient_of_nothing_is_the_smallest_number():
    assert probes.gradients(linear(np.zeros((2, 2))), examples())[1:] == [probes.SMALLEST] * 5


def test_truncated_and_per_step_networks_are_looked_at_whole():
    curves = []
    for settings in ({}, {"truncate": 2}, {"states": "all"}):
        runtime.seed(0)
        model = recurrent.build((3, 2), 1, cell="plain", units=4, **settings)
        curves.append(probes.gradients(model, examples(steps=3)))
    np.testing.assert_allclose(curves[1], curves[0], rtol=1e-4)
    np.testing.assert_allclose(curves[2], curves[0], rtol=1e-4)


def test_ratio_is_told_before_and_after_training():
    steps = probes.LAG + 2
    start, trained = (linear(factor * np.eye(2), steps) for factor in (0.5, 1.0))
    looked = Seen(start=lambda: start, model=trained, test=examples(steps=steps))
    assert probes.gradient_at_lag_20(looked) == pytest.approx(20 * math.log10(0.5), abs=0.01)
    assert probes.gradient_at_lag_20_trained(looked) == pytest.approx(0, abs=0.01)
    assert list(probes.gradient_trained(looked)) == list(range(steps))
    short = Seen(start=lambda: linear(np.eye(2)), test=examples())
    assert math.isnan(probes.gradient_at_lag_20(short))


def test_a_sum_is_right_to_four_hundredths_and_always_answering_1_is_at_times():
    y = np.random.default_rng(0).random((100_000, 2)).sum(1)
    off = Seen(predicted=np.array([1.0, 1.039, 0.961, 1.041]), test=Examples(np.zeros((4, 1), "float32"), np.ones(4)))
    assert probes.sums_right(off) == 0.75
    always_1 = Seen(predicted=np.ones(100_000), test=Examples(np.zeros((100_000, 1), "float32"), y))
    assert probes.sums_right(always_1) == pytest.approx(1 - 0.96**2, abs=0.003)


def test_ratio_over_the_whole_sequence_is_from_its_first_step_to_its_last():
    for steps in (4, 9):
        model = linear(0.5 * np.eye(2), steps)
        looked = Seen(start=lambda model=model: model, test=examples(steps=steps))
        assert probes.gradient_over_sequence(looked) == pytest.approx((steps - 1) * math.log10(0.5), abs=0.01)


def test_a_network_is_asked_at_40_steps_whatever_it_was_trained_on():
    """A network by hand that counts X: that settles two of the four orders, and of the others it says XY."""
    for steps in (20, 40, 55):
        inputs = keras.Input((steps, 8))
        layer, head = keras.layers.SimpleRNN(1, activation=None), keras.layers.Dense(4)
        model = keras.Model(inputs, head(layer(inputs)))
        kernel = np.zeros((8, 1))
        kernel[temporal_order.X] = 1  # the state counts X: 2 of class 0, 1 of classes 1 and 2, 0 of class 3
        layer.set_weights([kernel, np.eye(1), np.zeros(1)])
        head.set_weights([np.array([[2.0, 1, -9, 0]]), np.array([-2.5, -0.9, -9, 0.0])])
        looked = Seen(model=model, card={"source": "temporal_order"})
        asked = temporal_order.load(None, probes.ASKED_SEED, samples=probes.ASKED, length=40)
        assert probes.accuracy_at_40(looked) == pytest.approx(1 - np.mean(asked.y == 2))


def test_topic_names_what_the_probes_have():
    assert set(TOPIC.probes) == set(probes.APPLIES_TO) and set(TOPIC.series) == set(probes.SERIES)
    assert set(probes.DIVERGED) | set(probes.BEFORE_TRAINING) <= set(probes.APPLIES_TO)
    assert all(callable(getattr(probes, name)) for name in (*TOPIC.probes, *TOPIC.series))
