"""The long-lag sequences: each generator against its published description, worked out again from x alone."""

import numpy as np
import pytest

from pipeline import plugins
from pipeline.errors import InputError
from pipeline.records import digest
from pipeline.sources import adding, copying, first_symbol, temporal_order

LOADS = [
    ("adding", {"length": 31}, (31, 2), np.float32),
    ("temporal_order", {"length": 50}, (50, 8), np.int64),
    ("temporal_order", {"length": 100, "relevant": 3}, (100, 8), np.int64),
    ("temporal_order", {"length": 20, "shuffled": True}, (20, 8), np.int64),
    ("first_symbol", {"lag": 9, "symbols": 3}, (10, 7), np.int64),
    ("copying", {"lag": 7, "symbols": 4, "shown": 3}, (13, 6), np.int64),
]


@pytest.mark.parametrize(("name", "settings", "shape", "kind"), LOADS)
def test_contract(name, settings, shape, kind):
    source = plugins.load("sources", name)
    assert plugins.constant("sources", name, "KIND") == "sequence"
    np.random.seed(1)
    examples = source.load(None, 3, samples=40, **settings)
    np.random.seed(2)
    again, other = (source.load(None, seed, samples=40, **settings) for seed in (3, 4))
    assert examples.x.shape == (40, *shape) and examples.x.dtype == np.float32 and examples.y.dtype == kind
    assert digest(examples.x, examples.y) == digest(again.x, again.y) != digest(other.x, other.y)


def test_adding_is_the_sum_of_the_marked_numbers_one_in_each_half():
    examples = adding.load(None, 0, samples=3000, length=9)
    numbers, marks = examples.x[..., 0], examples.x[..., 1]
    np.testing.assert_allclose(examples.y, (numbers * marks).sum(1), rtol=1e-6)
    assert set(np.unique(marks)) == {0, 1}
    assert (marks[:, :4].sum(1) == 1).all() and (marks[:, 4:].sum(1) == 1).all()
    assert (marks.sum(0) > 0).all()  # every step is marked at times
    assert numbers.min() >= 0 and numbers.max() < 1 and abs(numbers.mean() - 0.5) < 0.01


def test_always_answering_1_has_the_published_error():
    """0.167 (Le, 2015; Bai, 2018): the variance of a sum of two uniform numbers."""
    assert abs(np.mean((adding.load(None, 0, samples=20000, length=4).y - 1) ** 2) - 0.167) < 0.005


@pytest.mark.parametrize(("relevant", "windows"), [(2, [(10, 20), (50, 60)]), (3, [(10, 20), (33, 43), (66, 76)])])
def test_temporal_order_is_read_off_the_relevant_symbols(relevant, windows):
    examples = temporal_order.load(None, 0, samples=2000, length=100, relevant=relevant)
    symbols = examples.x.argmax(2)
    assert (examples.x.sum(2) == 1).all()
    assert (symbols[:, 0] == temporal_order.START).all() and (symbols[:, -1] == temporal_order.END).all()
    places = np.nonzero(symbols < 2)[1].reshape(2000, relevant)  # exactly so many a sequence
    for place, (low, high) in zip(places.T, windows, strict=True):
        assert place.min() == low and place.max() == high - 1
    order = np.take_along_axis(symbols, places, 1)
    assert np.array_equal(examples.y, order @ 2 ** np.arange(relevant)[::-1])
    assert np.bincount(examples.y).min() > 2000 / 2**relevant * 0.7 and len(np.bincount(examples.y)) == 2**relevant


def test_noise_says_nothing_about_the_class():
    examples = temporal_order.load(None, 1, samples=4000, length=40)
    shares = [examples.x[examples.y == y].mean((0, 1))[2:6] for y in range(4)]
    np.testing.assert_allclose(shares, np.mean(shares), atol=0.006)


@pytest.mark.parametrize("length", [20, 23, 31, 50, 101])
def test_windows_never_meet_and_keep_clear_of_the_ends(length):
    for relevant in (2, 3):
        symbols = temporal_order.load(None, 0, samples=300, length=length, relevant=relevant).x.argmax(2)
        assert ((symbols < 2).sum(1) == relevant).all()
        assert (symbols[:, 0] == temporal_order.START).all() and (symbols[:, -1] == temporal_order.END).all()


def test_shuffled_steps_leave_how_many_there_are_and_not_which_came_first():
    examples = temporal_order.load(None, 0, samples=4000, length=40, shuffled=True)
    symbols = examples.x.argmax(2)
    assert ((symbols == temporal_order.X).sum(1) == np.array([2, 1, 1, 0])[examples.y]).all()
    places = np.nonzero(symbols < 2)[1].reshape(-1, 2)
    assert np.unique(places).tolist() == list(range(40))  # anywhere
    came_first = np.take_along_axis(symbols, places[:, :1], 1)[:, 0]
    mixed = np.isin(examples.y, (1, 2))
    assert abs(np.mean((came_first == examples.y // 2)[mixed]) - 0.5) < 0.04  # 2,000 sequences: three deviations
    ordered = temporal_order.load(None, 0, samples=4000, length=40).x.argmax(2)
    assert (np.sort(ordered, 1) == np.sort(symbols, 1)).all() and (ordered[:, 0] == temporal_order.START).all()


def test_the_first_symbol_is_the_class_and_what_follows_says_nothing_of_it():
    examples = first_symbol.load(None, 0, samples=6000, lag=11, symbols=3)
    tokens = examples.x.argmax(2)
    assert (examples.x.sum(2) == 1).all() and np.array_equal(tokens[:, 0], examples.y)
    assert np.unique(tokens[:, 1:]).tolist() == [3, 4, 5, 6]
    assert np.bincount(examples.y).tolist() == pytest.approx([2000] * 3, abs=150)
    shares = [examples.x[examples.y == y][:, 1:].mean((0, 1))[3:] for y in range(3)]
    np.testing.assert_allclose(shares, 0.25, atol=0.01)


def test_copying_repeats_the_message_after_the_lag():
    examples = copying.load(None, 0, samples=500, lag=6, symbols=4, shown=3)
    tokens = examples.x.argmax(2)
    assert (examples.x.sum(2) == 1).all()
    assert np.array_equal(examples.y[:, -3:], tokens[:, :3]) and (examples.y[:, :-3] == -1).all()
    assert sorted(np.unique(tokens[:, :3])) == [1, 2, 3, 4]
    assert (tokens[:, 3:8] == 0).all() and (tokens[:, 8] == 5).all() and (tokens[:, 9:] == 0).all()


def test_copying_has_the_published_size():
    """T + 20 steps, 8 symbols and 10 input categories (Arjovsky, 2016)."""
    assert copying.load(None, 0, samples=2, lag=100).x.shape == (2, 120, 10)


def test_what_cannot_be_is_refused():
    with pytest.raises(InputError, match="length: given 1, allowed at least 2"):
        adding.load(None, 0, length=1)
    with pytest.raises(InputError, match="relevant: given 4, allowed 2"):
        temporal_order.load(None, 0, relevant=4)
    with pytest.raises(InputError, match="length: given 19, allowed at least 20"):
        temporal_order.load(None, 0, length=19)
