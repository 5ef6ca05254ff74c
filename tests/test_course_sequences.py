"""What the course says of recurrent networks, to the digit: the sigmoid state, deeper outputs, any length, one step."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from pipeline.models import recurrent
from pipeline.records import Examples
from pipeline.tasks import regress
from pipeline.training import runtime

STEPS, INPUTS, UNITS, LAGS = 6, 3, 5, 20


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def drawn(*shape, scale=1.0, seed=0):
    return (scale * np.random.default_rng([seed, *shape]).normal(size=shape)).astype("float32")


FUNCTIONS = {"tanh": np.tanh, "sigmoid": sigmoid}


def plain(U, W, activation="tanh"):
    """The course's S_t as a Keras layer, all states returned."""
    layer = keras.layers.SimpleRNN(len(W), activation=activation, use_bias=False, return_sequences=True)
    layer.build((None, None, U.shape[1]))
    layer.set_weights([U.T, W.T])
    return layer


def by_hand(x, U, W, activation="tanh", order=None):
    """States (sequences, steps, units), one step after the other."""
    state, states = np.zeros((len(x), len(W))), []
    for t in range(x.shape[1]) if order is None else order:
        state = FUNCTIONS[activation](x[:, t] @ U.T + state @ W.T)
        states.append(state)
    return np.stack(states, 1)


def course(scale=0.5):
    return drawn(UNITS, INPUTS), drawn(UNITS, UNITS, scale=scale)


# Forward: the state, what comes out of it, and how long the sequence may be


@pytest.mark.parametrize("activation", FUNCTIONS)
def test_the_state_with_either_activation(activation):
    x, (U, W) = drawn(4, STEPS, INPUTS), course()
    states = by_hand(x, U, W, activation)
    np.testing.assert_allclose(plain(U, W, activation)(x), states, atol=1e-6)
    assert states.min() < -0.5 if activation == "tanh" else states.min() > 0  # a sigmoid state has one sign


def test_the_output_through_several_hidden_layers():
    """O_t = tanh(V_3 tanh(V_2 tanh(V_1 S_t))) is three dense layers on every state, the same at each step."""
    x, (U, W) = drawn(4, STEPS, INPUTS), course()
    sizes = ((7, UNITS), (6, 7), (2, 6))
    V = [drawn(*size) for size in sizes]
    memory = plain(U, W)
    hidden = inputs = keras.Input((STEPS, INPUTS))
    hidden = memory(hidden)
    for rows, _ in sizes:
        hidden = keras.layers.Dense(rows, activation="tanh", use_bias=False)(hidden)
    model = keras.Model(inputs, hidden)
    model.set_weights([U.T, W.T, *(each.T for each in V)])
    expected = by_hand(x, U, W)
    for each in V:
        expected = np.tanh(expected @ each.T)
    np.testing.assert_allclose(model(x), expected, atol=1e-5)


def test_the_same_weights_read_a_sequence_of_any_length():
    """Unfolded in time there are as many copies as steps, of one set of weights: what was read before stays so."""
    x, layer = drawn(2, 40, INPUTS), plain(*course())
    whole = np.asarray(layer(x))
    for length in (1, 20, 40):
        np.testing.assert_allclose(layer(x[:, :length]), whole[:, :length], atol=1e-6)
    sizes = {recurrent.build((steps, INPUTS), 1, cell="plain").count_params() for steps in (1, 20, 400)}
    assert len(sizes) == 1


def test_the_order_of_the_steps_changes_the_state():
    """A sum over the steps could not tell; the state can, and it is that of the steps in their new order."""
    x, (U, W) = drawn(4, STEPS, INPUTS), course()
    layer, backwards = plain(U, W), range(STEPS - 1, -1, -1)
    np.testing.assert_allclose(layer(x[:, ::-1]), by_hand(x, U, W, order=backwards), atol=1e-6)
    assert np.abs(np.asarray(layer(x[:, ::-1]))[:, -1] - np.asarray(layer(x))[:, -1]).max() > 0.1
    np.testing.assert_allclose(x.sum(1), x[:, ::-1].sum(1), atol=1e-5)


