"""Smaller and scrambled digits: means of squares, chosen classes, and pixels that only change places."""

import numpy as np
import pytest

from pipeline import paths
from pipeline.errors import InputError
from pipeline.sources import digits, small_digits


def test_at_full_size_they_are_the_digits():
    small, whole = small_digits.load(paths.RAW, 0, side=28), digits.load(paths.RAW, 0)
    np.testing.assert_array_equal(small.x, whole.x)
    np.testing.assert_array_equal(small.y, whole.y)


@pytest.mark.parametrize("side", [14, 7, 1])
def test_a_pixel_is_the_mean_of_a_square(side):
    small, whole = small_digits.load(paths.RAW, 0, side=side), digits.load(paths.RAW, 0)
    window = 28 // side
    assert small.x.shape == (5000, side, side, 1)
    np.testing.assert_allclose(small.x[7, 0, 0, 0], whole.x[7, :window, :window].mean(), atol=1e-6)
    np.testing.assert_allclose(small.x.mean((1, 2, 3)), whole.x.mean((1, 2, 3)), atol=1e-6)


def test_chosen_digits_are_classes_in_their_order():
    some, whole = small_digits.load(paths.RAW, 0, side=28, digits=[7, 0]), digits.load(paths.RAW, 0)
    assert np.bincount(some.y).tolist() == [500, 500]
    np.testing.assert_array_equal(some.x[:500], whole.x[whole.y == 7])
    np.testing.assert_array_equal(some.x[500:], whole.x[whole.y == 0])


def test_shuffled_pixels_are_the_same_ones_in_one_order_for_all():
    plain, shuffled, other = (small_digits.load(paths.RAW, seed, shuffled=on) for seed, on in ((3, 0), (3, 1), (4, 1)))
    flat, moved = plain.x.reshape(5000, -1), shuffled.x.reshape(5000, -1)
    np.testing.assert_array_equal(np.sort(flat, axis=1), np.sort(moved, axis=1))
    order = np.random.default_rng([3, 14]).permutation(196)
    np.testing.assert_array_equal(flat[:, order], moved)
    assert not np.array_equal(moved, flat) and not np.array_equal(moved, other.x.reshape(5000, -1))


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"side": 5}, "side: given 5, allowed 28, 14"),
        ({"digits": [3]}, "digits: given .3., allowed two or more"),
        ({"digits": [3, 3]}, "digits: given .3, 3., allowed"),
        ({"digits": [3, 10]}, "digits: given .3, 10., allowed"),
    ],
)
def test_what_cannot_be_is_refused(settings, told):
    with pytest.raises(InputError, match=told):
        small_digits.load(paths.RAW, 0, **settings)


def test_a_missing_or_damaged_file_names_the_way_back(tmp_path):
    with pytest.raises(InputError, match="git restore data/raw"):
        small_digits.load(tmp_path, 0)
    (tmp_path / "digits.npz").write_bytes(b"torn")
    with pytest.raises(InputError, match=r"damaged file.*git restore data/raw"):
        small_digits.load(tmp_path, 0)
