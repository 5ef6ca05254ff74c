"""The two losses and their gradients in exact numbers, and a training of two networks that resumes to the bit."""

import json
import math
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from pipeline import paths
from pipeline.models import gan
from pipeline.training import checkpoint, runtime

UPDATES = ("alternating", "simultaneous")


def model(
    head_start=0,
    update="alternating",
    objective="non_saturating",
    rate=0.01,
    kind=keras.optimizers.Adam,
    eager=False,
    **build,
):
    runtime.seed(4)
    net = gan.build((2,), 1, **{"latent": 3, "width": 8, "depth": 1, **build})
    net.compile(kind(rate), kind(rate), objective, head_start, update, run_eagerly=eager)  # few steps: no tracing
    return net


def points(n=64, seed=0):
    return np.random.default_rng(seed).normal(3, 1, (n, 2)).astype("float32")


def train(net, steps, size=8, seed=0):
    net.fit(points(steps * size, seed), batch_size=size, shuffle=False, verbose=0)
    return net


def blind(net):
    """The discriminator says one half of everything: its last layer is 0."""
    net.discriminator.layers[-1].set_weights([np.zeros_like(w) for w in net.discriminator.layers[-1].get_weights()])
    return net


@pytest.mark.parametrize("share", [0.5, 0.1, 0.001, 1e-6])
def test_gradients_of_the_losses_are_as_one_minus_d_to_d(share):
    logit = tf.Variable([math.log(share / (1 - share))], dtype=tf.float64)
    with tf.GradientTape(persistent=True) as tape:
        minimax, other = gan.generator_loss(logit, "minimax"), gan.generator_loss(logit, "non_saturating")
    slopes = [float(tape.gradient(loss, logit)[0]) for loss in (minimax, other)]
    np.testing.assert_allclose(slopes, [-share, -(1 - share)], rtol=1e-9)
    np.testing.assert_allclose([float(minimax), float(other)], [math.log(1 - share), -math.log(share)], rtol=1e-9)


def test_losses_at_equilibrium_and_far_from_it():
    zero = tf.zeros((4, 1))
    assert float(gan.discriminator_loss(zero, zero)) == pytest.approx(2 * math.log(2))
    assert float(gan.generator_loss(zero, "minimax")) == pytest.approx(-math.log(2))
    far = tf.constant([[200.0], [-200.0]])
    assert np.isfinite([float(gan.generator_loss(far, kind)) for kind in ("minimax", "non_saturating")]).all()


@pytest.mark.parametrize("update", UPDATES)
def test_a_blind_discriminator_is_at_equilibrium(update):
    history = train(blind(model(eager=True, update=update, rate=0.0, kind=keras.optimizers.SGD)), 3).history.history
    assert history["d_loss"] == pytest.approx([2 * math.log(2)])
    assert history["g_loss"] == pytest.approx([math.log(2)])
    assert history["real_score"] == history["fake_score"] == pytest.approx([0.5])
    assert history["generator_gradient"] == [0] and history["discriminator_gradient"][0] > 0


@pytest.mark.parametrize("update", UPDATES)
def test_both_optimizers_take_every_step(update):
    net = train(model(eager=True, update=update), 5)
    assert int(net.generator_optimizer.iterations) == int(net.discriminator_optimizer.iterations) == 5
    assert int(net.steps) == 5


@pytest.mark.parametrize("update", UPDATES)
def test_in_the_head_start_only_the_discriminator_trains(update):
    net = model(head_start=4, update=update, eager=True)
    generator, discriminator = net.generator.get_weights(), net.discriminator.get_weights()
    train(net, 4)
    np.testing.assert_equal(net.generator.get_weights(), generator)
    assert not any(np.any(variable) for variable in net.generator_optimizer.variables[2:])  # moments; 0, 1: steps, rate
    assert int(net.generator_optimizer.iterations) == 0 and int(net.discriminator_optimizer.iterations) == 4
    assert all(np.any(new != old) for new, old in zip(net.discriminator.get_weights(), discriminator, strict=True))
    assert net.history.history["generator_gradient"][0] > 0
    train(net, 2)
    assert int(net.generator_optimizer.iterations) == 2
    changes = [np.abs(new - old).max() for new, old in zip(net.generator.get_weights(), generator, strict=True)]
    assert 0 < max(changes) <= 2 * 0.01 * 1.05  # Adam's first steps are of the learning rate, as if nothing had been


