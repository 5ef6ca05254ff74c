"""Tasks that fit a model to all training examples at once: once a run, by its seed, and checkpoints change nothing."""

import warnings

import numpy as np
import pytest

from pipeline import plugins
from pipeline.errors import InputError
from pipeline.records import Examples
from pipeline.tasks import classify, classify_at_once, regress, regress_at_once
from pipeline.training import checkpoint, compiled_cache
from pipeline.training.run import build, compile_and_fit

FIT = {"epochs": 1, "epoch_steps": 1, "batch_size": 16}
TASKS = {"classify_at_once": classify_at_once, "regress_at_once": regress_at_once}
CASES = [(task, model) for task in TASKS for model in ("boosted_trees", "prior")]


def part(rows, seed, task):
    dice = np.random.default_rng(seed)
    x = dice.normal(size=(rows, 3)).astype("float32")
    y = x[:, 0] + dice.normal(size=rows)
    return Examples(x, (y > 0.5).astype("int64") if "classify" in task else (1e5 * y).astype("float32"))


def train(task, model, seed=1, folder=None, key=None, **fit):
    settings = {
        "precision": "float32",
        "model": model,
        "build": {"trees": 5} if model != "prior" else {},
        "augment": {},
    }
    training, validation = part(200, seed, task), part(80, 9, task)
    net = build(settings, (3,), TASKS[task].outputs(training, validation), seed)
    rows = compile_and_fit(
        TASKS[task], net, training, validation, FIT | fit, seed=seed, checkpoints=folder, cache_key=key
    )
    return rows, [np.asarray(variable) for variable in checkpoint.variables(net)], net


@pytest.mark.parametrize(("task", "model"), CASES)
def test_it_is_measured_as_what_it_is_scored_as(task, model):
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)  # that there is nothing to learn is meant
        rows, _, net = train(task, model)
    like = {"classify_at_once": classify, "regress_at_once": regress}[task]
    validation = part(80, 9, task)
    told = like.measure(net, validation.x, validation.y)
    column = f"val_{TASKS[task].OBJECTIVE}"
    assert len(rows) == 1 and rows[0][column] == pytest.approx(float(told[TASKS[task].OBJECTIVE]), rel=1e-5)
    assert rows[0]["val_loss"] == pytest.approx(rows[0][column], rel=1e-5) and np.isfinite(rows[0]["loss"])
    assert plugins.scored_as(task) == like.__name__.rsplit(".", 1)[1]


@pytest.mark.parametrize(("task", "model"), CASES)
def test_the_same_seed_gives_the_same_bytes_alone_resumed_and_traced_before(task, model, tmp_path):
    """A second epoch changes nothing: there is nothing to learn. Each seed has its own training part."""
    compiled_cache.clear()
    rows, alone, _ = train(task, model, epochs=2)
    assert rows[0]["val_loss"] == rows[1]["val_loss"]
    train(task, model, folder=tmp_path, epochs=1)
    train(task, model, seed=2, key="same")
    for again, values, _ in (train(task, model, folder=tmp_path, epochs=2), train(task, model, key="same", epochs=2)):
        assert again == rows
        for ours, theirs in zip(values, alone, strict=True):
            np.testing.assert_array_equal(ours, theirs)
    compiled_cache.clear()


@pytest.mark.parametrize("task", TASKS)
def test_a_model_that_learns_step_by_step_is_refused(task):
    net = build({"precision": "float32", "model": "mlp", "build": {}, "augment": {}}, (3,), 1, 0)
    with pytest.raises(InputError, match=r"^model: given mlp to be fitted at once, allowed boosted_trees or prior"):
        TASKS[task].compile(net, part(20, 0, task))
