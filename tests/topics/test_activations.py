"""Gradients by hand, the sigmoid's bound, and what each probe says of a run made up for it."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf
from seen import Seen

from pipeline.models import mlp
from pipeline.records import Examples
from pipeline.topics.activations import TOPIC, probes
from pipeline.training import runtime

SHAPE, CLASSES = (6, 6, 1), 4


def examples(n=64):
    random = np.random.default_rng(0)
    return Examples(random.random((n, *SHAPE)).astype(np.float32), random.integers(0, CLASSES, n))


def model(**settings):
    runtime.seed(0)
    return mlp.build(SHAPE, CLASSES, **{"width": 32, "initializer": "matched"} | settings)


def run(history=(), fit=None, n=64, **settings):
    built = model(**settings) if settings else None
    return Seen(
        start=lambda: built,
        model=built,
        training=examples(n),
        history=[{"epoch": at, "accuracy": value} for at, value in enumerate(history, 1)],
        settings={"fit": fit or {"batch_size": 16, "epoch_steps": None}},
    )


def weights(*layers):
    return [np.array(value, float) for layer in layers for value in layer]


def chained(activation, kernels, head):
    """One unit a layer, without biases, and two outputs."""
    built = mlp.build((1,), 2, width=1, depth=len(kernels), activation=activation)
    built.set_weights(weights(*[([[kernel]], [0]) for kernel in kernels], ([head], [0, 0])))
    return built


def test_the_gradient_of_an_activation_is_the_slope_of_the_loss_by_hand():
    """L is the mean of two examples' losses, so dL/da of each is half its own: head (p - y), and kernels behind it."""
    x, labels, kernels, head = np.array([0.5, 2.0]), np.array([0, 1]), (0.7, 1.3, 0.6), np.array([1.0, -2.0])
    states = [np.tanh(kernels[0] * x)]
    for kernel in kernels[1:]:
        states.append(np.tanh(kernel * states[-1]))
    powers = np.exp(states[-1][:, None] * head)
    slopes = [((powers / powers.sum(1, keepdims=True) - np.eye(2)[labels]) @ head) / 2]
    for kernel, state in zip(kernels[:0:-1], states[:0:-1], strict=True):
        slopes.insert(0, slopes[0] * (1 - state**2) * kernel)
    data = Examples(x[:, None].astype(np.float32), labels)
    found = probes.backward_gradients(chained("tanh", kernels, head), data)
    assert found == pytest.approx([np.sqrt(np.mean(slope**2)) for slope in slopes], rel=1e-5)


def test_the_ratio_and_the_factor_of_weights_on_a_straight_line():
    """Positive ReLU units pass the gradient on times their weight: 0.5 and 0.2 leave a tenth, a root of it each."""
    built, data = chained("relu", (1.0, 0.5, 0.2), [1.0, -1.0]), Examples(np.ones((2, 1), np.float32), np.array([0, 1]))
    straight = Seen(start=lambda: built, training=data)
    assert probes.backward_ratio(straight) == pytest.approx(-1, abs=1e-6)
    assert probes.backward_factor(straight) == pytest.approx(math.sqrt(0.1), rel=1e-6)
    factors = list(probes.gradient_start(straight).values())
    assert np.divide(factors[:-1], factors[1:]) == pytest.approx([0.5, 0.2], rel=1e-6)


def test_what_a_layer_passes_on_is_what_its_weights_say():
    """sqrt(1/2) a ReLU layer from Glorot's weights, 1 from He's (2015), 2 from twice those; a sigmoid's at most 1/4."""
    settings = {"depth": 12, "width": 128}
    factors = {
        name: probes.backward_factor(run(**settings | changes))
        for name, changes in {
            "glorot": {"activation": "relu", "initializer": "glorot_uniform"},
            "he": {"activation": "relu"},
            "double": {"activation": "relu", "gain": 2.0},
            "sigmoid": {"activation": "sigmoid"},
        }.items()
    }
    assert factors["glorot"] == pytest.approx(0.5**0.5, rel=0.1) and factors["he"] == pytest.approx(1, rel=0.1)
    assert factors["double"] == pytest.approx(2 * factors["he"], rel=0.01) and 0.15 < factors["sigmoid"] < 0.25


