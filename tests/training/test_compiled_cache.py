"""One trace for all seeds of a variant: the same numbers as without, to the bit, and nothing of who came before."""

import types

import keras
import numpy as np
import pytest

from pipeline import plugins
from pipeline.models import gan
from pipeline.records import Examples
from pipeline.tasks import classify, generate
from pipeline.training import augmentation, checkpoint, compiled_cache, runtime
from pipeline.training.run import compile_and_fit


@pytest.fixture(autouse=True)
def fresh():
    compiled_cache.clear()
    yield
    compiled_cache.clear()


def images(n, seed):
    random = np.random.default_rng(seed)
    y = np.arange(n) % 3
    return Examples((random.normal(size=(n, 8, 8, 1)) + y[:, None, None, None]).astype("float32"), y.astype("int64"))


def classifier(seed):
    runtime.seed(seed)
    inner = plugins.load("models", "mlp").build((8, 8, 1), 3, width=8, depth=2, dropout=0.3)
    return augmentation.wrap(inner, augmentation.augmentation(shift=0.2, rotate=20.0, noise=0.1))


def generator(seed):
    runtime.seed(seed)
    return gan.build((8, 8, 1), 1, latent=3, width=8, depth=1)


def train(build, task, seed, cache_key=None, folder=None, **settings):
    net = build(seed)
    options = {"epochs": 3, "batch_size": 16} | settings
    rows = compile_and_fit(
        task, net, images(50, 0), images(20, 1), options, seed=seed, checkpoints=folder, cache_key=cache_key
    )
    return rows, [np.asarray(variable) for variable in checkpoint.variables(net)]


CASES = {
    "dropout and augmentation": (classifier, classify, {"learning_rate": 0.01}),
    "patience": (classifier, classify, {"learning_rate": 0.3, "patience": 1, "epochs": 8}),
    "watched gradients": (classifier, classify, {"watch_gradients": True, "global_clipnorm": 0.5}),
    "two optimizers": (generator, generate, {"head_start": 2}),
}


SLOW = {"dropout and augmentation", "patience", "two optimizers"}


@pytest.mark.parametrize("case", [pytest.param(name, marks=[pytest.mark.slow] * (name in SLOW)) for name in CASES])
def test_numbers_are_those_of_runs_traced_one_by_one(case):
    build, task, settings = CASES[case]
    alone = [train(build, task, seed, **settings) for seed in (1, 2, 3)]
    reused = [train(build, task, seed, "same settings", **settings) for seed in (1, 2, 3)]
    for (rows, values), (own_rows, own_values) in zip(reused, alone, strict=True):
        assert rows == own_rows
        for ours, theirs in zip(values, own_values, strict=True):
            np.testing.assert_array_equal(ours, theirs)
    assert alone[0][0] != alone[1][0]


def counting():
    """The task `classify`, and a list that grows whenever its measure is traced."""
    traces = []

    def measure(model, x, y):
        traces.append(x.shape)
        return classify.measure(model, x, y)

    task = types.ModuleType("counting")
    task.compile, task.measure, task.OBJECTIVE = classify.compile, measure, classify.OBJECTIVE
    task.watchers = classify.watchers
    return task, traces


def test_the_second_seed_traces_nothing():
    task, traces = counting()
    train(classifier, task, 1, "same settings")
    first = len(traces)
    train(classifier, task, 2, "same settings")
    assert first == len(traces) > 0
    train(classifier, task, 2, "other settings")
    assert len(traces) > first


@pytest.mark.slow
def test_a_lost_run_leaves_the_next_as_it_would_be():
    lost, _ = train(classifier, classify, 1, "same settings", learning_rate=1e30, optimizer="sgd")
    assert not np.isfinite(lost[-1]["loss"])
    settings = {"learning_rate": 0.01, "optimizer": "sgd"}  # the rate is a variable as well
    assert (
        train(classifier, classify, 2, "same settings", **settings)[0] == train(classifier, classify, 2, **settings)[0]
    )


def test_a_training_that_breaks_off_leaves_nothing_to_reuse():
    first, second = keras.Sequential([keras.Input((2,))]), keras.Sequential([keras.Input((2,))])
    with compiled_cache.reuse_compiled(first, "same settings") as compiled:
        assert compiled is first
    with pytest.raises(MemoryError), compiled_cache.reuse_compiled(second, "same settings") as compiled:
        assert compiled is first
        raise MemoryError
    with compiled_cache.reuse_compiled(second, "same settings") as compiled:
        assert compiled is second


def test_without_a_key_nothing_is_reused_or_remembered():
    model = keras.Sequential([keras.Input((2,))])
    with compiled_cache.reuse_compiled(model, None) as compiled:
        assert compiled is model
    assert not compiled_cache._latest


@pytest.mark.slow
def test_a_resumed_training_may_be_the_first_of_its_key(tmp_path):
    """All its epochs done, it traces nothing; the next seed then does."""
    rows, _ = train(classifier, classify, 1, folder=tmp_path)
    again, _ = train(classifier, classify, 1, "same settings", folder=tmp_path)
    assert again == rows
    assert train(classifier, classify, 2, "same settings")[0] == train(classifier, classify, 2)[0]
