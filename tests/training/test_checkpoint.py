"""Resumed equals uninterrupted, to the bit; a damaged checkpoint is passed over; nothing is ever half written."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from pipeline import plugins
from pipeline.records import Examples
from pipeline.tasks import classify
from pipeline.training import augmentation, checkpoint, runtime
from pipeline.training.run import compile_and_fit


class Killed(BaseException):
    """Stands for a kill: nothing in the training may catch it."""


def images(n, seed):
    random = np.random.default_rng(seed)
    return Examples(random.random((n, 8, 8, 1)).astype("float32"), (np.arange(n) % 3).astype("int64"))


def model():
    runtime.seed(5)
    inner = plugins.load("models", "mlp").build((8, 8, 1), 3, width=8, depth=2, dropout=0.3)
    return augmentation.wrap(inner, augmentation.augmentation(shift=0.2, rotate=20.0, noise=0.1))


def train(folder, monkeypatch=None, kill_after=None, **settings):
    """History and weights of a training; with `kill_after`, it dies right after that epoch's checkpoint."""
    saved = checkpoint.save

    def save(place, state, newest_is_sound):
        saved(place, state, newest_is_sound)
        if state.epoch == kill_after:
            raise Killed

    if monkeypatch:
        monkeypatch.setattr(checkpoint, "save", save)
    net = model()
    options = {"epochs": 5, "batch_size": 16, "learning_rate": 0.01} | settings
    rows = compile_and_fit(classify, net, images(50, 0), images(20, 1), options, seed=3, checkpoints=folder)
    return rows, net.get_weights()


def same(first, second):
    assert first[0] == second[0]
    for one, other in zip(first[1], second[1], strict=True):
        np.testing.assert_array_equal(one, other)


SLOW = pytest.mark.slow


@pytest.mark.parametrize("epoch", [pytest.param(1, marks=SLOW), 3, pytest.param(5, marks=SLOW)])
@pytest.mark.parametrize(
    "settings", [{}, pytest.param({"patience": 1, "learning_rate": 0.1}, marks=SLOW)], ids=["plain", "patience"]
)
def test_resumed_is_uninterrupted_to_the_bit(tmp_path, epoch, settings):
    whole = train(tmp_path / "whole", **settings)
    last = len(whole[0])
    with pytest.MonkeyPatch.context() as patch, pytest.raises(Killed):
        train(tmp_path / "cut", patch, kill_after=min(epoch, last), **settings)
    same(train(tmp_path / "cut", **settings), whole)


def test_checkpoints_do_not_change_the_numbers(tmp_path):
    same(train(tmp_path), train(None))


