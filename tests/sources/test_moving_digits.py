"""Films of a digit that moves: nothing but the order of the frames tells left from right."""

import numpy as np
import pytest

from pipeline import paths
from pipeline.errors import InputError
from pipeline.sources import digit_rows, digits, moving_digits


def pictures(examples, frames=8):
    return examples.x.reshape(len(examples), -1, 7, 6 + frames)


def test_a_digit_moves_by_one_pixel_a_frame_to_the_side_that_its_label_says():
    films = moving_digits.load(paths.RAW, 0, films=60)
    assert films.x.shape == (60, 8, 7 * 14) and np.bincount(films.y).tolist() == [30, 30]
    for film, right in zip(pictures(films), films.y, strict=True):
        forward = film if right else film[::-1]
        for frame in range(8):
            np.testing.assert_array_equal(forward[frame, :, frame : frame + 7], forward[0, :, :7])
            assert forward[frame].sum() == pytest.approx(forward[0].sum(), rel=1e-5)  # black elsewhere


def test_digits_are_small_ones():
    films, whole = moving_digits.load(paths.RAW, 0, films=2), digits.load(paths.RAW, 0)
    small = whole.x.reshape(5000, 7, 4, 7, 4).mean((2, 4))
    first = pictures(films)[0] if films.y[0] else pictures(films)[0, ::-1]
    assert np.abs(small - first[0, :, :7]).max((1, 2)).min() < 1e-6


def test_shuffled_films_have_the_same_frames_and_each_an_order_of_its_own():
    kept, shuffled = (moving_digits.load(paths.RAW, 5, films=400, order=order) for order in ("kept", "shuffled"))
    np.testing.assert_array_equal(kept.y, shuffled.y)
    np.testing.assert_allclose(kept.x.sum(1), shuffled.x.sum(1), rtol=1e-5)
    left = np.argmax(pictures(shuffled).sum(2) > 0, axis=2)  # the column where the digit begins
    unmoved = np.mean([np.corrcoef(row, np.arange(8))[0, 1] for row in left])
    assert abs(unmoved) < 3 / np.sqrt(7 * 400)  # no trend: the deviation of r of 8 random numbers is 1 / sqrt(7)


def test_one_frame_of_a_film_is_any_of_them():
    kept, one = (moving_digits.load(paths.RAW, 5, films=800, shown=shown) for shown in (None, 1))
    places = [np.flatnonzero((film == frame).all(1)) for film, frame in zip(kept.x, one.x[:, 0], strict=True)]
    assert one.x.shape == (800, 1, 98) and all(len(found) for found in places)
    counts = np.bincount([found[0] for found in places], minlength=8)
    assert counts.min() > 60  # of 100 expected
    right = np.array([found[0] for found in places])[kept.y == 1].mean()
    assert right == pytest.approx(3.5, abs=0.4)  # as far along in films to the right as chance has it


def test_frames_shown_keep_their_order():
    kept, some = (moving_digits.load(paths.RAW, 1, films=30, shown=shown) for shown in (None, 3))
    for film, frames in zip(kept.x, some.x, strict=True):
        places = [np.flatnonzero((film == frame).all(1))[0] for frame in frames]
        assert places == sorted(places) and len(set(places)) == 3


def test_more_frames_than_there_are_cannot_be_shown():
    with pytest.raises(InputError, match="shown: given 9, allowed 1 to frames, 8"):
        moving_digits.load(paths.RAW, 0, shown=9)


def test_rows_are_the_digits_top_row_first():
    rows, whole = digit_rows.load(paths.RAW, 0), digits.load(paths.RAW, 0)
    np.testing.assert_array_equal(rows.x, whole.x[..., 0])
    np.testing.assert_array_equal(rows.y, whole.y)


@pytest.mark.parametrize("source", [moving_digits, digit_rows])
def test_a_missing_or_damaged_file_names_the_way_back(source, tmp_path):
    with pytest.raises(InputError, match="git restore data/raw"):
        source.load(tmp_path, 0)
    (tmp_path / "digits.npz").write_bytes(b"torn")
    with pytest.raises(InputError, match=r"damaged file.*git restore data/raw"):
        source.load(tmp_path, 0)
