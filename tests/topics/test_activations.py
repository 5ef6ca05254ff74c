"""Gradients by hand, the sigmoid's bound, and what each probe says of a run made up for it."""

import math

import keras
import numpy as np
import pytest
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
    return mlp.build(SHAPE, CLASSES, width=32, initializer="matched", **settings)


def run(history=(), fit=None, n=64, **settings):
    built = model(**settings) if settings else None
    return Seen(
        start=lambda: built,
        model=built,
        training=examples(n),
        history=[{"epoch": at, "accuracy": value} for at, value in enumerate(history, 1)],
        settings={"fit": fit or {"batch_size": 16, "epoch_steps": None}},
    )


def test_the_gradient_of_a_hidden_kernel_is_the_slope_of_the_loss():
    """Central differences on one weight; the RMS of a kernel with one element is its size."""
    data, inputs = Examples(np.array([[0.5], [2.0]], np.float32), np.array([0, 1])), keras.Input((1,))
    hidden = keras.layers.Dense(1, activation="tanh")
    tiny = keras.Model(inputs, keras.layers.Dense(2)(hidden(inputs)))
    tiny.set_weights([np.full((1, 1), 0.7), np.zeros(1), np.array([[1.0, -2.0]]), np.zeros(2)])

    def loss(weight):
        logits = np.tanh(weight * data.x.astype(float)) * [1.0, -2.0]
        return np.mean(np.log(np.exp(logits).sum(1)) - logits[[0, 1], data.y])

    slope = (loss(0.7 + 1e-5) - loss(0.7 - 1e-5)) / 2e-5
    assert probes.kernel_gradients(tiny, data) == pytest.approx([abs(slope)], rel=1e-4)


def test_sigmoid_gradients_vanish_by_about_a_quarter_a_layer_and_relus_do_not():
    runs = {kind: run(activation=kind, depth=5) for kind in ("sigmoid", "tanh", "relu")}
    factors = {kind: probes.gradient_factor(run) for kind, run in runs.items()}
    assert 0.1 < factors["sigmoid"] < 0.3 and 0.6 < factors["relu"] < 1.6 and 0.6 < factors["tanh"] < 1.6
    ratio = probes.gradient_ratio(runs["sigmoid"])
    assert ratio == pytest.approx(4 * math.log10(factors["sigmoid"]), rel=1e-6)
    assert probes.sigmoid_bound(runs["sigmoid"]) == 1 and probes.sigmoid_bound(runs["tanh"]) < 0.5


def test_the_bound_holds_for_every_sigmoid_layer_whatever_its_weights():
    wild = model(activation="sigmoid", depth=4)
    random = np.random.default_rng(1)
    wild.set_weights([random.normal(0, 0.5, weight.shape) for weight in wild.get_weights()])
    factors, norms = probes.backward_factors(wild, examples())
    assert len(factors) == len(norms) == 3
    assert (factors <= 0.25 * norms).all() and (factors > 0).all()


def test_a_factor_above_the_bound_is_seen_as_one():
    """Near 0 tanh is straight: kernels of 0.9 times the identity pass on 0.9 of the gradient, more than a quarter."""
    straight = model(activation="tanh", depth=4)
    for layer in straight.layers[3:-1]:
        layer.set_weights([0.9 * np.eye(32), np.zeros(32)])
    factors, norms = probes.backward_factors(straight, Examples(1e-3 * examples().x, examples().y))
    assert norms == pytest.approx([0.9] * 3) and factors == pytest.approx([0.9] * 3, rel=0.01)


def test_a_run_is_not_told_the_figures_of_the_one_before():
    first, second = (probes.gradient_ratio(run(activation=kind, depth=3)) for kind in ("sigmoid", "relu"))
    assert first < second - 0.5


def test_a_single_layer_has_no_factor_and_no_bound():
    single = run(activation="relu", depth=1)
    assert math.isnan(probes.gradient_factor(single)) and math.isnan(probes.sigmoid_bound(single))
    assert probes.gradient_ratio(single) == 0


def test_a_gradient_of_zero_counts_as_the_smallest_number():
    dead = run(activation="relu", depth=2)
    dead.start().set_weights([np.zeros_like(weight) for weight in dead.start().get_weights()])
    assert np.isfinite(probes.gradient_ratio(dead)) and list(probes.gradient_start(dead).values()) == [2.0**-149] * 2


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


@pytest.mark.parametrize(
    ("activation", "deviation"),
    [("sigmoid", (2 / 132) ** 0.5), ("tanh", (2 / 132) ** 0.5), ("relu", (2 / 100) ** 0.5), ("selu", (1 / 100) ** 0.5)],
)
def test_matched_is_the_activations_own_initializer(activation, deviation):
    runtime.seed(0)
    kernel = mlp.build((100,), 3, width=32, depth=1, activation=activation, initializer="matched").layers[2].kernel
    assert np.std(kernel) == pytest.approx(deviation, rel=0.05)


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
