"""Generating: what is compiled, measured, drawn and kept, through the pipeline's own fit."""

import types

import keras
import numpy as np
import pytest
from scipy import special

from pipeline.models import gan
from pipeline.records import Examples
from pipeline.tasks import generate
from pipeline.training import checkpoint, runtime
from pipeline.training.run import compile_and_fit

COLUMNS = {"d_loss", "g_loss", "real_score", "fake_score", "generator_gradient", "discriminator_gradient"}
COLUMNS |= {"epoch", "judged_real", "val_judged_real"}


class Killed(BaseException):
    """Stands for a kill."""


def examples(n, seed=0):
    random = np.random.default_rng(seed)
    return Examples(random.normal(2, 1, (n, 2)).astype("float32"), np.arange(n) % 2)


def model():
    runtime.seed(1)
    return gan.build((2,), generate.outputs(examples(4), examples(4)), latent=3, width=8, depth=1)


def train(checkpoints=None, artifacts=None):
    net = model()
    settings, places = {"epochs": 3, "batch_size": 16}, {"checkpoints": checkpoints, "artifacts": artifacts}
    return compile_and_fit(generate, net, examples(40), examples(10, 1), settings, seed=3, **places), net


def test_settings_reach_the_optimizers_and_the_model():
    net = model()
    generate.compile(
        net, examples(4), loss="minimax", generator_optimizer="sgd", generator_rate=0.05, head_start=7, beta_1=0.9
    )
    assert isinstance(net.generator_optimizer, keras.optimizers.SGD)
    assert isinstance(net.discriminator_optimizer, keras.optimizers.Adam)
    assert float(net.generator_optimizer.learning_rate) == pytest.approx(0.05)
    assert net.discriminator_optimizer.beta_1 == 0.9
    assert (net.objective, net.head_start, net.update) == ("minimax", 7, "alternating")


def test_settings_reach_the_other_network_and_the_step():
    net = model()
    generate.compile(
        net, examples(4), 3, True, discriminator_optimizer="sgd", discriminator_rate=0.02, update="simultaneous"
    )
    assert isinstance(net.generator_optimizer, keras.optimizers.Adam)
    assert isinstance(net.discriminator_optimizer, keras.optimizers.SGD)
    assert float(net.discriminator_optimizer.learning_rate) == pytest.approx(0.02)
    assert (net.objective, net.head_start, net.update) == ("non_saturating", 0, "simultaneous")
    assert net.steps_per_execution == 3 and net.jit_compile is True


def test_left_to_itself_both_networks_have_the_adam_of_radford_and_start_together():
    net = model()
    generate.compile(net, examples(4))
    for optimizer in (net.generator_optimizer, net.discriminator_optimizer):
        config = optimizer.get_config()
        assert isinstance(optimizer, keras.optimizers.Adam) and config["beta_1"] == 0.5
        assert config["learning_rate"] == pytest.approx(0.001)
    assert (net.objective, net.head_start, net.update) == ("non_saturating", 0, "alternating")
    assert net.steps_per_execution == 1 and net.jit_compile is False


def test_measure_is_the_mean_probability_of_being_real():
    net, x = model(), examples(20).x
    logits = np.asarray(net.discriminator(x), float)
    found = generate.measure(net, x, None)["judged_real"]
    assert float(found) == pytest.approx(np.mean(1 / (1 + np.exp(-logits))), rel=1e-5)


def test_networks_are_measured_and_asked_in_evaluation_mode(trains_by_default):
    x = examples(6).x
    network = keras.Sequential([keras.Input((2,)), trains_by_default])
    alike = types.SimpleNamespace(discriminator=network)
    judged = float(generate.measure(alike, x, None)["judged_real"])
    assert judged == pytest.approx(np.mean(special.expit(x.astype(float))), rel=1e-5)
    np.testing.assert_array_equal(generate.predict(network, x), generate.noise(6, 2))


def test_at_most_2048_samples_are_drawn_at_a_time():
    asked = []

    def generator(latent, training):
        asked.append(len(latent))
        return latent

    generator.input_shape = (None, 2)
    np.testing.assert_array_equal(generate.predict(generator, np.empty(2 * 2048 + 1)), generate.noise(4097, 2))
    assert asked == [2048, 2048, 1]


def test_noise_is_that_of_all_runs_before():
    """The first normal numbers of NumPy's generator with seed 0: samples of different runs can be compared."""
    noise = generate.noise(2, 2)
    np.testing.assert_allclose(noise, [[0.12573022, -0.13210486], [0.64042264, 0.10490012]], rtol=1e-6)
    assert noise.dtype == np.float32


def test_what_is_saved_gives_as_many_samples_as_asked_for(tmp_path):
    net = model()
    generate.saved(net).save(tmp_path / "model.keras")
    generator = keras.models.load_model(tmp_path / "model.keras", compile=False, safe_mode=True)
    samples = generate.predict(generator, np.empty((5, 2)), rows=2)
    assert samples.shape == (5, 2) and samples.dtype == np.float32
    np.testing.assert_allclose(samples, net(generate.noise(5, 3)), rtol=1e-5)
    np.testing.assert_array_equal(generate.noise(5, 3), generate.noise(5, 3))


@pytest.mark.parametrize("epochs", [1, 2, 8, 100])
def test_samples_are_looked_at_first_last_and_eight_times_at_most(epochs):
    moments = generate.moments(epochs)
    assert {1, epochs} <= moments and len(moments) == min(epochs, 8)


def test_moments_are_at_equal_distances():
    assert generate.moments(15) == {1, 3, 5, 7, 9, 11, 13, 15}


def test_samples_are_looked_at_after_epochs_at_equal_distances_alone():
    net = model()
    (watcher,) = generate.watchers(net, 15)
    watcher.set_model(net)
    for epoch in range(15):  # Keras counts from 0
        watcher.on_epoch_end(epoch)
    assert watcher.epochs == [1, 3, 5, 7, 9, 11, 13, 15] and len(watcher.images) == 8
    assert watcher.state == ("epochs", "images")


def test_a_fit_is_recorded_kept_and_resumed_to_the_bit(tmp_path):
    rows, net = train(tmp_path / "whole", tmp_path / "kept")
    assert set(rows[0]) == COLUMNS and [row["epoch"] for row in rows] == [1, 2, 3]
    with np.load(tmp_path / "kept" / "samples.npz") as kept:
        assert kept["epochs"].tolist() == [1, 2, 3] and kept["images"].shape == (3, 64, 2)
        np.testing.assert_array_equal(kept["images"][-1], generate.predict(net.generator, np.empty(64)))
        images = kept["images"]
    save = checkpoint.save

    def dying(place, state, newest_is_sound):
        save(place, state, newest_is_sound)
        if state.epoch == 2:
            raise Killed

    with pytest.MonkeyPatch.context() as patch, pytest.raises(Killed):
        patch.setattr(checkpoint, "save", dying)
        train(tmp_path / "cut")
    again, other = train(tmp_path / "cut", tmp_path / "again")
    assert again == rows
    for one, two in zip(checkpoint.variables(net), checkpoint.variables(other), strict=True):
        np.testing.assert_array_equal(one, two)
    with np.load(tmp_path / "again" / "samples.npz") as kept:
        np.testing.assert_array_equal(kept["images"], images)


def test_the_discriminator_answers_with_one_number():
    assert generate.outputs(examples(4), examples(4)) == 1
