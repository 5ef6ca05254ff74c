"""The recurrent model against the course's and Keras' equations, its sizes, its truncation and its mask."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from pipeline.models import recurrent
from pipeline.training import runtime

CELLS = ("plain", "lstm", "gru", "irnn")


def built(shape=(9, 3), outputs=2, seed=0, **settings):
    runtime.seed(seed)
    return recurrent.build(shape, outputs, **settings)


def inputs(n=4, shape=(9, 3)):
    return np.random.default_rng(1).normal(size=(n, *shape)).astype("float32")


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def by_hand(cell, x, w, u, b):
    """States (steps, units) of one sequence, from the equations; gate blocks in Keras' order."""
    n = u.shape[0]
    h = c = np.zeros(n)
    states = []
    for step in x:
        if cell == "lstm":
            i, f, new, o = np.split(step @ w + h @ u + b, 4)
            c = sigmoid(f) * c + sigmoid(i) * np.tanh(new)
            h = sigmoid(o) * np.tanh(c)
        elif cell == "gru":
            outside, inside = step @ w + b[0], h @ u + b[1]
            z, r = (sigmoid(outside[part] + inside[part]) for part in (slice(n), slice(n, 2 * n)))
            h = z * h + (1 - z) * np.tanh(outside[2 * n :] + r * inside[2 * n :])
        else:
            h = step @ w + h @ u + b
            h = np.maximum(h, 0) if cell == "irnn" else np.tanh(h)
        states.append(h)
    return np.array(states)


@pytest.mark.parametrize("truncate", [None, 4])
@pytest.mark.parametrize("cell", CELLS)
def test_outputs_follow_the_equations(cell, truncate):
    x = inputs()
    for states in ("last", "all"):
        model = built(cell=cell, units=5, states=states, truncate=truncate)
        kernel, bias = model.layers[-1].get_weights()
        hidden = np.array([by_hand(cell, row, *model.get_layer(cell).get_weights()) for row in x])
        wanted = (hidden if states == "all" else hidden[:, -1]) @ kernel + bias
        np.testing.assert_allclose(model(x), wanted, atol=2e-6)


@pytest.mark.parametrize("settings", [{}, {"truncate": 4, "states": "all", "masked": True}])
@pytest.mark.parametrize("cell", CELLS)
def test_it_saves_and_loads_alike(cell, settings, tmp_path):
    model = built(cell=cell, units=5, **settings)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras", safe_mode=True)
    np.testing.assert_array_equal(model(inputs()), again(inputs()))


@pytest.mark.parametrize("cell", CELLS)
def test_parameters_choose_the_nearest_units(cell):
    units = recurrent.matching(cell, 2, 4500)
    sizes = {
        near: built((5, 2), cell=cell, units=near).get_layer(cell).count_params()
        for near in range(units - 1, units + 2)
    }
    assert min(sizes, key=lambda near: abs(sizes[near] - 4500)) == units
    layer = built((5, 2), cell=cell, parameters=4500).get_layer(cell)
    assert layer.units == units and layer.count_params() == recurrent.weights(cell, 2, units)


def reach(model, x):
    """For each step, whether the last outputs have a gradient there."""
    x = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        outputs = model(x)
        last = tf.reduce_sum(outputs[:, -1] if outputs.shape.rank == 3 else outputs)
    return np.abs(tape.gradient(last, x)).sum((0, 2)) > 0


@pytest.mark.parametrize("states", ["last", "all"])
def test_truncation_stops_the_gradient_and_nothing_else(states):
    full, cut = (built(units=5, states=states, truncate=truncate) for truncate in (None, 4))
    np.testing.assert_allclose(full(inputs()), cut(inputs()), atol=1e-6)
    assert reach(full, inputs()).all()
    assert reach(cut, inputs()).tolist() == [False] * 8 + [True]  # windows of 4, 4 and 1 steps


@pytest.mark.parametrize("truncate", [None, 4])
def test_masked_steps_change_nothing(truncate):
    model, open_ = (built(units=5, masked=masked, truncate=truncate) for masked in (True, False))
    x = inputs()
    x[:, 6:] = 0
    other = built((6, 3), units=5)
    other.set_weights(model.get_weights())
    np.testing.assert_allclose(model(x), other(x[:, :6]), atol=1e-6)
    assert not np.allclose(open_(x), model(x))


@pytest.mark.parametrize("cell", CELLS)
def test_gain_scales_the_recurrent_start(cell):
    kernel = built(cell=cell, units=6, gain=1.5).get_layer(cell).cell.recurrent_kernel.numpy()
    np.testing.assert_allclose(np.linalg.svd(kernel, compute_uv=False), 1.5, rtol=1e-5)
    if cell == "irnn":
        np.testing.assert_array_equal(kernel, 1.5 * np.eye(6))


def test_forget_bias_opens_the_gate_that_keeps_the_state():
    lstm, gru = (built(cell=cell, units=4, forget_bias=30.0) for cell in ("lstm", "gru"))
    assert lstm.get_layer("lstm").cell.bias.numpy().tolist() == [0] * 4 + [30] * 4 + [0] * 8
    assert np.allclose(gru(inputs()), gru(np.zeros((4, 9, 3))), atol=1e-6)  # z is 1: the state stays 0
    assert built(cell="lstm", units=4).get_layer("lstm").cell.bias.numpy().tolist() == [0] * 4 + [1] * 4 + [0] * 8


@pytest.mark.slow
def test_every_weight_receives_a_gradient_and_the_seed_decides():
    for cell in CELLS:
        model = built(cell=cell, units=5, seed=1)
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(model(inputs()) ** 2)
        gradients = tape.gradient(loss, model.trainable_weights)
        assert all(gradient is not None and float(tf.norm(gradient)) > 0 for gradient in gradients), cell
        first, same, other = (built(cell=cell, units=5, seed=seed).get_weights()[0] for seed in (1, 1, 2))
        assert np.array_equal(first, same) and not np.array_equal(first, other)


def test_what_cannot_be_is_refused():
    with pytest.raises(ValueError, match=r"forget_bias: given 1\.0 for a plain cell"):
        built(cell="plain", forget_bias=1.0)
    with pytest.raises(ValueError, match=r"given inputs of shape \(9,\), allowed \(steps, features\)"):
        built((9,))
