"""A locally connected network is a convolutional one whose weights are not tied: tied again, they agree."""

import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from pipeline import paths
from pipeline.models import convnet, local
from pipeline.training import runtime

CASES = [((40, 1), {}), ((13, 3), {}), ((12, 12, 1), {"kernels": [5, 3]}), ((9, 14, 2), {"kernels": [3, 2]})]


def inputs(shape, n=4):
    return np.random.default_rng(1).normal(size=(n, *shape)).astype("float32")


def tie(unshared, shared):
    """Give each place of `unshared` the weights of the convolution at its level."""
    for one, other in zip(unshared.layers, shared.layers, strict=True):
        weights = other.get_weights()
        if isinstance(one, local.LocallyConnected):
            places = one.kernel.shape[0]
            weights = [np.broadcast_to(weight, (places, *weight.shape)) for weight in weights]
        one.set_weights(weights)


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize(("shape", "extra"), CASES)
def test_with_tied_weights_it_is_the_convolution(shape, extra, padding):
    if shape == (13, 3) and padding == "valid":
        extra = {"kernels": [5, 3]}
    settings = {"channels": 4, "padding": padding, **extra}
    runtime.seed(0)
    unshared, shared = local.build(shape, 5, **settings), convnet.build(shape, 5, pooling="stride", **settings)
    shared.layers[1].bias.assign(np.arange(4.0) / 4)
    tie(unshared, shared)
    np.testing.assert_allclose(unshared(inputs(shape)), shared(inputs(shape)), atol=1e-5)
    assert [layer.output.shape for layer in unshared.layers] == [layer.output.shape for layer in shared.layers]


@pytest.mark.parametrize(
    ("shape", "extra", "parameters"),
    [
        ((40, 1), {}, 32_760),
        ((40, 1), {"channels": 8}, 4_370),
        ((28, 28, 1), {"channels": 16, "kernels": [5, 3], "padding": "valid"}, 121_914),
    ],
)
def test_parameters_of_the_arms_compared(shape, extra, parameters):
    assert local.build(shape, 10, **extra).count_params() == parameters


def test_places_have_weights_of_their_own():
    runtime.seed(0)
    kernel = local.build((40, 1), 10).layers[1].kernel.numpy()
    assert kernel.shape == (20, 5, 1, 25)
    assert len({place.tobytes() for place in kernel}) == 20


@pytest.mark.parametrize("initializer", ["glorot_uniform", "he_normal", "lecun_normal"])
def test_initial_weights_are_spread_as_the_convolutions(initializer):
    """The second layer, where there are enough weights to tell: its places are no part of the fans."""
    spreads = []
    for model, extra in ((local, {}), (convnet, {"pooling": "stride"})):
        runtime.seed(0)
        spreads.append(np.std(model.build((40, 1), 10, initializer=initializer, **extra).layers[2].kernel.numpy()))
    assert spreads[0] == pytest.approx(spreads[1], rel=0.05)


def test_every_place_learns():
    runtime.seed(0)
    model = local.build((12, 12, 1), 5, channels=6, kernels=[3, 3])
    with tf.GradientTape() as tape:
        logits = model(inputs((12, 12, 1), 32))
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)(np.arange(32) % 5, logits)
    hidden = [weight for layer in model.layers[1:3] for weight in layer.trainable_weights]
    for weight, gradient in zip(hidden, tape.gradient(loss, hidden), strict=True):
        assert np.any(gradient.numpy(), axis=tuple(range(1, gradient.ndim))).all(), weight.path


@pytest.mark.slow
def test_it_loads_in_another_process_that_knows_the_model(tmp_path):
    model = local.build((12, 12, 1), 5, channels=3, kernels=[3])
    model.save(tmp_path / "model.keras")
    np.save(tmp_path / "x.npy", inputs((12, 12, 1)))
    script = (
        "import sys, keras, numpy as np\n"
        "import pipeline.models.local\n"
        "model = keras.models.load_model(sys.argv[1] + '/model.keras', compile=False, safe_mode=True)\n"
        "np.save(sys.argv[1] + '/y.npy', model(np.load(sys.argv[1] + '/x.npy')))"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], cwd=paths.ROOT, check=True, capture_output=True)
    np.testing.assert_allclose(np.load(tmp_path / "y.npy"), model(inputs((12, 12, 1))), atol=1e-6)


@pytest.mark.parametrize("shape", [(8,), (4, 4, 4, 1)])
def test_shapes_of_another_rank_are_refused(shape):
    with pytest.raises(ValueError, match="allowed \\(steps, channels\\) or \\(height, width, channels\\)"):
        local.build(shape, 5)


def test_windows_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="windows that fit"):
        local.build((6, 1), 5, kernels=[5, 3], padding="valid")
    with pytest.raises(ValueError, match="of fixed size"):
        local.build((None, 1), 5)