def test_gradients_of_weights_do_not_see_a_relu_network_vanish():
    """Why the topic looks at dL/da: from Glorot's weights it falls to a tenth, and dL/dW hardly changes."""
    built = model(activation="relu", depth=12, width=128, initializer="glorot_uniform")
    kernels = [layer.kernel.value for layer in built.layers if isinstance(layer, keras.layers.Dense)][:-1]
    data = examples()
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(data.y, built(data.x)))
    sizes = [float(tf.norm(gradient)) for gradient in tape.gradient(loss, kernels)[1:]]  # the first one is wider
    backward = probes.backward_gradients(built, data)
    assert abs(math.log10(sizes[0] / sizes[-1])) < 0.3 and math.log10(backward[0] / backward[-1]) < -1.2


@pytest.mark.parametrize("deviation", [0.05, 0.2, 0.5, 2.0])
def test_a_sigmoid_layer_passes_on_at_most_a_quarter_of_the_norm_of_its_weights(deviation):
    """|dL/da| of a layer is at most 1/4 ||W|| times that of the next one, whatever the weights and the data."""
    wild = model(activation="sigmoid", depth=4)
    random = np.random.default_rng(1)
    wild.set_weights([random.normal(0, deviation, weight.shape) for weight in wild.get_weights()])
    gradients = probes.backward_gradients(wild, examples())
    norms = [np.linalg.norm(layer.kernel, 2) for layer in wild.layers[3:-1]]
    assert len(norms) == 3
    assert (gradients[:-1] <= 0.25 * np.array(norms) * gradients[1:] * (1 + 1e-4)).all()


def test_a_tanh_layer_does_not_keep_to_that():
    """Near 0 tanh is straight: kernels of 0.9 times the identity pass on 0.9 of the gradient, more than a quarter."""
    straight = model(activation="tanh", depth=4)
    for layer in straight.layers[3:-1]:
        layer.set_weights([0.9 * np.eye(32), np.zeros(32)])
    gradients = probes.backward_gradients(straight, Examples(1e-3 * examples().x, examples().y))
    assert gradients[:-1] / gradients[1:] == pytest.approx([0.9] * 3, rel=0.01)


def test_every_single_weight_of_the_network_that_explodes_is_below_1():
    """He's are of a normal cut at two deviations, which leaves it 0.8796 of its deviation."""
    largest = 2 * 2 * math.sqrt(2 / 64) / 0.87962566
    assert largest < 1
    runtime.seed(0)
    doubled = mlp.build((28, 28, 1), 10, width=64, depth=20, initializer="matched", gain=2.0)
    sizes = [float(np.abs(layer.kernel).max()) for layer in doubled.layers[2:-1]]
    assert max(sizes) <= largest and min(np.linalg.norm(layer.kernel, 2) for layer in doubled.layers[3:-1]) > 1.5


def test_a_run_is_not_told_the_figures_of_the_one_before():
    first, second = (probes.backward_ratio(run(activation=kind, depth=3)) for kind in ("sigmoid", "relu"))
    assert first < second - 0.5


def test_a_single_layer_has_no_factor():
    single = run(activation="relu", depth=1)
    assert math.isnan(probes.backward_factor(single)) and probes.backward_ratio(single) == 0


def test_a_gradient_of_zero_counts_as_the_smallest_number():
    dead = run(activation="relu", depth=2)
    dead.start().set_weights([np.zeros_like(weight) for weight in dead.start().get_weights()])
    assert np.isfinite(probes.backward_ratio(dead)) and list(probes.gradient_start(dead).values()) == [2.0**-149] * 2


def test_series_have_a_point_a_hidden_layer():
    found = run(activation="relu", depth=3)
    for name in TOPIC.series:
        curve = getattr(probes, name)(found)
        assert list(curve) == [1, 2, 3] and min(curve.values()) > 0 and name in probes.SERIES


@pytest.mark.parametrize(
    ("history", "fit", "steps"),
    [
        ((0.2, 0.75, 0.9), {"batch_size": 16, "epoch_steps": None}, 8),  # epochs of 64 / 16 steps
        ((0.2, 0.74, 0.9), {"batch_size": 10, "epoch_steps": 2}, 6),
        ((0.8, 0.1), {"batch_size": 10, "epoch_steps": 50}, 7),  # no more steps than the split has
        ((0.1, 0.1), {"batch_size": 16, "epoch_steps": 1}, 3),  # never: one epoch more than there were
    ],
)
def test_steps_to_a_quarter(history, fit, steps):
    assert probes.steps_to_quarter(run(history, fit)) == steps


