"""Quotients by square roots are the same on every make of processor: exact, however TensorFlow rewrites its graphs."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.python.eager import context

from pipeline.training import exact_roots, optimizers
from pipeline.training.optimizers import OptimizerSettings

ESTIMATES = {"Rsqrt"}  # operations of which a processor's own estimate is the start
NUMBERS = np.random.default_rng(0).uniform(0.001, 1000, 100_003).astype(np.float32)


@pytest.fixture(autouse=True)
def held(monkeypatch):
    """As every run of the portable mode has it; afterwards as before."""
    from keras.src.backend.tensorflow import math as of_keras
    from tensorflow.python.ops import math_ops

    monkeypatch.setattr(math_ops, "rsqrt", math_ops.rsqrt)
    monkeypatch.setattr(of_keras, "rsqrt", of_keras.rsqrt)
    exact_roots.hold()


def exact(numbers):
    return np.float32(1) / np.sqrt(numbers)


@pytest.mark.parametrize("jit_compile", [False, True])
def test_one_over_a_root_is_exact_in_a_graph(jit_compile):
    found = tf.function(keras.ops.rsqrt, jit_compile=jit_compile)(tf.constant(NUMBERS)).numpy()
    assert np.array_equal(found, exact(NUMBERS))


def test_of_nothing_it_is_infinite_and_its_slope_is_that_of_the_function():
    assert keras.ops.rsqrt(tf.constant([0.0, 4.0])).numpy().tolist() == [np.inf, 0.5]
    x = tf.constant([4.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = keras.ops.rsqrt(x)
    assert tape.gradient(y, x).numpy() == pytest.approx([-0.5 * 4**-1.5])


def test_batch_normalization_takes_it():
    """Of a mean of 0, a scale of 1 and no shift, ones come out as the quotient itself."""
    layer = keras.layers.BatchNormalization(epsilon=0.0)
    layer.build((None, len(NUMBERS)))
    layer.moving_variance.assign(NUMBERS)
    found = tf.function(lambda x: layer(x, training=False))(tf.ones((2, len(NUMBERS))))
    assert np.array_equal(found.numpy()[1], exact(NUMBERS))


def test_tensorflows_own_is_still_an_estimate():
    """Fails once it is exact: then exact_roots.py may go."""
    own = tf.function(lambda x: tf.raw_ops.Rsqrt(x=x))(tf.constant(NUMBERS)).numpy()
    assert not np.array_equal(own, exact(NUMBERS)) and np.allclose(own, exact(NUMBERS), rtol=1e-6)


@pytest.mark.parametrize("optimizer", sorted(optimizers.OPTIMIZERS))
@pytest.mark.parametrize("clipnorm", [None, 1.0])
def test_no_step_of_training_asks_for_an_estimate(optimizer, clipnorm):
    """Graphs are looked at as they run: TensorFlow rewrites a quotient by a root to its estimate."""
    layers = keras.layers
    inputs = keras.Input((8, 8, 1))
    hidden = layers.Flatten()(layers.ReLU()(layers.BatchNormalization()(layers.Conv2D(4, 3)(inputs))))
    model = keras.Model(inputs, layers.Dense(3)(layers.BatchNormalization()(layers.Dense(8)(hidden))))
    settings = OptimizerSettings(optimizer=optimizer, learning_rate=0.01, global_clipnorm=clipnorm)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    optimizers.compile_model(model, loss, settings, steps_per_execution=1, jit_compile=False)
    context.context().enable_run_metadata()
    try:
        model.fit(np.ones((8, 8, 8, 1), np.float32), np.zeros(8), verbose=0)
        graphs = context.context().export_run_metadata().function_graphs
    finally:
        context.context().disable_run_metadata()
    made = [function for each in graphs for function in each.post_optimization_graph.library.function]
    nodes = [node for each in graphs for graph in each.partition_graphs for node in graph.node]
    seen = {node.op for node in [*nodes, *(node for function in made for node in function.node_def)]}
    assert "DivNoNan" in seen and not seen & ESTIMATES  # the exact one is there, so the graph is that of the step


def test_rmsprop_steps_as_that_of_keras():
    x, gradient = tf.Variable([1.0, -2.0]), [tf.constant([0.3, -0.1])]
    y = tf.Variable([1.0, -2.0])
    ours, theirs = optimizers.ExactRMSprop(0.01), keras.optimizers.RMSprop(0.01)
    for _ in range(5):
        ours.apply_gradients(zip(gradient, [x], strict=True))
        theirs.apply_gradients(zip(gradient, [y], strict=True))
    assert x.numpy() == pytest.approx(y.numpy(), rel=1e-5)
