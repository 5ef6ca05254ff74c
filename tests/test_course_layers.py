"""What the course says of layers, filters and depth, to the digit: channels, orientation, the quarter, the factor x."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from pipeline.models import convnet, mlp
from pipeline.training import runtime

IMAGE = np.array([list(map(int, row)) for row in ["11100", "01110", "00111", "00110", "01100"]], "float32")
FILTER = np.array([list(map(int, row)) for row in ["101", "010", "101"]], "float32")
MAP = [[4, 3, 4], [2, 4, 3], [2, 3, 4]]  # what the one makes of the other, by the course


def drawn(*shape, scale=1.0, seed=0):
    return (scale * np.random.default_rng([seed, *shape]).normal(size=shape)).astype("float32")


# Layers and their activations

FUNCTIONS = {
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "tanh": lambda z: (np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z)),
    "relu": lambda z: np.where(z > 0, z, 0),
}


@pytest.mark.parametrize("activation", FUNCTIONS)
def test_a_network_is_layer_after_layer_each_with_its_activation(activation):
    runtime.seed(0)
    model = mlp.build((6,), 3, width=7, depth=3, activation=activation)
    inputs = hidden = drawn(5, 6)
    weights = model.get_weights()
    for kernel, bias in zip(weights[:-2:2], weights[1:-2:2], strict=True):
        hidden = FUNCTIONS[activation](hidden @ kernel + bias)
    assert len(weights) == 8 and hidden.shape == (5, 7)
    np.testing.assert_allclose(model(inputs), hidden @ weights[-2] + weights[-1], atol=1e-5)


def test_shuffled_positions_are_all_one_to_a_fully_connected_network():
    """With the rows of its first kernel shuffled alike it is the same network, after ten steps of training as well."""
    order, inputs, labels = np.random.default_rng(0).permutation(12), drawn(40, 12), np.arange(40) % 3
    straight, shuffled = (mlp.build((12,), 3, width=8, depth=2) for _ in range(2))
    first, *others = before = straight.get_weights()
    shuffled.set_weights([first[order], *others])
    for model, x in ((straight, inputs), (shuffled, inputs[:, order])):
        model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
        model.fit(x, labels, batch_size=40, epochs=10, verbose=0)
    assert np.abs(straight.get_weights()[0] - before[0]).min() > 1e-4
    np.testing.assert_allclose(shuffled(inputs[:, order]), straight(inputs), atol=1e-5)
    np.testing.assert_allclose(shuffled.get_weights()[0], straight.get_weights()[0][order], atol=1e-5)


# Several channels, several filters


def maps(inputs, kernel, bias, activation="linear"):
    """What the models' own convolution makes of one input (*places, channels), with this kernel and bias."""
    size, filters = kernel.shape[0], kernel.shape[-1]
    settings = {"channels": filters, "kernels": [size], "pooling": "none", "padding": "valid"}
    model = convnet.build(inputs.shape, 2, **settings)
    convolution = model.layers[1]
    assert convolution.activation is keras.activations.relu
    convolution.activation = keras.activations.get(activation)
    convolution.set_weights([kernel, bias])
    return np.asarray(keras.Model(model.input, convolution.output)(inputs[None]))[0]


@pytest.mark.parametrize("places", [(9,), (7, 6)], ids=["signal", "image"])
def test_a_convolution_over_three_channels_is_the_sum_of_three_over_one(places):
    """The bias is added once, not once a channel."""
    inputs, kernel = drawn(*places, 3), drawn(*(3,) * len(places), 3, 1, seed=1)
    single = sum(maps(inputs[..., [c]], kernel[..., [c], :], np.zeros(1)) for c in range(3))
    np.testing.assert_allclose(maps(inputs, kernel, np.array([0.5])), single + 0.5, atol=1e-5)
    assert np.abs(single - 3 * maps(inputs[..., [0]], kernel[..., [0], :], np.zeros(1))).max() > 1


def test_the_worked_example_in_three_channels_is_three_times_its_map():
    image, kernel = np.repeat(IMAGE[..., None], 3, -1), np.repeat(FILTER[..., None, None], 3, 2)
    assert maps(image, kernel, np.zeros(1))[..., 0].tolist() == (3 * np.array(MAP)).tolist()


def test_each_filter_makes_a_map_of_its_own():
    inputs, kernel, bias = drawn(7, 6, 3), drawn(3, 3, 3, 4), drawn(4)
    whole = maps(inputs, kernel, bias)
    assert whole.shape == (5, 4, 4)  # four filters, four maps
    for each in range(4):
        alone = maps(inputs, kernel[..., [each]], bias[[each]])
        np.testing.assert_allclose(whole[..., each], alone[..., 0], atol=1e-5)


def test_the_activation_follows_the_sum_over_channels():
    inputs, kernel, bias = drawn(7, 6, 3), drawn(3, 3, 3, 4), drawn(4)
    linear = maps(inputs, kernel, bias)
    np.testing.assert_allclose(maps(inputs, kernel, bias, "relu"), np.maximum(linear, 0), atol=1e-6)
    channels = [np.maximum(maps(inputs[..., [c]], kernel[..., [c], :], np.zeros(4)), 0) for c in range(3)]
    assert np.abs(sum(channels) + bias - np.maximum(linear, 0)).max() > 1  # ReLU of each channel is something else


@pytest.mark.parametrize("sides", [(5, 5), (28, 28), (200, 300)])
def test_a_filter_has_as_many_weights_whatever_the_size_of_the_image(sides):
    model = convnet.build((*sides, 3), 2, channels=4, kernels=[3], pooling="none")
    assert model.layers[1].count_params() == 4 * (3 * 3 * 3 + 1)