def test_every_probe_says_where_it_applies_and_every_claim_has_a_metric():
    assert set(TOPIC.probes) == set(probes.APPLIES_TO) and set(TOPIC.series) == set(probes.SERIES)
    assert {claim.metric for claim in TOPIC.claims} <= {*TOPIC.probes, "accuracy"}
    assert set(probes.BEFORE_TRAINING) < set(TOPIC.probes)


@pytest.mark.parametrize(
    ("activation", "deviation"),
    [("sigmoid", (2 / 132) ** 0.5), ("tanh", (2 / 132) ** 0.5), ("relu", (2 / 100) ** 0.5), ("selu", (1 / 100) ** 0.5)],
)
def test_matched_is_the_activations_own_initializer(activation, deviation):
    runtime.seed(0)
    kernel = mlp.build((100,), 3, width=32, depth=1, activation=activation, initializer="matched").layers[2].kernel
    assert np.std(kernel) == pytest.approx(deviation, rel=0.05)


@pytest.mark.parametrize("initializer", sorted(mlp.STARTS))
def test_a_gain_multiplies_the_kernels_that_keras_draws(initializer):
    """With the same seed, hidden kernels are those of Keras' own initializer times the gain; the head's is not."""
    kernels = []
    for gain in (1.0, 3.0):
        runtime.seed(0)
        kernels.append(mlp.build((20,), 3, width=16, depth=2, initializer=initializer, gain=gain).get_weights()[::2])
    runtime.seed(0)
    theirs = keras.Sequential(
        [keras.Input((20,)), *(keras.layers.Dense(16, kernel_initializer=initializer) for _ in "12")]
    )
    for ours, tripled, keras_own in zip(kernels[0][:2], kernels[1][:2], theirs.get_weights()[::2], strict=True):
        np.testing.assert_allclose(ours, keras_own, atol=1e-6)
        np.testing.assert_allclose(tripled, 3 * ours, atol=1e-6)
    np.testing.assert_array_equal(kernels[0][2], kernels[1][2])


def test_batch_norm_normalises_what_goes_into_the_activation():
    runtime.seed(0)
    normal = mlp.build((20,), 3, width=16, depth=1, activation="tanh", batch_norm=True)
    x = np.random.default_rng(0).normal(5, 3, (256, 20)).astype("float32")
    kinds = [type(layer).__name__ for layer in normal.layers]
    assert kinds == ["InputLayer", "Flatten", "Dense", "BatchNormalization", "Activation", "Dense"]
    inside = keras.Model(normal.input, normal.layers[3].output)(x, training=True)
    assert np.allclose(np.mean(inside, 0), 0, atol=1e-3) and np.allclose(np.std(inside, 0), 1, atol=1e-2)


def test_four_neurons_in_a_row_as_in_the_course():
    """dC/db_1 of y_i = sigma(w_i y_(i-1) + b_i) is the product of sigma'(z_i) and the weights behind, times dC/dy_4."""
    weights, biases, values = [0.8, -0.5, 0.9, 0.7], [0.1, -0.2, 0.3, 0.0], [0.6]
    layers = [keras.layers.Dense(1, activation="sigmoid") for _ in weights]
    chain = keras.Sequential([keras.Input((1,)), *layers])
    for layer, weight, bias in zip(layers, weights, biases, strict=True):
        layer.set_weights([np.array([[weight]]), np.array([bias])])
        values.append(1 / (1 + math.exp(-(weight * values[-1] + bias))))
    slopes = [value * (1 - value) for value in values[1:]]
    assert max(slopes) <= 0.25

    def cost(bias):
        layers[0].bias.assign([bias])
        return float(np.sum(chain(np.array([[0.6]], np.float32))))  # C = y_4

    product = math.prod(slopes) * math.prod(weights[1:])
    assert (cost(0.6) - cost(-0.4)) / 1.0 == pytest.approx(product, rel=0.02)
    assert abs(product) < 0.25**4