def test_the_generator_learns_what_the_discriminator_tells():
    """With the discriminator at rest, each loss's own gradient step raises D(G(z))."""
    for objective in ("minimax", "non_saturating"):
        net = model(objective=objective)
        net.compile(keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.0), objective)
        first, last = (train(net, 20).history.history["fake_score"][0] for _ in range(2))
        assert last > first


def test_trackers_start_anew_each_epoch():
    net = model()
    twice = net.fit(points(), batch_size=8, epochs=2, shuffle=False, verbose=0).history["d_loss"]
    again = model()
    apart = [train(again, 8).history.history["d_loss"][0] for _ in range(2)]
    assert twice == apart and twice[0] != twice[1]
    assert sorted(net.history.history) == sorted(gan.TRACKED)


def test_norms_are_of_the_whole_gradient():
    net = model(rate=0.0, kind=keras.optimizers.SGD, eager=True)
    seed = np.asarray(net.noise.state)
    history = net.fit(points(8), batch_size=8, verbose=0).history
    net.noise.state.assign(seed)
    noise = [keras.random.normal((8, 3), seed=net.noise) for _ in range(2)]
    with tf.GradientTape() as tape:
        loss = -tf.reduce_mean(tf.math.log_sigmoid(net.discriminator(net.generator(noise[1]))))
    parts = tape.gradient(loss, net.generator.trainable_variables)
    assert history["generator_gradient"][0] == pytest.approx(math.sqrt(sum(np.sum(np.square(g)) for g in parts)), 1e-5)
    assert history["g_loss"][0] == pytest.approx(float(loss), 1e-5)


@pytest.mark.parametrize(("update", "head_start"), [("simultaneous", 0), ("alternating", 6)])
def test_resumed_is_uninterrupted_to_the_bit(tmp_path, update, head_start):
    """Nine steps in one go; then a fresh model that goes on from what the checkpoint held after four."""
    whole = train(model(head_start, update, dropout=0.3), 4)
    arrays = [np.array(variable) for variable in checkpoint.variables(whole)]
    checkpoint.save(tmp_path, checkpoint.State(1, False, [], arrays))
    train(whole, 5, seed=1)
    fresh = model(head_start, update, dropout=0.3)
    checkpoint.restore(fresh, checkpoint.load(tmp_path))
    train(fresh, 5, seed=1)
    for one, other in zip(checkpoint.variables(fresh), checkpoint.variables(whole), strict=True):
        np.testing.assert_array_equal(one, other)
    kept = {id(variable) for variable in checkpoint.variables(whole)}
    for optimizer in (whole.generator_optimizer, whole.discriminator_optimizer):
        assert kept >= {id(variable) for variable in optimizer.variables}
    assert id(whole.steps) in kept and id(whole.noise.state) in kept


def test_it_saves_and_loads_with_both_optimizers(tmp_path):
    net = train(model(head_start=2, update="simultaneous", objective="minimax"), 4)
    net.save(tmp_path / "gan.keras")
    again = keras.models.load_model(tmp_path / "gan.keras", safe_mode=True)
    assert (again.objective, again.head_start, again.update) == ("minimax", 2, "simultaneous")
    noise = np.random.default_rng(0).normal(size=(5, 3)).astype("float32")
    np.testing.assert_array_equal(net(noise), again(noise))
    for name in ("generator_optimizer", "discriminator_optimizer"):
        for one, other in zip(getattr(net, name).variables, getattr(again, name).variables, strict=True):
            np.testing.assert_array_equal(one, other)
    plain = keras.models.load_model(tmp_path / "gan.keras", compile=False)
    np.testing.assert_array_equal(net(noise), plain(noise))


def test_dropout_and_batch_normalization_are_in_training_mode():
    runtime.seed(0)
    net = gan.build((8, 8, 1), 1, networks="convolutional", latent=4, width=4, depth=2, dropout=0.5)
    net.compile(keras.optimizers.SGD(0.0), keras.optimizers.SGD(0.0))
    means = [w for w in net.variables if "moving_mean" in w.path]
    assert len(means) == 3  # two in the generator, one in the discriminator
    before = [np.array(w) for w in means]
    seen = []
    for layer in net.discriminator.layers:
        if isinstance(layer, keras.layers.Dropout):
            call = layer.call
            layer.call = lambda x, training=False, call=call: seen.append(training) or call(x, training=training)
    net.fit(np.random.default_rng(0).random((8, 8, 8, 1)).astype("float32"), batch_size=4, verbose=0)
    assert len(seen) >= 6 and all(seen)
    assert all(np.any(old != np.asarray(new)) for old, new in zip(before, means, strict=True))


