"""Random labels: uniform, independent of the true ones, the inputs untouched, the note counts what it says."""

import numpy as np
import pytest

from pipeline.errors import InputError
from pipeline.records import Examples
from pipeline.views import relabel

SKEWED = np.repeat(np.arange(4), (9000, 600, 300, 100)).astype(np.int64)


def examples(labels=SKEWED):
    return Examples(np.random.default_rng(0).random((len(labels), 3)).astype(np.float32), labels)


def test_inputs_stay_and_labels_change():
    before = examples()
    after, _ = relabel.apply(before, 0)
    assert np.array_equal(after.x, before.x) and after.y.dtype == np.int64
    assert len(after) == len(before) and not np.array_equal(after.y, before.y)


def test_every_class_is_as_likely_however_rare_it_was():
    after, _ = relabel.apply(examples(), 0)
    shares = np.bincount(after.y) / len(after)
    assert np.allclose(shares, 0.25, atol=0.02)


def test_the_draw_knows_nothing_of_the_true_label():
    before = examples()
    after, notes = relabel.apply(before, 0)
    for label in range(4):
        drawn = np.bincount(after.y[before.y == label], minlength=4) / np.sum(before.y == label)
        assert np.allclose(drawn, 0.25, atol=0.13), label
    assert notes == {"drawn": 10000, "true_by_chance": int(np.sum(after.y == before.y))}
    assert 2300 < notes["true_by_chance"] < 2700


def test_a_share_keeps_its_labels():
    before = examples(np.arange(10, dtype=np.int64).repeat(100))
    after, notes = relabel.apply(before, 0, kept=0.6)
    assert notes["drawn"] == 400 and notes["true_by_chance"] == 400 - np.sum(after.y != before.y)
    assert 20 < notes["true_by_chance"] < 65  # one in ten of those drawn
    changed = np.bincount(before.y[after.y != before.y], minlength=10)
    assert changed.min() > 15  # drawn from everywhere
    assert np.array_equal(relabel.apply(before, 0, kept=0.0)[0].y, relabel.apply(before, 0)[0].y)


def test_the_seed_alone_decides():
    labels = [relabel.apply(examples(), seed)[0].y for seed in (1, 1, 2)]
    assert np.array_equal(labels[0], labels[1]) and not np.array_equal(labels[0], labels[2])


def test_every_class_is_there_even_with_few_examples():
    few = examples(np.arange(5, dtype=np.int64).repeat(3))
    for seed in range(50):
        assert set(relabel.apply(few, seed)[0].y) == set(range(5))


@pytest.mark.parametrize("labels", [np.ones(30, np.float32), np.zeros((30, 4), np.int64)])
def test_what_is_not_a_class_an_example_is_refused(labels):
    with pytest.raises(InputError, match="allowed one class per example"):
        relabel.apply(examples(labels), 0)


def test_too_few_examples_are_refused():
    with pytest.raises(InputError, match="given 30 examples of 30 classes"):
        relabel.apply(examples(np.arange(30, dtype=np.int64)), 0)
