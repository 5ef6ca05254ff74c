"""SMOTE's rule for small classes: k = min(5, n - 1) neighbours, and plain copies of a class with one example."""

import warnings

import numpy as np
import pytest

from pipeline.records import Examples
from pipeline.views.rebalance import apply


def tail(sizes, seed=0):
    """`sizes` examples a class, 3 numbers each, far from those of other classes."""
    labels = np.repeat(np.arange(len(sizes)), sizes)
    x = np.random.default_rng(seed).random((len(labels), 3)) + 10 * labels[:, None]
    return Examples(x.astype(np.float32), labels.astype(np.int64))


def added(before, after, label):
    """New examples of a class."""
    return after.x[len(before) :][after.y[len(before) :] == label]


def test_singletons_are_copied_and_all_others_combined():
    before = tail([8, 1, 1, 2, 3])
    after, notes = apply(before, 0, sampler="smote")
    assert np.bincount(after.y).tolist() == [8] * 5
    assert notes["over"] == 2 and notes["smote"] == 2 and notes["untouched"] == 1
    for label in (1, 2):
        assert (added(before, after, label) == before.x[before.y == label]).all()
    for label in (3, 4):
        assert len({row.tobytes() for row in added(before, after, label)}) == 8 - (label - 1)


@pytest.mark.parametrize(("size", "reduced"), [(2, 1), (5, 1), (6, 0), (7, 0)])
def test_neighbours_are_reduced_below_six_examples(size, reduced):
    _, notes = apply(tail([12, size]), 0, sampler="smote")
    assert notes["smote"] == 1 and notes["smote_k_reduced"] == reduced


def test_a_combination_stays_between_its_class():
    before = tail([30, 2, 6, 1])
    after, _ = apply(before, 0, sampler="smote")
    for label in range(4):
        own, new = before.x[before.y == label], after.x[after.y == label]
        assert (new >= own.min(0) - 1e-5).all() and (new <= own.max(0) + 1e-5).all()


def test_over_and_smote_treat_singletons_alike():
    before = tail([6, 1, 1])
    over, smote = (apply(before, 0, sampler=sampler)[0] for sampler in ("over", "smote"))
    assert np.array_equal(over.x, smote.x) and np.array_equal(over.y, smote.y)


def test_mostly_singletons_raise_no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for sampler in ("over", "smote"):
            after, _ = apply(tail([3, 2] + [1] * 40), 0, sampler=sampler)
            assert np.bincount(after.y).tolist() == [3] * 42