@pytest.mark.parametrize(
    "damage",
    [
        "truncated",
        pytest.param("empty", marks=SLOW),
        pytest.param("flipped", marks=SLOW),
        pytest.param("gone", marks=SLOW),
    ],
)
def test_a_damaged_checkpoint_costs_one_epoch_and_no_result(tmp_path, damage, capsys):
    whole = train(tmp_path / "whole")
    with pytest.MonkeyPatch.context() as patch, pytest.raises(Killed):
        train(tmp_path / "cut", patch, kill_after=3)
    newest = tmp_path / "cut" / checkpoint.NEWEST
    content = bytearray(newest.read_bytes())
    content[len(content) // 2] ^= 1
    made = {"truncated": content[:-100], "empty": b"", "flipped": content}
    newest.unlink() if damage == "gone" else newest.write_bytes(made[damage])
    assert checkpoint.load(tmp_path / "cut").epoch == 2
    assert ("damaged" in capsys.readouterr().err) == (damage != "gone")
    same(train(tmp_path / "cut"), whole)


@pytest.mark.slow
def test_both_damaged_means_from_the_start(tmp_path):
    whole = train(tmp_path / "whole")
    with pytest.MonkeyPatch.context() as patch, pytest.raises(Killed):
        train(tmp_path / "cut", patch, kill_after=3)
    for name in (checkpoint.NEWEST, checkpoint.OLDER):
        (tmp_path / "cut" / name).write_bytes(b"x" * 50)
    same(train(tmp_path / "cut"), whole)


def test_a_state_comes_back_as_it_was(tmp_path):
    arrays = [np.array(2.5, np.float32), np.arange(6.0).reshape(2, 3).T, np.zeros((0, 3), np.int64), np.array([True])]
    kept = [{"wait": 3, "best": float("inf"), "best_weights": arrays[:2]}, {"rows": [{"name": "a\nb"}]}, {}]
    checkpoint.save(tmp_path, checkpoint.State(7, True, kept, arrays))
    found = checkpoint.load(tmp_path)
    assert (found.epoch, found.stopped, len(found.variables)) == (7, True, 4)
    back = [*found.variables, *found.callbacks[0].pop("best_weights")]
    for one, other in zip(back, arrays + arrays[:2], strict=True):
        assert one.dtype == other.dtype and one.shape == other.shape and one.flags.writeable
        assert np.array_equal(one, other)
    assert found.callbacks == [{"wait": 3, "best": float("inf")}, *kept[1:]]


def test_a_damaged_newest_never_replaces_a_sound_older_one(tmp_path):
    for epoch in (1, 2):
        checkpoint.save(tmp_path, checkpoint.State(epoch, False, [], [np.ones(3)]))
    (tmp_path / checkpoint.NEWEST).write_bytes(b"x" * 50)
    checkpoint.save(tmp_path, checkpoint.State(2, False, [], [np.ones(3)]))
    (tmp_path / checkpoint.NEWEST).unlink()
    assert checkpoint.load(tmp_path).epoch == 1


def test_a_full_disk_leaves_the_old_checkpoint_whole(tmp_path, monkeypatch):
    state = checkpoint.State(1, False, [], [np.ones(3)])
    checkpoint.save(tmp_path, state)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pipeline.records.os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        checkpoint.save(tmp_path, checkpoint.State(2, False, [], [np.zeros(3)]))
    assert checkpoint.load(tmp_path).epoch == 1


class Adversaries(keras.Model):
    """A model like a GAN: two networks, two optimizers, noise from a seed generator."""

    def __init__(self):
        super().__init__()
        self.generator = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])
        self.critic = keras.Sequential([keras.Input((3,)), keras.layers.Dropout(0.5), keras.layers.Dense(1)])
        self.noise = keras.random.SeedGenerator(1)
        self.built = True

    def compile(self):
        super().compile()
        self.optimizer = None
        self.g_optimizer, self.d_optimizer = keras.optimizers.Adam(0.01), keras.optimizers.Adam(0.02)
        self.g_optimizer.build(self.generator.trainable_variables)
        self.d_optimizer.build(self.critic.trainable_variables)

    def train_step(self, real):
        noise = keras.random.normal((4, 2), seed=self.noise)
        with tf.GradientTape(persistent=True) as tape:
            fake = self.critic(self.generator(noise, training=True), training=True)
            d_loss = tf.reduce_mean(tf.nn.softplus(fake) + tf.nn.softplus(-self.critic(real, training=True)))
            g_loss = tf.reduce_mean(tf.nn.softplus(-fake))
        for net, optimizer, loss in (
            (self.generator, self.g_optimizer, g_loss),
            (self.critic, self.d_optimizer, d_loss),
        ):
            optimizer.apply(tape.gradient(loss, net.trainable_variables), net.trainable_variables)
        return {"g_loss": g_loss, "d_loss": d_loss}


def adversaries(epochs, folder=None, state=None):
    runtime.seed(0)
    net = Adversaries()
    net.compile()
    if state:
        checkpoint.restore(net, state)
    real = tf.data.Dataset.from_tensor_slices(np.random.default_rng(0).normal(size=(8, 3)).astype("float32")).batch(4)
    keep = [checkpoint.Checkpoint(folder, [], state)] if folder else []
    first = state.epoch if state else 0
    net.fit(real.repeat(), initial_epoch=first, epochs=epochs, steps_per_epoch=2, callbacks=keep, verbose=0)
    return net


def test_two_optimizers_come_back_with_their_moments(tmp_path):
    whole = adversaries(4)
    adversaries(2, tmp_path)
    state = checkpoint.load(tmp_path)
    resumed = adversaries(4, tmp_path, state)
    assert int(resumed.g_optimizer.iterations) == int(resumed.d_optimizer.iterations) == 8
    for one, other in zip(checkpoint.variables(whole), checkpoint.variables(resumed), strict=True):
        np.testing.assert_array_equal(np.asarray(one), np.asarray(other))


def test_an_unbuilt_optimizer_is_an_error_not_a_loss():
    net = Adversaries()
    net.compile()
    net.g_optimizer = keras.optimizers.Adam()
    with pytest.raises(ValueError, match="given unbuilt"):
        checkpoint.variables(net)


def test_a_state_of_another_model_is_refused():
    net = model()
    net.compile("adam")
    net.optimizer.build(net.trainable_variables)
    with pytest.raises(ValueError, match="of this model"):
        checkpoint.restore(net, checkpoint.State(1, False, [], [np.ones(3)]))