# Backward: what a lag leaves, and one step of training


def reach(W, activation, start):
    """Norm of dS_T/dS_0 for T = 1, 2, ..., LAGS without inputs, by automatic differentiation.

    As many copies as units, and of the i-th copy the i-th unit: their gradients are the rows of the Jacobian.
    """
    state = first = tf.constant(np.tile(start, (len(W), 1)))
    activate, units = keras.activations.get(activation), []
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(first)
        for _ in range(LAGS):
            state = activate(state @ W.T)
            units.append(tf.linalg.trace(state))
    return np.array([np.linalg.norm(tape.gradient(each, first), 2) for each in units])


@pytest.mark.parametrize("scale", [0.3, 1.0, 3.0])
def test_a_sigmoid_state_keeps_at_most_a_quarter_of_the_norm_a_step(scale):
    """|dS_T/dS_0| <= (|W| / 4)^T: below a norm of 4 the longer the sequence, the less is left; tanh keeps more."""
    W = drawn(UNITS, UNITS)
    W *= scale / np.linalg.norm(W, 2)
    found, steps = reach(W, "sigmoid", drawn(UNITS)), np.arange(1, LAGS + 1)
    assert np.all(found <= (scale / 4) ** steps * (1 + 1e-4))
    assert np.all(np.diff(found) < 0) and found[-1] > 0
    straight = [np.linalg.norm(np.linalg.matrix_power(W, step), 2) for step in steps]
    np.testing.assert_allclose(reach(W, "tanh", np.zeros(UNITS, "float32")), straight, rtol=1e-4)  # slope 1 at 0
    assert np.all(found < straight)


@pytest.mark.parametrize("gain", [0.8, 1.0, 1.25])
def test_the_longer_the_sequence_the_more_it_vanishes_or_explodes(gain):
    """From the project's own start, orthogonal times a gain, and at 0 where tanh is straight: the gain to the T."""
    runtime.seed(0)
    layer = recurrent.build((LAGS, INPUTS), 1, cell="plain", units=UNITS, gain=gain).get_layer("plain")
    found = reach(layer.cell.recurrent_kernel.numpy().T, "tanh", np.zeros(UNITS, "float32"))
    np.testing.assert_allclose(found, gain ** np.arange(1, LAGS + 1), rtol=1e-4)


def squared_gradients(x, wanted, weights):
    """The course's three parts for a batch: forward, errors, and the gradients, which are sums over the steps.

    Weights are those of the project's plain network: U, W, b of the cell, V, c of the last layer; the loss is the mean
    of the squares.
    """
    U, W, b, V, c = weights
    states = [np.zeros((len(x), len(W)))]
    for t in range(x.shape[1]):
        states.append(np.tanh(x[:, t] @ U + states[t] @ W + b))
    output = 2 * (states[-1] @ V + c - wanted) / len(x)
    error, sums = output @ V.T, [np.zeros_like(part, float) for part in (U, W, b)]
    for t in range(x.shape[1], 0, -1):
        error = error * (1 - states[t] ** 2)
        for total, part in zip(sums, (x[:, t - 1].T @ error, states[t - 1].T @ error, error.sum(0)), strict=True):
            total += part
        error = error @ W.T
    return [*sums, states[-1].T @ output, output.sum(0)]


def test_a_step_of_training_is_forward_errors_gradients_and_sgd():
    """One step of the project's own network and task moves every weight by the rate times the gradient by hand."""
    runtime.seed(0)
    x, wanted, rate = drawn(8, STEPS, INPUTS), drawn(8, 1, seed=1), 0.1
    model = recurrent.build((STEPS, INPUTS), 1, cell="plain", units=UNITS)
    regress.compile(model, Examples(x, wanted[:, 0]), optimizer="sgd", learning_rate=rate)
    before = model.get_weights()
    model.train_on_batch(x, wanted)
    gradients = squared_gradients(x.astype(float), wanted, before)
    for old, new, gradient in zip(before, model.get_weights(), gradients, strict=True):
        np.testing.assert_allclose(new, old - rate * gradient, atol=1e-6)
        assert np.abs(gradient).max() > 0.05
