"""MNIST-1D: the published recipe's signals, judged by statistics of the published data set."""

import numpy as np
import pytest

from pipeline.errors import InputError
from pipeline.sources.mnist1d import DIGITS, load


def test_shape_and_turns_of_the_digits():
    examples = load(None, 0, samples=203)
    assert examples.x.shape == (203, 40, 1)
    assert sorted(np.bincount(examples.y)) == [20] * 7 + [21] * 3


def test_another_seed_gives_other_signals():
    assert not np.array_equal(load(None, 0, samples=50).x, load(None, 1, samples=50).x)


def test_shuffled_moves_positions_and_nothing_else():
    plain, shuffled = load(None, 5, samples=300), load(None, 5, samples=300, shuffled=True)
    more = load(None, 5, samples=400, shuffled=True)
    order = [int(np.flatnonzero((plain.x[:, :, 0] == shuffled.x[:, [place], 0]).all(0))[0]) for place in range(40)]
    assert sorted(order) == list(range(40)) and order != list(range(40))
    assert np.array_equal(plain.y, shuffled.y)
    assert np.array_equal(more.x, load(None, 5, samples=400).x[:, order])


def test_statistics_of_the_published_data_set():
    """After standardising, the frozen set of Greydanus & Kobak has these (4,000 training and 1,000 test signals)."""
    x = load(None, 0, samples=5000).x[:, :, 0].astype(float)
    x = (x - x.mean()) / x.std()
    autocorrelation = [np.mean(x[:, :-lag] * x[:, lag:]) for lag in range(1, 6)]
    assert np.allclose(autocorrelation, [0.815, 0.533, 0.351, 0.264, 0.2], atol=0.02)
    assert np.allclose(np.quantile(x, [0.01, 0.1, 0.5, 0.9, 0.99]), [-2.78, -1.17, 0.01, 1.14, 2.76], atol=0.08)
    assert np.isclose(np.mean(x**4), 4.40, atol=0.25)


def test_neighbours_tell_digits_apart_as_in_the_published_set():
    """1-NN scores 0.57 on the published test signals; chance is 0.10."""
    from sklearn.neighbors import KNeighborsClassifier

    examples = load(None, 0, samples=5000)
    x = examples.x[:, :, 0]
    score = KNeighborsClassifier(1).fit(x[:4000], examples.y[:4000]).score(x[4000:], examples.y[4000:])
    assert 0.52 < score < 0.63, score


def test_too_few_samples_are_refused():
    with pytest.raises(InputError, match=f"samples: given 9, allowed at least {DIGITS}"):
        load(None, 0, samples=9)
