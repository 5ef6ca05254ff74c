"""Every model keeps one contract: output shape, finite loss, a gradient for every weight, saves and loads alike."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from pipeline import plugins
from pipeline.training import augmentation, runtime

# The classifiers; models of sequences, and those that generate, have files of their own.
SHAPES = {"mlp": [(40, 1), (12, 12, 1), (8,)], "convnet": [(40, 1), (12, 12, 1), (12, 12, 3)]}
CASES = [(name, shape) for name in SHAPES for shape in SHAPES[name]]


def built(name, shape, seed=0, **settings):
    runtime.seed(seed)
    return plugins.load("models", name).build(shape, 5, **settings)


def inputs(shape, n=6):
    return np.random.default_rng(1).normal(size=(n, *shape)).astype("float32")


@pytest.mark.parametrize(("name", "shape"), CASES)
def test_output_is_logits_with_a_finite_loss(name, shape):
    logits = built(name, shape)(inputs(shape))
    assert logits.shape == (6, 5)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)(np.arange(6) % 5, logits)
    assert np.isfinite(float(loss))
    assert not np.allclose(np.sum(logits, 1), 1)  # no softmax at the end


@pytest.mark.parametrize(("name", "shape"), CASES)
def test_every_weight_receives_a_gradient(name, shape):
    model = built(name, shape)
    with tf.GradientTape() as tape:
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)(np.arange(6) % 5, model(inputs(shape)))
    for weight, gradient in zip(model.trainable_weights, tape.gradient(loss, model.trainable_weights), strict=True):
        assert gradient is not None and float(tf.norm(gradient)) > 0, weight.path


@pytest.mark.parametrize(("name", "shape"), CASES)
def test_it_saves_and_loads_alike(name, shape, tmp_path):
    model = built(name, shape)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras", safe_mode=True)
    np.testing.assert_array_equal(model(inputs(shape)), again(inputs(shape)))


@pytest.mark.parametrize(("name", "shape"), CASES)
def test_the_seed_decides_the_weights(name, shape):
    first, same, other = (built(name, shape, seed).get_weights()[0] for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, same)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("pooling", ["stride", "average", "max"])
@pytest.mark.parametrize(("shape", "parameters"), [((40, 1), 5210), ((28, 28, 1), 6746)])
def test_pooling_and_stride_are_compared_at_equal_parameters(shape, parameters, pooling):
    extra = {} if len(shape) == 2 else {"channels": 16, "kernels": [5, 3], "padding": "valid"}
    runtime.seed(0)
    model = plugins.load("models", "convnet").build(shape, 10, pooling=pooling, **extra)
    assert model.count_params() == parameters


def test_a_convolution_of_three_channels_is_the_sum_of_three():
    """Each filter has a window for each channel; their maps are summed before bias and activation."""
    runtime.seed(0)
    model = plugins.load("models", "convnet").build((6, 6, 3), 2, channels=4, kernels=[3], pooling="none")
    kernel, bias = model.layers[1].get_weights()
    assert kernel.shape == (3, 3, 3, 4)
    model.layers[1].set_weights([kernel, bias + 0.1])
    x = inputs((6, 6, 3))
    maps = [keras.ops.conv(x[..., c : c + 1], kernel[:, :, c : c + 1], padding="same") for c in range(3)]
    np.testing.assert_allclose(model.layers[1](x), np.maximum(sum(map(np.asarray, maps)) + 0.1, 0), atol=1e-5)


@pytest.mark.parametrize("shape", [(40, 1), (12, 12, 1)])
def test_a_head_may_be_given_means(shape):
    runtime.seed(0)
    model = plugins.load("models", "convnet").build(shape, 5, channels=7, head="average")
    kernel, bias = model.layers[-1].get_weights()
    assert kernel.shape == (7, 5)
    maps = np.asarray(keras.Model(model.input, model.layers[-2].input)(inputs(shape)))
    means = maps.mean(tuple(range(1, maps.ndim - 1)))
    np.testing.assert_allclose(model(inputs(shape)), means @ kernel + bias, atol=1e-5)


def test_pooling_by_hand():
    """A window of 2, as in the course: maximum and average of (1, 3), (2, 8)."""
    x = np.array([1, 3, 2, 8], "float32").reshape(1, 4, 1)
    assert np.ravel(keras.layers.MaxPooling1D(2)(x)).tolist() == [3, 8]
    assert np.ravel(keras.layers.AveragePooling1D(2)(x)).tolist() == [2, 5]


@pytest.mark.parametrize("setting", ["shift", "rotate", "zoom", "noise"])
def test_augmentation_acts_in_training_only(setting):
    runtime.seed(0)
    model = augmentation.wrap(
        built("mlp", (12, 12, 1)), augmentation.augmentation(**{setting: 20.0 if setting == "rotate" else 0.3})
    )
    x = inputs((12, 12, 1))
    inner = model.layers[-1]
    np.testing.assert_array_equal(model(x, training=False), inner(x, training=False))
    assert not np.allclose(model(x, training=True), inner(x, training=False))
    assert len(model.layers) == 3


def test_without_augmentation_the_model_stays_itself():
    model = built("mlp", (8,))
    assert augmentation.wrap(model, augmentation.augmentation()) is model
