"""Numbers of any unit are learnt as those about 1 are, and answered in their own unit."""

import keras
import numpy as np
import pytest

from pipeline.records import Examples
from pipeline.tasks import regress, regress_scaled
from pipeline.training import checkpoint, compiled_cache
from pipeline.training.run import build, compile_and_fit

FIT = {"epochs": 6, "batch_size": 32, "learning_rate": 0.01}


def part(unit=1.0, middle=0.0, seed=0, rows=300):
    dice = np.random.default_rng(seed)
    x = dice.normal(size=(rows, 4)).astype("float32")
    y = x[:, 0] - x[:, 1] + dice.normal(size=rows) / 4
    return Examples(x, (middle + unit * y).astype("float32"))


def trained(task, *, seed=5, key=None, folder=None, unit=1.0, middle=0.0, **fit):
    settings = {"precision": "float32", "model": "mlp", "build": {"width": 16, "depth": 1}, "augment": {}}
    net = build(settings, (4,), 1, seed)
    parts = part(unit, middle, seed), part(unit, middle, 99)
    rows = compile_and_fit(task, net, *parts, FIT | fit, seed=seed, cache_key=key, checkpoints=folder)
    return rows, net


def explained(task, net, unit, middle):
    test = part(unit, middle, seed=7)
    return 1 - np.mean((task.predict(task.saved(net), test.x) - test.y) ** 2) / np.var(test.y)


@pytest.mark.parametrize(("unit", "middle"), [(1.0, 0.0), (1e5, 250_000.0), (1e-4, 0.02)])
def test_prices_are_learnt_as_well_as_numbers_about_1(unit, middle):
    _, net = trained(regress_scaled, unit=unit, middle=middle)
    assert explained(regress_scaled, net, unit, middle) > 0.9


def test_without_the_scale_they_are_not():
    _, net = trained(regress, unit=1e5, middle=250_000.0)
    assert explained(regress, net, 1e5, 250_000.0) < 0


def test_histories_are_in_the_unit_of_the_labels_and_the_loss_is_not():
    rows, net = trained(regress_scaled, unit=1e5, middle=250_000.0)
    validation = part(1e5, 250_000.0, 99)
    error = np.mean((regress_scaled.predict(regress_scaled.saved(net), validation.x) - validation.y) ** 2)
    assert rows[-1]["val_squared_error"] == pytest.approx(error, rel=1e-3)
    assert rows[-1]["val_loss"] == pytest.approx(error / np.var(part(1e5, 250_000.0, 5).y), rel=1e-3)


def test_what_is_saved_needs_nothing_else(tmp_path):
    _, net = trained(regress_scaled, unit=1e5)
    regress_scaled.saved(net).save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras", compile=False, safe_mode=True)
    x = part(seed=3).x
    expected = regress_scaled.predict(regress_scaled.saved(net), x)
    np.testing.assert_array_equal(regress_scaled.predict(loaded, x), expected)
    assert expected.shape == (300,) and np.abs(expected).max() > 1e4


@pytest.mark.slow
def test_a_model_that_was_traced_for_another_scale_learns_the_same(tmp_path):
    """Seeds of a variant share what is traced, and each has a scale of its own; so does one that goes on."""
    compiled_cache.clear()
    rows, alone = trained(regress_scaled, unit=1e5)
    trained(regress_scaled, seed=6, unit=3.0, key="same")
    trained(regress_scaled, unit=1e5, folder=tmp_path, epochs=2)
    for again, net in (
        trained(regress_scaled, unit=1e5, key="same"),
        trained(regress_scaled, unit=1e5, folder=tmp_path),
    ):
        assert again == rows
        for ours, theirs in zip(checkpoint.variables(net), checkpoint.variables(alone), strict=True):
            np.testing.assert_array_equal(np.asarray(ours), np.asarray(theirs))
    compiled_cache.clear()


def test_numbers_that_are_all_the_same_are_answered():
    same = Examples(part().x, np.full(300, 7.0, "float32"))
    net = build({"precision": "float32", "model": "mlp", "build": {}, "augment": {}}, (4,), 1, 0)
    compile_and_fit(regress_scaled, net, same, same, FIT, seed=0)
    assert np.isfinite(regress_scaled.predict(regress_scaled.saved(net), same.x)).all()
