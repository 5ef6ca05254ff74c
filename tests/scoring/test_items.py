"""Contributions of test examples: their mean is the metric, whatever the metric."""

from types import SimpleNamespace

import numpy as np
import pytest

from pipeline.metrics import classify, regress, tag
from pipeline.records import Examples, read_items, write_items
from pipeline.scoring import items, trivial

RANDOM = np.random.default_rng(0)
LABELS = RANDOM.integers(0, 5, 200)
PROBABILITIES = RANDOM.dirichlet(np.ones(5), 200)
PRIORS = np.array([0.4, 0.3, 0.15, 0.1, 0.05])
TOKENS = np.where(RANDOM.random((60, 7)) < 0.3, -1, RANDOM.integers(0, 4, (60, 7)))
TOKENS[:, 0] = 0
TOKEN_PROBABILITIES = RANDOM.dirichlet(np.ones(4), (60, 7))
RUNS = {
    "classify": (classify, LABELS, PROBABILITIES, PRIORS),
    "tag": (tag, TOKENS, TOKEN_PROBABILITIES, None),
    "regress": (regress, RANDOM.normal(size=50), RANDOM.normal(size=50), None),
}


def run(task, training=None):
    _, labels, predicted, priors = RUNS[task]
    test = Examples(np.zeros((len(labels), 1), np.float32), labels)
    return SimpleNamespace(
        settings={"task": task}, test=test, training=training or test, predicted=predicted, priors=priors
    )


@pytest.mark.parametrize(("task", "metric"), [(task, metric) for task, of in items.ITEMS.items() for metric in of])
def test_their_mean_is_the_metric(task, metric):
    module, labels, predicted, priors = RUNS[task]
    contributions = items.items(metric, run(task))
    assert contributions.shape == (len(labels),)
    assert contributions.mean() == pytest.approx(getattr(module, metric)(labels, predicted, priors), rel=1e-12)


def test_a_metric_that_is_no_mean_over_examples_has_none():
    assert items.items("pr_auc", run("classify")) is None and items.items("fid", run("tag")) is None


def test_they_are_read_as_they_were_written(tmp_path):
    ids = np.arange(200, dtype=np.uint64)
    hits = items.items("accuracy", run("classify"))
    surprise = items.items("cross_entropy", run("classify"))
    of_runs = [("a", 100, ids, {"accuracy": hits}), ("b", 100, ids, {"cross_entropy": surprise}), ("c", 1, None, {})]
    write_items(tmp_path / "items.npz", of_runs)
    found = read_items(tmp_path / "items.npz")
    assert found.keys() == {("a", 100, "accuracy"), ("b", 100, "cross_entropy")}
    assert np.array_equal(found["a", 100, "accuracy"][0], ids)
    assert np.array_equal(found["a", 100, "accuracy"][1], hits)
    assert np.allclose(found["b", 100, "cross_entropy"][1], surprise, rtol=1e-6)


def test_the_constant_answer_is_the_shares_in_training():
    assert trivial.trivial("accuracy", run("classify")) == np.mean(LABELS == 0)
    assert trivial.trivial("balanced_accuracy", run("classify")) == pytest.approx(0.2)
    assert trivial.trivial("cross_entropy", run("classify")) == pytest.approx(-np.log(PRIORS[LABELS]).mean())
    training = Examples(np.zeros((2, 1), np.float32), np.array([[1, 1, 1, 2, -1, -1, -1]] * 2))
    assert trivial.trivial("accuracy", run("tag", training)) == np.mean((TOKENS == 1)[TOKENS >= 0])
    numbers = Examples(np.zeros((2, 1), np.float32), np.array([1.0, 3.0]))
    expected = np.mean((RUNS["regress"][1] - 2) ** 2)
    assert trivial.trivial("squared_error", run("regress", numbers)) == pytest.approx(expected)
    assert trivial.trivial("solved", run("regress")) is None