def test_a_filter_answers_to_one_orientation():
    """As the cells of the cat's cortex do: to a line along its weights, and not to one across them."""
    upright = np.array([[-1, 2, -1]] * 3, "float32")
    line = np.zeros((5, 5), "float32")
    line[:, 2] = 1
    along, across = (maps(each[..., None], upright[..., None, None], np.zeros(1))[..., 0] for each in (line, line.T))
    assert along.max() == 6 and along[:, 1].tolist() == [6, 6, 6]
    assert across.tolist() == np.zeros((3, 3)).tolist()


def test_a_convolutional_network_is_convolutions_pooling_and_a_dense_head():
    model = convnet.build((28, 28, 1), 10, channels=4, pooling="max")
    kinds = [type(layer).__name__ for layer in model.layers[1:]]
    assert kinds == ["Conv2D", "MaxPooling2D"] * 3 + ["Flatten", "Dense"]


def test_the_head_takes_every_place_of_every_map():
    """A fully connected layer on the flattened maps: each logit is a sum over all of them, and a bias."""
    runtime.seed(0)
    model = convnet.build((8, 8, 1), 5, channels=3, kernels=[3, 3], pooling="max")
    flat = keras.Model(model.input, model.layers[-2].output)
    kernel, bias = model.layers[-1].get_weights()
    images = drawn(4, 8, 8, 1)
    assert kernel.shape == (2 * 2 * 3, 5)
    np.testing.assert_allclose(model(images), np.asarray(flat(images)) @ kernel + bias, atol=1e-5)


# Back through layers: the quarter, and what the size of a single weight does not tell


def shrinkage(model, inputs):
    """|dL/da| below over above each hidden layer but the first (layers, examples), and its kernel's spectral norm."""
    hidden = model.layers[2:-1]
    outputs = keras.Model(model.input, [*(layer.output for layer in hidden), model.output])
    with tf.GradientTape() as tape:
        *activations, last = outputs(inputs)
        loss = tf.reduce_sum(last**2)
    norms = np.array([np.linalg.norm(gradient, axis=1) for gradient in tape.gradient(loss, activations)], float)
    return norms[:-1] / norms[1:], np.array([np.linalg.norm(layer.kernel, 2) for layer in hidden[1:]])


@pytest.mark.parametrize("scale", [0.1, 1.0, 10.0])
def test_a_sigmoid_layer_passes_on_at_most_a_quarter_times_the_norm_of_its_weights(scale):
    """Whatever the weights and the input; tanh, with the same weights, does not keep to that."""
    found = {}
    for activation in ("sigmoid", "tanh"):
        runtime.seed(0)
        model = mlp.build((6,), 3, width=16, depth=10, activation=activation)
        for layer in model.layers[2:-1]:
            layer.kernel.assign(layer.kernel * scale)
        factors, norms = shrinkage(model, drawn(32, 6))
        found[activation] = factors / norms[:, None]
    assert found["sigmoid"].max() <= 0.25 * (1 + 1e-4)
    assert found["sigmoid"].max() > 0.01  # a gradient of nothing would keep to any bound
    if scale < 10:  # tanh with such weights is flat almost everywhere
        assert found["tanh"].max() > 0.25


def test_weights_that_are_all_below_one_can_explode():
    """|w| < 1 is enough where layers have one neuron; in wider ones it is the norm of the whole matrix that counts.

    With 64 weights of 1/2 to a neuron and a bias that leaves each z at 0, every layer's factor is 64 * 1/2 * 1/4 = 8.
    """
    width, depth = 64, 10
    model = mlp.build((width,), 1, width=width, depth=depth, activation="sigmoid")
    half = [np.full((width, width), 0.5), np.full(width, -width / 4)]
    model.set_weights([*half * depth, np.ones((width, 1)), np.zeros(1)])
    outputs = keras.Model(model.input, [*(layer.output for layer in model.layers[2:])])
    with tf.GradientTape() as tape:
        *activations, cost = outputs(np.full((1, width), 0.5, "float32"))
    sizes = [float(np.abs(gradient).max()) for gradient in tape.gradient(cost, activations)]
    assert sizes == pytest.approx([8.0**back for back in range(depth - 1, -1, -1)], rel=1e-5)


def test_the_factor_x_belongs_to_the_weight_and_not_to_the_bias():
    """dz_1/db_1 is 1, dz_1/dw_1 is x: the course writes the second where the first belongs."""
    x, w, b = 0.7, (0.9, -0.5, 0.7, 0.8), (0.1, -0.2, 0.3, 0.0)
    chain = mlp.build((1,), 1, width=1, depth=4, activation="sigmoid")
    neurons = [np.array(value) for pair in zip(w, b, strict=True) for value in ([[pair[0]]], [pair[1]])]
    chain.set_weights([*neurons, np.ones((1, 1)), np.zeros(1)])  # the last layer passes y_4 on: C = y_4
    kernel, bias = chain.layers[2].weights
    with tf.GradientTape() as tape:
        cost = chain(np.array([[x]], "float32"))
    by_weight, by_bias = (float(np.squeeze(each)) for each in tape.gradient(cost, [kernel.value, bias.value]))
    y, by_hand = x, 1.0
    for layer in range(4):
        y = 1 / (1 + np.exp(-(w[layer] * y + b[layer])))
        by_hand *= y * (1 - y) * (w[layer] if layer else 1)
    assert by_bias == pytest.approx(by_hand, rel=1e-5)
    assert by_weight == pytest.approx(x * by_hand, rel=1e-5)