@pytest.mark.parametrize("networks", ["dense", "convolutional"])
@pytest.mark.parametrize("shape", [(8, 8, 1), (8, 12, 3)])
def test_shapes_and_ranges_of_images(networks, shape):
    net = gan.build(shape, 1, networks=networks, latent=4, width=4, depth=2)
    images = net(np.random.default_rng(0).normal(size=(3, 4)).astype("float32"))
    assert images.shape == (3, *shape) and np.min(images) >= 0 and np.max(images) <= 1
    assert net.discriminator(images).shape == (3, 1)


@pytest.mark.parametrize("networks", ["dense", "convolutional"])
def test_noise_may_be_uniform(networks, tmp_path):
    """What reaches the first layer is even between -sqrt(3) and sqrt(3); the network is otherwise the same."""
    nets = []
    for kind in ("gaussian", "uniform"):
        runtime.seed(0)
        nets.append(gan.build((8, 8, 1), 1, networks=networks, latent=4, width=4, depth=1, noise=kind))
    z = np.random.default_rng(0).standard_normal((5000, 4)).astype("float32")
    even = np.sqrt(3) * (2 * stats.norm.cdf(z) - 1)
    assert stats.kstest(even.ravel(), stats.uniform(-np.sqrt(3), 2 * np.sqrt(3)).cdf).pvalue > 0.01
    np.testing.assert_allclose(nets[1](z[:9]), nets[0](even[:9].astype("float32")), atol=1e-5)
    nets[1].generator.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras", compile=False, safe_mode=True)
    np.testing.assert_array_equal(again(z[:9]), nets[1](z[:9]))


def test_a_side_that_cannot_be_halved_is_refused():
    with pytest.raises(ValueError, match=r"depth 3.*\(28, 28, 1\).*divisible by 8"):
        gan.build((28, 28, 1), 1, networks="convolutional", depth=3)


REPLICAS = """
import json, sys
import tensorflow as tf
cards = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(cards[0], [tf.config.LogicalDeviceConfiguration()] * 2)
import keras, numpy as np
from pipeline.training import runtime
from pipeline.models import gan
x = np.random.default_rng(0).normal(3, 1, (64, 2)).astype("float32")
found = {}
for name, devices in (("one", ["CPU:0"]), ("two", ["CPU:0", "CPU:1"])):
    for update in ("alternating", "simultaneous"):
        runtime.seed(4)
        with tf.distribute.MirroredStrategy(devices).scope():
            net = gan.build((2,), 1, latent=3, width=8, depth=1)
            net.compile(keras.optimizers.SGD(0.1), keras.optimizers.Adam(0.01), "minimax", 3, update)
        data = tf.data.Dataset.from_tensor_slices(x).batch(16, drop_remainder=True)
        history = net.fit(data, epochs=2, verbose=0).history
        counters = (net.steps, net.generator_optimizer.iterations, net.discriminator_optimizer.iterations)
        counts = [int(keras.ops.convert_to_numpy(counter)) for counter in counters]
        weights = [float(np.abs(weight).sum()) for weight in net.get_weights()]
        found[name, update] = {"history": history, "counts": counts, "weights": weights}
print(json.dumps([[found["one", u], found["two", u]] for u in ("alternating", "simultaneous")]))
"""


@pytest.mark.slow
def test_two_replicas_train_as_one_and_report_the_same():
    """Not only the trackers: noise, losses and gradients are those of the whole batch, so the weights agree."""
    told = subprocess.run([sys.executable, "-c", REPLICAS], capture_output=True, text=True, cwd=paths.ROOT, check=False)
    assert told.returncode == 0, told.stderr[-2000:]
    for one, two in json.loads(told.stdout.splitlines()[-1]):
        assert one["counts"] == two["counts"] == [8, 5, 8]
        np.testing.assert_allclose(one["weights"], two["weights"], rtol=1e-4)
        for name in ("d_loss", "g_loss", "real_score", "fake_score"):
            np.testing.assert_allclose(one["history"][name], two["history"][name], rtol=1e-4)
