"""Trained as `classify` trains, to the bit; only the answers of what is saved are those of balanced classes."""

import keras
import numpy as np
import pytest

from pipeline import plugin_files, plugins
from pipeline.records import Examples
from pipeline.tasks import classify, classify_moved
from pipeline.training.run import build, compile_and_fit

SHARES = np.array([0.8, 0.15, 0.05])
FIT = {"epochs": 3, "batch_size": 32, "learning_rate": 0.01}


def part(rows=400, seed=0):
    dice = np.random.default_rng(seed)
    y = np.repeat(np.arange(3), (SHARES * rows).astype(int))
    x = dice.normal(size=(len(y), 4)) + np.eye(4)[y]
    return Examples(x.astype("float32"), y.astype("int64"))


def trained(task, **fit):
    net = build({"precision": "float32", "model": "mlp", "build": {"width": 8}, "augment": {}}, (4,), 3, 5)
    return compile_and_fit(task, net, part(), part(seed=1), FIT | fit, seed=5), net


@pytest.mark.slow
def test_it_is_trained_as_classify_trains():
    (plain, net), (moved, other) = trained(classify), trained(classify_moved)
    assert plain == moved
    for ours, theirs in zip(net.weights, other.weights, strict=True):
        np.testing.assert_array_equal(np.asarray(ours), np.asarray(theirs))


@pytest.mark.parametrize("tau", [0.0, 0.5, 1.0])
def test_what_is_saved_answers_with_probabilities_by_share(tau, tmp_path):
    """p(class | x) / share**tau, brought to a sum of 1 (Menon, 2021)."""
    _, net = trained(classify_moved, tau=tau)
    classify_moved.saved(net).save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras", compile=False, safe_mode=True)
    x, before = part(seed=2).x, classify.predict(net, part(seed=2).x)
    expected = before / SHARES**tau
    expected /= expected.sum(1, keepdims=True)
    np.testing.assert_allclose(classify_moved.predict(loaded, x), expected, atol=1e-6)


def test_rare_classes_are_found_more_often():
    _, net = trained(classify_moved, epochs=20)
    test = part(seed=3)
    before, after = (task.predict(task.saved(net), test.x).argmax(1) for task in (classify, classify_moved))
    rare = test.y == 2
    assert (after[rare] == 2).mean() > (before[rare] == 2).mean()


def test_it_takes_what_classify_takes_but_its_remedies():
    own, other = (plugins.settings("tasks", name) for name in ("classify_moved", "classify"))
    assert own.keys() - other.keys() == {"tau"}
    assert other.keys() - own.keys() == {"class_weight", "logit_adjustment", "focal"}
    assert own["tau"] == plugin_files.Setting(own["tau"].annotation, 1.0)
    assert all(own[name] == other[name] for name in own.keys() & other.keys())
