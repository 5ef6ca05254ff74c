"""Generating: what is compiled, measured, drawn and kept, through the pipeline's own fit."""

import keras
import numpy as np
import pytest

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


def test_a_fit_is_recorded_kept_and_resumed_to_the_bit(tmp_path):
    rows, net = train(tmp_path / "whole", tmp_path / "kept")
    assert set(rows[0]) == COLUMNS and [row["epoch"] for row in rows] == [1, 2, 3]
    with np.load(tmp_path / "kept" / "samples.npz") as kept:
        assert kept["epochs"].tolist() == [1, 2, 3] and kept["images"].shape == (3, generate.SAMPLES, 2)
        np.testing.assert_array_equal(kept["images"][-1], generate.predict(net.generator, np.empty(generate.SAMPLES)))
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


def test_measure_is_the_mean_probability_of_being_real():
    net, x = model(), examples(20).x
    logits = np.asarray(net.discriminator(x), float)
    found = generate.measure(net, x, None)["judged_real"]
    assert float(found) == pytest.approx(np.mean(1 / (1 + np.exp(-logits))), rel=1e-5)


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
